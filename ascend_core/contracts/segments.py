"""What a text costs: how many parts it is billed as, and which characters make it dearer."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

__all__ = ["Measure", "Offending", "Segments"]


@frozen
class Offending:
    """A character that forces the whole text into a dearer encoding."""

    char: str
    index: int
    """In code points, from 0."""
    suggestion: str | None
    """What to write instead; '' means: leave it out; None: nothing says the same."""


@frozen(kw_only=True)
class Segments:
    """What sending a text costs."""

    encoding: str
    """``GSM-7`` or ``UCS-2``."""
    segments: int
    """Parts billed; 1 for an empty text."""
    units: int
    """Septets (GSM-7) or UTF-16 code units (UCS-2) in all."""
    per_segment: int
    """Units that fit in each of these parts."""
    remaining: int
    """Units still free in the last part."""
    offending: tuple[Offending, ...] = ()
    """In the order of the text; empty in GSM-7."""


class Measure(Protocol):
    """Counts a text as the channel bills it. Pure, and total: any string has a cost."""

    def __call__(self, text: str, /) -> Segments: ...
