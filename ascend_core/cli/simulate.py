"""``ascend flows simulate``: be the member of a flow, in the terminal. Nothing leaves this machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from attrs import define, field

from ascend_core.calls.call import Called
from ascend_core.cli.documents import flow_documents, read_text
from ascend_core.cli.showing import clean, say
from ascend_core.contracts import Duration
from ascend_core.errors import AscendError, BadInput, NotPossible
from ascend_core.flow.values import SCALARS
from ascend_core.operations.programs import read_flow
from ascend_core.rehearsal.cast import DEFAULT_AT, DEFAULT_PHONE, Cast, event_at
from ascend_core.rehearsal.library import Library
from ascend_core.rehearsal.phone_view import bubble, clock_face, drawn
from ascend_core.rehearsal.stage import Line, Stage
from ascend_core.runtime.opening import open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness

__all__ = ["simulate"]

HELP = """\
Write as the member would. Lines that begin with / do something else:
  /click [LINK]      open the newest link, or the newest of that name
  /submit [LINK]     fill in the form behind it; alone: the event's form, without a link
  /wait 1d           let time pass (15m, 48h, 1d, 2w), or until 2026-11-08T10:00-05:00
  /happens TRIGGER   let a trigger fire for this sign-up (mobilize.cancels)
  /enter             enter the flow once more
  /state             who the member is now, and where the run stands
  /quit              leave"""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--member", "fields", metavar="FIELD=VALUE", multiple=True, help="A field of the member; may be repeated."
)
@click.option("--group", "groups", multiple=True, help="A group the member is in; may be repeated.")
@click.option("--zone", help="Where the member is, as an IANA name (America/Chicago).")
@click.option("--at", metavar="MOMENT", help="When it begins, like 2026-11-05T15:00-05:00.")
@click.option(
    "--webhook", "webhooks", metavar="URL JSON", nargs=2, multiple=True, help="What a webhook's server answers."
)
def simulate(
    *,
    file: Path,
    fields: tuple[str, ...],
    groups: tuple[str, ...],
    zone: str | None,
    at: str | None,
    webhooks: tuple[tuple[str, str], ...],
) -> None:
    """Play the flow in FILE with yourself as the member. Time passes only when you say so."""
    registry = open_registry(SystemClock(), SystemRandomness())
    text = read_text(file)
    flow = read_flow(registry, text, file=str(file))
    library = Library(registry, {str(file): text, **flow_documents(file.parent)})
    moment = DEFAULT_AT if at is None else _moment(at)
    cast = Cast(
        phone=DEFAULT_PHONE,
        zone=zone,
        fields={"first_name": "Ana", **_fields(fields)},
        groups=groups,
        event=event_at(moment),
        answers={url: Called(status=200, document=_json(written)) for url, written in webhooks},
        at=moment,
    )
    with Stage(registry, library.flows(flow.name), cast) as stage:
        _Talk(stage=stage).hold()


def _fields(given: tuple[str, ...]) -> dict[str, str]:
    fields = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign or not name:
            raise BadInput(f"--member takes FIELD=VALUE, not '{each}'")
        fields[name] = value
    return fields


def _json(written: str) -> Any:
    try:
        return json.loads(written)
    except ValueError as error:
        raise BadInput(f"--webhook takes an address and JSON, like '{{\"id\": 7}}': {error}") from error


def _moment(written: str) -> datetime:
    try:
        moment: datetime = SCALARS[datetime](written)
    except ValueError as error:
        raise BadInput(f"the time {error}") from error
    return moment


@define(kw_only=True)
class _Talk:
    """One conversation."""

    stage: Stage
    shown: int = 0
    last: datetime | None = field(default=None)

    def hold(self) -> None:
        """Until the person leaves or the input ends."""
        say("Write as the member would, or /help.")
        self.stage.enter()
        self.show()
        while True:
            try:
                line = self._ask()
            except (EOFError, click.Abort):
                return
            if line in ("/quit", "/exit"):
                return
            try:
                self.obey(line)
            except AscendError as error:
                click.echo(f"  ! {clean(str(error))}")
            self.show()

    def _ask(self) -> str:
        if sys.stdin.isatty():
            face = clock_face(self.stage.now, self.stage.zone())
            prompted: str = click.prompt(f"{face} >", prompt_suffix=" ", default="", show_default=False)
            return prompted.strip()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line.strip()

    def obey(self, line: str) -> None:
        """Do what one line asks for."""
        if not line.startswith("/"):
            if line:
                self.stage.reply(line)
            return
        word, _, rest = line[1:].partition(" ")
        does: Mapping[str, Callable[[str], None]] = {
            "click": lambda name: self.stage.click(name or None),
            "submit": lambda name: self.stage.submit(name or None),
            "wait": self._wait,
            "happens": self.stage.happens,
            "enter": lambda _: self.stage.enter(),
            "state": lambda _: self._state(),
            "help": lambda _: click.echo(HELP),
        }
        if word not in does:
            raise NotPossible(f"there is no '/{word}'; /help shows what there is")
        does[word](rest.strip())

    def _wait(self, written: str) -> None:
        try:
            if "T" in written:
                self.stage.go_to(_moment(written))
                return
            length: Duration = SCALARS[Duration](written)
        except ValueError as error:
            raise NotPossible(f"the time {error}") from error
        self.stage.go_to(self.stage.now + length.length)

    def _state(self) -> None:
        member = self.stage.member()
        for name, value in sorted(member.fields.items()):
            if value is not None:
                click.echo(f"  {name}: {clean(str(value))}")
        click.echo(f"  groups: {clean(', '.join(sorted(member.groups))) or 'none'}")
        click.echo(f"  texts: {'yes' if member.subscribed else 'none any more: unsubscribed'}")
        for run in self.stage.runs():
            where = run.end_reason or f"waits at step {run.state.get('position')}"
            click.echo(f"  run {run.id}: {where}")
        for message in self.stage.unsent():
            if message.state == "ready":
                until = clock_face(message.due_at, self.stage.zone())
                click.echo(f"  held until {until}: {message.reason or 'it waits for another'}")

    def show(self) -> None:
        """What is new on the phone. On a terminal the member's own words stand there already."""
        fresh = self.stage.lines[self.shown :]
        self.shown = len(self.stage.lines)
        for line in fresh:
            if line.who == "member" and sys.stdin.isatty():
                continue
            self._draw(line)

    def _draw(self, line: Line) -> None:
        apart = self.last is None or line.at - self.last >= timedelta(minutes=1)
        rows = drawn([line], zone=self.stage.zone()) if apart else bubble(line)
        self.last = line.at
        for row in rows:
            click.echo(clean(row))
