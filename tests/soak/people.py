# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The people: they sign up, change their minds, tap links, answer, say STOP and START; and what each should be sent."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any

from attrs import define, field

from ascend_core.contracts import SandboxPerson, SandboxText
from ascend_core.errors import AscendError, BadInput
from ascend_core.operations.broadcasts import make_broadcast
from ascend_core.operations.wording import CONFIRMATIONS
from ascend_core.testing import SeededRandomness
from ascend_core.testing.world import PHONE_AGENT
from ascend_sms.simulator.phones import PhoneKind, usual_kind
from tests.benchmarks.crowd import PEOPLE, phone
from tests.soak.installation import AWAKE, GROUP, SEED, Installation

__all__ = ["People", "Person", "Tap", "Word"]

LINK = re.compile(r"http://127\.0\.0\.1:\d+/(\w+)")
TAP_SECONDS = 20.0
AT_ONCE = 8


def _reachable(ours: str) -> Iterator[str]:
    """Invented numbers that the simulated carrier delivers to, without our own."""
    numbers = (f"+1{phone(number)}" for number in range(PEOPLE))
    return (
        each for each in numbers if each != ours and usual_kind(SEED, each) in (PhoneKind.MOBILE, PhoneKind.NO_DLR)
    )  # fmt: skip


@define
class Word:
    """STOP or START of one person."""

    body: str
    posted_at: datetime
    sid: str = ""
    heard_at: datetime | None = None
    """When the carrier had our word that it was taken."""


@define
class Tap:
    """One request for a link."""

    code: str
    agent: str
    status: int | None = None
    """None: no answer."""


