"""``ascend messages``: texts that need a person, what happened to one, and how much one member is texted."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import click

from ascend_core.cli.groups import LazyGroup
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import counted, moment, say, show_facts, show_json, show_table
from ascend_core.contracts import Caps, Purpose
from ascend_core.operations.held_messages import MessageStory, drop_held, held_list, resend_held, story_of
from ascend_core.operations.limits import member_caps, set_caps
from ascend_core.operations.restored import reconcile as compare
from ascend_core.store.messages import MessageRecord

__all__ = ["drop", "held", "limits", "messages", "reconcile", "resend", "show"]

NO_LIMIT = "none"

_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


@click.group(cls=LazyGroup)
def messages() -> None:
    """See texts that need you, and decide about them."""


@messages.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="The oldest so many.")
@_as_json
def held(*, limit: int, as_json: bool) -> None:
    """Texts of which nobody can tell whether they were sent. Look at the provider, then resend or drop each."""
    with opened_core() as core:
        found = held_list(core, limit)
    if as_json:
        show_json([_described(message) for message in found])
        return
    if not found:
        say("No text is held.")
        return
    rows = [
        (
            each.key,
            each.member_id,
            Purpose(each.purpose).name.lower(),
            moment(each.claimed_at, seconds=True),
            each.reason,
        )
        for each in found
    ]
    show_table(("Text", "Member", "Purpose", "Handed over", "Why held"), rows)
    say("ascend messages show TEXT tells more; ascend messages resend TEXT or drop TEXT decides.")


@messages.command()
@click.argument("key", metavar="TEXT")
@_as_json
def show(*, key: str, as_json: bool) -> None:
    """What happened to one text: its state, what the provider told, and what people decided."""
    with opened_core() as core:
        story = story_of(core, key)
    if as_json:
        show_json(_story(story))
        return
    message = story.message
    show_facts(
        [
            ("Text", message.key),
            ("Member", message.member_id),
            ("State", message.state if message.reason is None else f"{message.state} ({message.reason})"),
            ("Purpose", _purpose(message)),
            ("Made", moment(message.created_at, seconds=True)),
            ("Due", moment(message.due_at, seconds=True)),
            ("Expires", moment(message.expires_at, seconds=True)),
            ("Handed over", moment(message.claimed_at, seconds=True)),
            ("Times claimed", message.claim),
            ("Provider's id", message.provider_id),
        ]
    )
    lines = [
        *(
            (status.received_at, "provider", status.state or "–", status.reason or status.error_code)
            for status in story.statuses
        ),
        *((each.decided_at, each.decided_by, each.decision, each.why) for each in story.decisions),
    ]
    if lines:
        click.echo()
        rows = [(moment(at, seconds=True), *rest) for at, *rest in sorted(lines, key=lambda line: line[0])]
        show_table(("Time", "Who", "What", "Why"), rows)


def _decision(name: str, about: str) -> Callable[[Callable[..., None]], click.Command]:
    def decorate(command: Callable[..., None]) -> click.Command:
        for option in (
            _as_json,
            click.option("--why", required=True, metavar="TEXT", help="What makes you sure; kept with the decision."),
            click.option("--by", default=None, metavar="NAME", help="Who decides.  [default: who is logged in here]"),
            click.argument("key", metavar="TEXT"),
        ):
            command = option(command)
        made: click.Command = messages.command(name, help=about)(command)
        return made

    return decorate


@_decision("resend", "Send a held text once more, because you are sure that the provider does not have it.")
def resend(*, key: str, by: str | None, why: str, as_json: bool) -> None:
    """Held to ready."""
    with opened_core() as core:
        message = resend_held(core, key, by=by or _me(), why=why)
    _tell(message, as_json, "is sent once more, if nothing speaks against it")


@_decision("drop", "Let a held text be: it is not sent again.")
def drop(*, key: str, by: str | None, why: str, as_json: bool) -> None:
    """Held to suppressed."""
    with opened_core() as core:
        message = drop_held(core, key, by=by or _me(), why=why)
    _tell(message, as_json, "is not sent again")


@messages.command()
@click.option("--since", default=None, metavar="TIME", help="From when on to compare, as 2026-06-03T16:00 (UTC).")
@click.option("--unlisted", is_flag=True, help="The provider keeps no list, and you have looked there yourself.")
@_as_json
def reconcile(*, since: datetime | None, unlisted: bool, as_json: bool) -> None:
    """Compare with what the provider sent and heard, after an older copy of the database was put back.

    Until then nothing is sent. What was sent is not sent again, and every STOP since is honoured.
    """
    begin = None if since is None else _utc(str(since))
    with opened_core() as core:
        found = asyncio.run(compare(core, since=begin, unlisted=unlisted))
    if as_json:
        show_json(attrs.asdict(found))
        return
    show_facts(
        [
            ("Compared since", moment(found.since)),
            ("New from people", found.heard),
            ("Known as sent", found.known),
            ("Waited here, was sent", found.found),
            ("Sent, not known here", found.forgotten),
        ]
    )
    say("Texts go out again.")


@messages.command()
@click.option("--per-day", metavar="N|none", help="Texts of flows and broadcasts to one member in any 24 hours.")
@click.option("--answers-per-hour", metavar="N|none", help="Answers to one member in any hour.")
@click.option("--repeat-after", metavar="MINUTES|none", help="The same words to one member only after so long.")
@_as_json
def limits(*, per_day: str | None, answers_per_hour: str | None, repeat_after: str | None, as_json: bool) -> None:
    """See or set how much one member is texted, all flows and broadcasts together."""
    changes: dict[str, Any] = {}
    for name, given in (("per_day", per_day), ("answers_per_hour", answers_per_hour), ("repeat_after", repeat_after)):
        if given is not None:
            number = _number(given)
            changes[name] = timedelta(minutes=number) if name == "repeat_after" and number is not None else number
    with opened_core() as core:
        caps = set_caps(core, **changes) if changes else core.database.read(member_caps)
    if as_json:
        show_json({**attrs.asdict(caps), "repeat_after": caps.repeat_after and caps.repeat_after.total_seconds()})
        return
    show_facts(_caps(caps))


def _caps(caps: Caps) -> list[tuple[str, object]]:
    minutes = None if caps.repeat_after is None else int(caps.repeat_after.total_seconds() // 60)
    return [
        ("Texts a day", caps.per_day if caps.per_day is not None else "no limit"),
        ("Answers an hour", caps.answers_per_hour if caps.answers_per_hour is not None else "no limit"),
        ("Same words again after", counted(minutes, "minute") if minutes is not None else "any time"),
    ]


def _number(given: str) -> int | None:
    if given.strip().lower() == NO_LIMIT:
        return None
    if not given.strip().isdecimal():
        raise click.UsageError(f"'{given}' is neither a whole number nor '{NO_LIMIT}'.")
    return int(given)


def _utc(given: str) -> datetime:
    try:
        told = datetime.fromisoformat(given)
    except ValueError as error:
        raise click.UsageError(f"'{given}' is no time; write it as 2026-06-03T16:00.") from error
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def _me() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise click.UsageError("Say who decides, with --by.") from error


def _tell(message: MessageRecord, as_json: bool, then: str) -> None:
    if as_json:
        show_json(_described(message))
    else:
        say(f"The text {message.key} {then}. The decision is kept.")


def _purpose(message: MessageRecord) -> str:
    return Purpose(message.purpose).name.lower()


def _described(message: MessageRecord) -> dict[str, Any]:
    """A text without its words and its number."""
    return {
        "text": message.key,
        "member": message.member_id,
        "purpose": _purpose(message),
        "state": message.state,
        "reason": message.reason,
        "created_at": message.created_at,
        "due_at": message.due_at,
        "expires_at": message.expires_at,
        "claimed_at": message.claimed_at,
        "claims": message.claim,
        "provider_id": message.provider_id,
    }


def _story(story: MessageStory) -> dict[str, Any]:
    return {
        **_described(story.message),
        "statuses": [attrs.asdict(status) for status in story.statuses],
        "decisions": [
            {"decision": each.decision, "by": each.decided_by, "why": each.why, "at": each.decided_at}
            for each in story.decisions
        ],
    }
