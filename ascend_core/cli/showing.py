"""How commands speak: data on stdout, as a table or one JSON document; everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click

__all__ = [
    "ago",
    "clean",
    "counted",
    "moment",
    "progress_bar",
    "say",
    "show_facts",
    "show_json",
    "show_table",
    "yes_no",
]

_WIDE = 1_000
"""Columns of a table that goes into a file: nothing is cut off."""


def say(sentence: str) -> None:
    """Tell the person *sentence*; not part of the data."""
    click.echo(clean(sentence), err=True)


def show_json(document: object) -> None:
    """The data as one JSON document; times in ISO 8601."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")  # our own mistake


def show_table(heads: Sequence[str], rows: Sequence[Sequence[object]], *, numbers: Sequence[str] = ()) -> None:
    """The data as a table; the columns named in *numbers* are set to the right. None is shown as a dash."""
    import rich.box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=rich.box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in heads:
        table.add_column(head, justify="right" if head in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("–" if cell is None else clean(str(cell))) for cell in row))
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDE, highlight=False)
    with console.capture() as drawn:
        console.print(table)
    for line in drawn.get().splitlines():
        click.echo(line.rstrip())


def show_facts(facts: Sequence[tuple[str, object]]) -> None:
    """One fact a line, under each other."""
    width = max(len(name) for name, _ in facts)
    for name, value in facts:
        click.echo(f"{name:<{width}}  {'–' if value is None else clean(str(value))}")


def clean(text: str) -> str:
    """*text* without what would steer a terminal: names come from other people."""
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)


def yes_no(value: bool) -> str:
    """ON or OFF, as the guide writes it."""
    return "ON" if value else "OFF"


def counted(count: int, what: str) -> str:
    """``1 row``, ``2 rows``."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def moment(when: datetime | None, zone: str | None = None, *, seconds: bool = False) -> str | None:
    """A time for people, in *zone* (an IANA name; None: UTC)."""
    if when is None:
        return None
    written = "%Y-%m-%d %H:%M:%S %Z" if seconds else "%Y-%m-%d %H:%M %Z"
    return when.astimezone(UTC if zone is None else ZoneInfo(zone)).strftime(written)


def ago(span: timedelta) -> str:
    """How long ago something was, in its largest whole unit."""
    seconds = max(0, int(span.total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int | None], None] | None]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda seen, total: bar.update(task, completed=seen, total=total)
