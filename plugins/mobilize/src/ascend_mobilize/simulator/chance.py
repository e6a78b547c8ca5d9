"""Chance that hangs on names, not on the order of events: the same seed and name always draw the same."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

__all__ = ["between", "fraction", "pick"]

T = TypeVar("T")
_BYTES = 7
"""As many as a float holds exactly, below 1."""


def fraction(seed: int, *name: object) -> float:
    """A number in [0, 1)."""
    drawn = blake2b(repr((seed, *name)).encode(), digest_size=_BYTES).digest()
    return (int.from_bytes(drawn) >> 3) / (1 << (_BYTES * 8 - 3))


def between(least: int, most: int, seed: int, *name: object) -> int:
    """A whole number, both ends included."""
    return least + int(fraction(seed, *name) * (most - least + 1))


def pick(things: Sequence[T], seed: int, *name: object) -> T:
    """One of *things*, which are not empty."""
    return things[int(fraction(seed, *name) * len(things))]
