"""Chance that hangs on names, not on the order of events: the same seed and name give the same draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from ascend_core.testing.clock import SeededRandomness

__all__ = ["Chance"]

T = TypeVar("T")


class Chance:
    """The draws of one name."""

    def __init__(self, seed: int, *name: object) -> None:
        self._draw = SeededRandomness(f"{seed}:{':'.join(str(part) for part in name)}").fraction

    def happens(self, share: float) -> bool:
        """True in *share* of all cases (0 to 1)."""
        return self._draw() < share

    def between(self, least: int, most: int) -> int:
        """A whole number, both ends included."""
        return least + int(self._draw() * (most - least + 1))

    def pick(self, things: Sequence[T]) -> T:
        """One of *things*."""
        return things[int(self._draw() * len(things))]