@define
class Person:
    """Somebody, and what they did."""

    number: int
    name: str
    phone: str
    expected: set[str] = field(factory=set)
    """Every text they are to get: with STOP all that is under way is not, and what comes after START is again."""
    got: dict[str, datetime] = field(factory=dict)
    """What the carrier took for them, and when it did first."""
    words: list[Word] = field(factory=list)
    taps: list[Tap] = field(factory=list)
    acted: list[str] = field(factory=list)
    answered: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether they got all they should, and said nothing that is not heard yet."""
        return self.expected <= set(self.got) and all(word.heard_at is not None for word in self.words)

    @property
    def wants_texts(self) -> bool:
        """Whether they never said STOP, or have said START since, and were heard."""
        return not self.words or (self.words[-1].body == "START" and self.words[-1].heard_at is not None)

    @property
    def wants_none(self) -> bool:
        """Whether their last word was STOP."""
        return bool(self.words) and self.words[-1].body == "STOP"

    def is_owed(self, text: str) -> None:
        """They are to get *text*."""
        if self.wants_texts:
            self.expected.add(text)


@define
class People:
    """Everybody, driven by one seeded chance; what waits for an answer does so in threads."""

    at: Installation
    chance: SeededRandomness
    all: list[Person] = field(factory=list)
    broadcasts: int = 0
    replies: int = 0
    _phones: Iterator[str] = field(init=False)
    _by_phone: dict[str, Person] = field(factory=dict)
    _seen: int = 0
    _errands: list[Future[Any]] = field(factory=list)
    _threads: ThreadPoolExecutor = field(factory=lambda: ThreadPoolExecutor(AT_ONCE))
    _settling: Future[Any] | None = None

    @_phones.default
    def _numbers(self) -> Iterator[str]:
        return _reachable(self.at.outside.carrier.carrier.account.number)

    def close(self) -> None:
        """Wait for what is under way."""
        self._threads.shutdown()

    # what they do

    def sign_up(self) -> Person:
        """Somebody new registers."""
        number = len(self.all)
        person = Person(number=number, name=f"Ana{number}", phone=next(self._phones))
        given = SandboxPerson(
            key=f"p{number}",
            first_name=person.name,
            last_name="Reyes",
            email=f"ana{number}@example.org",
            phone=person.phone,
            zip="10001",
            opted_in=True,
        )
        self.at.outside.forms.submit(given.key, given, self.at.outside.form_url)
        person.expected |= {f"Welcome, {person.name}!", f"Do you need a ride, {person.name}?"}
        self.all.append(person)
        self._by_phone[person.phone] = person
        return person

    def change(self) -> None:
        """Somebody who got all their texts confirms, then comes or does not."""
        person = self._somebody()
        if person is None or not person.is_settled or len(person.acted) == 2:
            return
        activity = "confirms" if not person.acted else ("attends" if self.chance.fraction() < 0.5 else "cancels")
        self.at.outside.forms.act(f"a{person.number}/{len(person.acted)}", f"p{person.number}", activity)
        person.acted.append(activity)
        words = {"confirms": "Confirmed", "attends": "Thanks", "cancels": "Another time"}[activity]
        person.is_owed(f"{words}, {person.name}.")

    def tap(self) -> None:
        """Somebody opens a link in one of their texts."""
        person = self._somebody()
        codes = [] if person is None else [code for body in person.got for code in LINK.findall(body)]
        if person is None or not codes:
            return
        tap = Tap(code=self._pick(codes), agent=f"{PHONE_AGENT} soak/{person.number}.{len(person.taps)}")
        person.taps.append(tap)
        self.follow(tap)

    def follow(self, tap: Tap) -> None:
        """Make that request."""
        self._errand(lambda: _get(self.at.public_url, tap))

    def answer(self) -> None:
        """Somebody answers the question they were asked; once."""
        person = self._somebody()
        asked = person is not None and f"Do you need a ride, {person.name}?" in person.got
        if person is None or not asked or person.answered or person.words:
            return
        person.answered = True
        person.expected.add(f"See you, {person.name}.")
        self._write(person, "sure")

    def say_stop(self) -> None:
        """Somebody has enough."""
        person = self._somebody()
        if person is not None and person.got and person.is_settled and not person.wants_none:
            self._word(person, "STOP")

    def say_start(self) -> None:
        """Somebody who had enough wants texts again."""
        stopped = [person for person in self.all if person.wants_none and person.words[-1].heard_at is not None]
        if stopped:
            self._word(self._pick(stopped), "START")

    def broadcast(self) -> bool:
        """News for everybody. False: the database takes no order now; ordering it again is the same broadcast."""
        there = [person for person in self.all if person.got]
        name = f"News {self.broadcasts}"
        text = f"broadcast: {name}\nto: [{GROUP}]\n{AWAKE}\nsend: '{name}, ${{member.first_name|you}}.'\n"
        if not there:
            return True
        try:
            make_broadcast(self.at.core, text, file="news.yaml")
        except BadInput:
            pass  # it was made the last time, although we were not told
        except AscendError:
            return False
        for person in there:
            person.is_owed(f"{name}, {person.name}.")
        self.broadcasts += 1
        return True

    # what goes on by itself

    def look(self) -> None:
        """Take in what the carrier has accepted, and whose words were heard; let statuses be posted."""
        fresh = self.at.outside.carrier.texts(after=self._seen)
        self._seen += len(fresh)
        for text in fresh:
            person = self._by_phone.get(text.phone)
            if person is not None:
                person.got.setdefault(text.body, text.accepted_at)
                person.got.setdefault(LINK.sub("", text.body).strip(), text.accepted_at)
        for person in self.all:
            for word in person.words:
                if word.heard_at is None and word.sid and not self._waits(word.sid):
                    word.heard_at = self.at.core.clock.now()
        for errand in [errand for errand in self._errands if errand.done()]:
            errand.result()
            self._errands.remove(errand)
        if self._settling is None or self._settling.done():
            if self._settling is not None:
                self._settling.result()
            self._settling = self._threads.submit(self.at.outside.carrier.settle)

    @property
    def errands(self) -> int:
        """How many requests wait for an answer."""
        return len(self._errands)

    @property
    def unsettled(self) -> int:
        """How many people wait for something."""
        return sum(not person.is_settled for person in self.all)

    def accepted(self) -> tuple[SandboxText, ...]:
        """Every text that the carrier took."""
        texts: tuple[SandboxText, ...] = self.at.outside.carrier.texts()
        return texts

    def taps(self) -> Iterator[Tap]:
        """Every request for a link."""
        return (tap for person in self.all for tap in person.taps)

    def _somebody(self) -> Person | None:
        return self._pick(self.all) if self.all else None

    def _pick(self, some: list[Any]) -> Any:
        return some[int(self.chance.fraction() * len(some))]

    def _word(self, person: Person, body: str) -> None:
        word = Word(body=body, posted_at=self.at.core.clock.now())
        if body == "STOP":
            person.expected &= set(person.got)
        person.words.append(word)
        self._write(person, body, word)

    def _write(self, person: Person, body: str, word: Word | None = None) -> None:
        self.replies += 1
        key, carrier = f"r{self.replies}", self.at.outside.carrier

        def work() -> None:
            carrier.reply(key, person.phone, body)
            text, _ = carrier.carrier.receive(key, person.phone, body)
            if word is not None:
                if not self._waits(text.sid):
                    word.heard_at = self.at.core.clock.now()
                word.sid = text.sid

        self._errand(work)

    def _waits(self, sid: str) -> bool:
        carrier = self.at.outside.carrier.carrier
        with carrier.lock:
            return sid in carrier.state.unanswered

    def _errand(self, work: Any) -> None:
        self._errands.append(self._threads.submit(work))


def _get(base_url: str, tap: Tap) -> None:
    host, _, port = base_url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=TAP_SECONDS)
    try:
        connection.request("GET", f"/{tap.code}", headers={"user-agent": tap.agent})
        tap.status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        tap.status = None
    finally:
        connection.close()


def is_confirmation(body: str) -> bool:
    """Whether a text only confirms STOP, START or HELP."""
    return body in CONFIRMATIONS.values()
