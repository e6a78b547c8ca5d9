# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""What must hold at the end. What the carrier took is the truth, and what each person was told by our answers."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from os import environ
from typing import Any

from attrs import asdict, field, frozen

from ascend_core.contracts import SandboxText
from tests.soak.installation import Installation
from tests.soak.people import LINK, People, Person, is_confirmation
from tests.soak.processes import ASCEND, Service

__all__ = ["GROWN_UP_SECONDS", "Verdict", "judge", "waiting"]

UNDER_WAY = timedelta(seconds=1)
"""A call that had begun when STOP was heard may arrive so much later."""

GROWN_UP_SECONDS = 15.0
"""So long after it was up a process has loaded what it needs."""

MOST_MIB = 32.0
MOST_HANDLES = 16

WAITING = {
    "texts": "SELECT count(*) FROM message WHERE state IN ('ready', 'sending', 'unknown')",
    "words": "SELECT count(*) FROM inbound_text WHERE handled_at IS NULL",
    "clicks": "SELECT count(*) FROM click_request",
    "nudges": "SELECT count(*) FROM timer WHERE settled_at IS NULL",
    "broadcasts": "SELECT count(*) FROM broadcast WHERE finished_at IS NULL",
}


@frozen(kw_only=True)
class Verdict:
    """Lists of what is wrong, each entry in words without phones."""

    lost: list[str] = field(factory=list)
    doubled: list[str] = field(factory=list)
    after_stop: list[str] = field(factory=list)
    unasked: list[str] = field(factory=list)
    """Texts that nobody should have got."""
    clicks: list[str] = field(factory=list)
    consent: list[str] = field(factory=list)
    report: list[str] = field(factory=list)
    left: list[str] = field(factory=list)
    """What is not done, or held for a person."""
    grown: list[str] = field(factory=list)
    """Processes that hold more the longer they live."""

    @property
    def wrong(self) -> dict[str, list[str]]:
        """What does not hold, by kind."""
        return {name: found for name, found in asdict(self).items() if found}


def waiting(at: Installation) -> dict[str, int]:
    """What the product has still to do, by kind."""
    counts = {name: at.one(query) for name, query in WAITING.items()}
    return {name: count for name, count in counts.items() if count}


def judge(at: Installation, people: People, *, nudges: bool) -> Verdict:
    """Look at everything, once nothing is under way."""
    accepted = people.accepted()
    spoken = [text for text in accepted if not is_confirmation(text.body)]
    by_phone: dict[str, list[SandboxText]] = {}
    for text in spoken:
        by_phone.setdefault(text.phone, []).append(text)
    return Verdict(
        lost=[each for person in people.all for each in _lost(person, nudges=nudges)],
        doubled=[
            f"{count} times: {body}"
            for (_, body), count in Counter((text.phone, _plain(text)) for text in spoken).items()
            if count > 1
        ],
        after_stop=[each for person in people.all for each in _late(person, by_phone.get(person.phone, []))],
        unasked=_unasked(people, spoken),
        clicks=_clicks(at, people),
        consent=_consent(at, people),
        report=_report(at),
        left=_left(at, people, len(accepted)),
        grown=[each for service in at.services for each in _grown(service)],
    )


def _plain(text: SandboxText) -> str:
    return LINK.sub("", text.body).strip()


def _nudge(person: Person) -> str:
    return f"Still there, {person.name}?"


def _lost(person: Person, *, nudges: bool) -> list[str]:
    owed = set(person.expected)
    if nudges and not (person.taps or person.words or person.acted):
        owed.add(_nudge(person))
    return sorted(owed - set(person.got))


def _late(person: Person, texts: list[SandboxText]) -> Iterator[str]:
    for begin, end in _stopped(person):
        for text in texts:
            if text.accepted_at > begin + UNDER_WAY and (end is None or text.accepted_at < end):
                yield f"{(text.accepted_at - begin).total_seconds():.1f} s after STOP: {text.body}"


def _stopped(person: Person) -> Iterator[tuple[datetime, datetime | None]]:
    """When somebody's STOP was heard, and when they began to say START."""
    for place, word in enumerate(person.words):
        if word.body == "STOP" and word.heard_at is not None:
            later = person.words[place + 1 :]
            yield word.heard_at, later[0].posted_at if later else None


def _unasked(people: People, texts: list[SandboxText]) -> list[str]:
    known = {
        "Welcome, {}!",
        "Do you need a ride, {}?",
        "See you, {}.",
        "Confirmed, {}.",
        "Thanks, {}.",
        "Another time, {}.",
        "Still there, {}?",
        *(f"News {number}, {{}}." for number in range(people.broadcasts)),
    }
    names = {person.phone: person.name for person in people.all}
    return [
        text.body
        for text in texts
        if text.phone not in names or _plain(text) not in {each.format(names[text.phone]) for each in known}
    ]


def _clicks(at: Installation, people: People) -> list[str]:
    stored = Counter(agent for (agent,) in at.rows("SELECT user_agent FROM click"))
    taps = list(people.taps())
    answered = {tap.agent for tap in taps if tap.status == 302}
    wrong = [f"answered and not stored: {agent}" for agent in sorted(answered - set(stored))]
    wrong += [f"stored and never made: {agent}" for agent in sorted(set(stored) - {tap.agent for tap in taps})]
    wrong += [f"stored {count} times: {agent}" for agent, count in stored.items() if count > 1]
    return wrong + [f"no link any more: {tap.agent}" for tap in taps if tap.status == 404]


def _consent(at: Installation, people: People) -> list[str]:
    states: dict[Any, Any] = dict(at.rows("SELECT phone, state FROM consent"))
    return [
        f"{person.name} is {states.get(person.phone)} after {person.words[-1].body}"
        for person in people.all
        if person.words
        and states.get(person.phone) != ("unsubscribed" if person.words[-1].body == "STOP" else "subscribed")
    ]


def _report(at: Installation) -> list[str]:
    done = subprocess.run(
        [*ASCEND, "report", "--check"],
        env={**environ, **at.environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return [] if done.returncode == 0 else [done.stdout + done.stderr]


def _left(at: Installation, people: People, accepted: int) -> list[str]:
    states: dict[Any, Any] = dict(at.rows("SELECT state, count(*) FROM message GROUP BY state"))
    left = [f"{count} {name}" for name, count in waiting(at).items() if name != "nudges"]
    left += [f"{states[state]} texts are {state}" for state in ("held", "failed", "expired") if state in states]
    taken = sum(states.get(state, 0) for state in ("sent", "delivered", "undelivered"))
    if taken != accepted:
        left.append(f"the carrier took {accepted} texts, we know of {taken}")
    known = at.one("SELECT count(*) FROM inbound_text")
    if known != people.replies:
        left.append(f"{people.replies} texts were written to us, we know of {known}")
    return left


def _grown(service: Service) -> Iterator[str]:
    for number, life in enumerate(service.lives, 1):
        grown = life.growth(GROWN_UP_SECONDS)
        if grown is not None and (grown[0] > MOST_MIB or grown[1] > MOST_HANDLES):
            yield f"{service.name}, life {number}: {grown[0]:.1f} MiB and {grown[1]} handles more"
