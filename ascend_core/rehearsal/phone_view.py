"""A conversation drawn as a phone shows it: our texts to the left, the member's to the right, times in between."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ascend_core.rehearsal.stage import Line

__all__ = ["WIDTH", "bubble", "clock_face", "drawn"]

WIDTH = 66
"""Columns of the phone."""

_INSIDE = 44
"""Columns of text in a bubble."""
_LONG_PAUSE = timedelta(minutes=1)


def drawn(lines: Iterable[Line], *, zone: str, marked: int | None = None) -> list[str]:
    """The conversation, line by line, at the member's time. The text number *marked*, from 0, gets a sign beside it."""
    rows: list[str] = []
    last: datetime | None = None
    texts = 0
    for line in lines:
        if last is None or line.at - last >= _LONG_PAUSE:
            rows.append(clock_face(line.at, zone).center(WIDTH).rstrip())
        last = line.at
        sign = "✗" if line.who == "us" and texts == marked else " "
        rows.extend(bubble(line, sign=sign))
        texts += line.who == "us"
    return rows


def bubble(line: Line, *, sign: str = " ") -> list[str]:
    """One bubble, or a line in the middle for what is no text."""
    if line.who == "aside":
        return [part.center(WIDTH).rstrip() for part in textwrap.wrap(f"· {line.text} ·", WIDTH)]
    inside = [part for row in line.text.splitlines() for part in textwrap.wrap(row, _INSIDE) or [""]] or [""]
    width = max(_columns(part) for part in inside)
    box = [
        f"╭{'─' * (width + 2)}╮",
        *(f"│ {part}{' ' * (width - _columns(part))} │" for part in inside),
        f"╰{'─' * (width + 2)}╯",
    ]
    if line.who == "member":
        return [" " * (WIDTH - width - 4) + row for row in box]
    return [f"{sign} {box[0]}", *(f"{sign} {row}" for row in box[1:-1]), f"{sign} {box[-1]}"]


def _columns(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def clock_face(at: datetime, zone: str) -> str:
    """*at* as the clock in *zone* shows it."""
    local = at.astimezone(ZoneInfo(zone))
    hour = local.strftime("%I:%M %p").lstrip("0")
    return f"{local:%a, %b} {local.day} · {hour}"
