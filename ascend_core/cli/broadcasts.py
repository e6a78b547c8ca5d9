"""``ascend broadcasts``: a text or a flow for everybody in some groups."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from ascend_core.cli.broadcast_options import document_of
from ascend_core.cli.groups import LazyGroup
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import counted, moment, say, show_facts, show_json, show_table
from ascend_core.errors import BadInput
from ascend_core.flow.broadcast import load_broadcast
from ascend_core.operations.broadcast_preview import Preview, preview_broadcast
from ascend_core.operations.broadcasts import (
    Progress,
    broadcast_list,
    cancel_broadcast,
    make_broadcast,
    pause_broadcast,
    progress_of,
    resume_broadcast,
)
from ascend_core.operations.core import Core
from ascend_core.store.channels import channels

__all__ = ["broadcasts", "cancel", "list_broadcasts", "pause", "preview", "resume", "schedule", "send", "show"]

LOOK_EVERY_SECONDS = 1.0
"""How often a followed broadcast is looked at."""

F = TypeVar("F", bound=Callable[..., Any])


@click.group(cls=LazyGroup)
def broadcasts() -> None:
    """Text everybody in some groups at once.

    What to send is a FILE (broadcast: NAME, to: [GROUP], send: TEXT or run: FLOW), or is said with options. The worker
    (ascend serve) sends it, as fast as the sender may, behind every answer and flow.
    """


def _what(command: F) -> F:
    """The document: a file or options."""
    options = [
        click.argument("file", required=False, type=click.Path(path_type=Path)),
        click.option("--name", help="What it is called; each name is used once."),
        click.option("--to", "to", multiple=True, metavar="GROUP", help="Who gets it; more than once for several."),
        click.option("--except", "left_out", multiple=True, metavar="GROUP", help="Who of them does not."),
        click.option("--text", help="The text, with ${member.first_name|there} and ${link.NAME}."),
        click.option("--link", "links", multiple=True, metavar="NAME=URL", help="A link that the text places."),
        click.option("--track", metavar="TRACKER", help="Who tracks the links (mobilize)."),
        click.option("--links-url", metavar="URL", help="Which of your addresses the links have (ASCEND_LINKS_URL)."),
        click.option("--run", metavar="FLOW", help="A flow to start, in place of a text."),
        click.option("--form", metavar="FORM", help="What ${event…} speaks of: a form's key, URL or name."),
        click.option("--expires", metavar="2h", help="Nothing of it is sent later than this after it began."),
        click.option("--json", "as_json", is_flag=True, help="One JSON document."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@broadcasts.command()
@_what
def preview(*, file: Path | None, as_json: bool, **said: Any) -> None:
    """Say whom it would reach now, and what it would cost. Nothing is sent."""
    source, named = document_of(file, said)
    with opened_core() as core:
        found = preview_broadcast(core, source, file=named)
    if as_json:
        show_json(found.to_json())
    else:
        _show_preview(found)


@broadcasts.command()
@_what
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--follow", is_flag=True, help="Watch it until it is over.")
def send(*, file: Path | None, as_json: bool, yes: bool, follow: bool, **said: Any) -> None:
    """Send it now: the worker begins within a second."""
    source, named = document_of(file, said)
    with opened_core() as core:
        if load_broadcast(source, file=named, trackers=core.registry.link_trackers).at is not None:
            raise BadInput("this document says when it begins ('at'); run: ascend broadcasts schedule")
        name = _make(core, source, named, at=None, yes=yes)
        if follow:
            _follow(core, name)
        _tell(core, name, as_json=as_json)


@broadcasts.command()
@_what
@click.option("--at", metavar="2026-11-01T10:00-04:00", help="When it begins; or the document's 'at'.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def schedule(*, file: Path | None, as_json: bool, at: str | None, yes: bool, **said: Any) -> None:
    """Send it later. Whom it reaches is settled when it begins."""
    source, named = document_of(file, said)
    with opened_core() as core:
        document = load_broadcast(source, file=named, trackers=core.registry.link_trackers)
        begins = _moment(at) if at is not None else document.at
        if begins is None:
            raise BadInput("say when it begins: --at 2026-11-01T10:00-04:00, or 'at:' in the document")
        if begins <= core.clock.now():
            raise BadInput(f"{moment(begins)} is past; run: ascend broadcasts send")
        _tell(core, _make(core, source, named, at=begins, yes=yes), as_json=as_json)


def _moment(written: str) -> datetime:
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BadInput(f"'{written}' is no moment; write one with its offset, as 2026-11-01T10:00-04:00")
    return found


def _make(core: Core, source: str, file: str, *, at: datetime | None, yes: bool) -> str:
    found = preview_broadcast(core, source, file=file)
    if not found.reachable and at is None:  # until it begins, people may still join
        raise BadInput(f"nobody can be reached: of {counted(found.members, 'member')} none is subscribed")
    if not yes:
        if not sys.stdin.isatty():
            raise BadInput(f"this texts {counted(found.reachable, 'member')}; add --yes to say that it is meant")
        _show_preview(found, err=True)
        click.confirm(f"Text {counted(found.reachable, 'member')}?", abort=True, err=True)
    name = make_broadcast(core, source, file=file, at=at).name
    if not core.database.read(channels):
        say("No channel is connected yet: nothing is texted before one is.")
    return name


def _show_preview(found: Preview, *, err: bool = False) -> None:
    each = found.segments_each
    facts: list[tuple[str, object]] = [
        ("Broadcast", found.name),
        ("Members", f"{found.members:,}"),
        ("Reachable", f"{found.reachable:,}"),
        ("Unsubscribed", f"{found.unsubscribed:,}"),
        ("Quiet hours now", f"{found.quiet_now:,} of the reachable"),
    ]
    if each is not None and found.segments is not None:
        spread = str(each[0]) if each[0] == each[1] else f"{each[0]} to {each[1]}"
        about = "" if found.looked_at >= found.reachable else "about "
        facts.append(("Segments", f"{about}{found.segments:,} ({spread} a text)"))
    if found.unsendable:
        facts.append(("Not sendable", f"{found.unsendable:,} of {found.looked_at:,} looked at: a value is missing"))
    if found.text is not None:
        facts.append(("Text", found.text.replace("\n", " ⏎ ")))
    if err:
        for name, value in facts:
            say(f"{name}: {value}")
    else:
        show_facts(facts)


@broadcasts.command()
@click.argument("name")
def pause(*, name: str) -> None:
    """Let nothing more of NAME be sent until it is resumed; whoever writes is still answered."""
    with opened_core() as core:
        pause_broadcast(core, name)
    say(f"{name}: paused")


@broadcasts.command()
@click.argument("name")
def resume(*, name: str) -> None:
    """Let NAME go on where it was paused."""
    with opened_core() as core:
        record = resume_broadcast(core, name)
    say(f"{name}: {record.state}")


@broadcasts.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def cancel(*, name: str, yes: bool) -> None:
    """End NAME for good. What was sent stays sent; runs that it started end."""
    with opened_core() as core:
        progress_of(core, name)
        if not yes and sys.stdin.isatty():
            click.confirm(f"Cancel '{name}' for good?", abort=True, err=True)
        cancel_broadcast(core, name)
        left = progress_of(core, name)
    say(f"{name}: cancelled; {left.handed_over:,} sent, {left.stopped.get('broadcast_cancelled', 0):,} not sent")


@broadcasts.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_broadcasts(*, as_json: bool) -> None:
    """Every broadcast, the newest first."""
    with opened_core() as core:
        found = broadcast_list(core)
    if as_json:
        show_json([each.to_json() for each in found])
    elif found:
        heads = ("Broadcast", "To", "State", "Begins", "Members", "Decided", "Sent")
        show_table(heads, [_row(each) for each in found], numbers=heads[4:])
    else:
        say("There is no broadcast yet; send one with: ascend broadcasts send FILE")


def _row(found: Progress) -> tuple[object, ...]:
    to = ", ".join(found.groups) + (f" but {', '.join(found.excluded)}" if found.excluded else "")
    begins = moment(found.record.began_at or found.record.starts_at)
    figures = (f"{figure:,}" for figure in (found.members, found.decided, found.handed_over))
    return found.record.name, to, found.record.state, begins, *figures


@broadcasts.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option("--follow", is_flag=True, help="Watch it until it is over.")
def show(*, name: str, as_json: bool, follow: bool) -> None:
    """How far NAME came."""
    with opened_core() as core:
        if follow:
            _follow(core, name)
        _tell(core, name, as_json=as_json)


def _tell(core: Core, name: str, *, as_json: bool) -> None:
    found = progress_of(core, name)
    if as_json:
        show_json(found.to_json())
        return
    record = found.record
    facts: list[tuple[str, object]] = [
        ("Broadcast", record.name),
        ("State", record.state),
        ("To", ", ".join(found.groups)),
        ("Except", ", ".join(found.excluded) or None),
        ("Begins" if record.began_at is None else "Began", moment(record.began_at or record.starts_at)),
        ("Members", f"{found.members:,}"),
        ("Decided", f"{found.decided:,}"),
    ]
    facts.extend((f"  none: {reason}", f"{count:,}") for reason, count in record.skipped.items())
    facts.extend((f"Texts {state}", f"{count:,}") for state, count in found.texts.items())
    facts.extend((f"  because: {reason}", f"{count:,}") for reason, count in found.stopped.items())
    if record.problem is not None:
        facts.append(("Problem", record.problem))
    show_facts(facts)


def _follow(core: Core, name: str) -> None:
    """Until it is over: a bar on a terminal, a line now and then elsewhere; Ctrl-C ends the watching only."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        queued, sent = bars.add_task("decided"), bars.add_task("sent")
        while True:
            found = progress_of(core, name)
            bars.update(queued, completed=found.decided, total=found.members)
            bars.update(sent, completed=found.settled, total=max(found.settled, found.members))
            if found.record.state in ("sent", "cancelled", "paused"):
                return
            asyncio.run(core.clock.sleep(LOOK_EVERY_SECONDS))
