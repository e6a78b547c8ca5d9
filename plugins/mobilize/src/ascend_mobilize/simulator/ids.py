"""Ids: counters, so that the same actions always make the same world."""

from __future__ import annotations

import zlib

__all__ = ["Ids"]

_FIRST = {"event": 50_000, "timeslot": 70_000, "person": 300_000, "user": 410_000, "attendance": 900_000, "field": 50}
"""Where each counter starts. People have two ids that never agree, as in Mobilize."""

_INVERTED_IN = 24
"""One pair of attendance ids in so many is handed out the wrong way round: real lists are not quite in order."""


class Ids:
    """Hands out ids of each kind."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._next = dict(_FIRST)

    def take(self, kind: str) -> int:
        """The next id of that kind."""
        number = self._next[kind]
        self._next[kind] = number + 1
        return number ^ 1 if kind == "attendance" and self._is_inverted(number // 2) else number

    def reserve(self, kind: str, taken: object) -> None:
        """Somebody else already uses the id *taken* (anything that is no integer is no id)."""
        if isinstance(taken, int) and taken >= self._next[kind]:
            self._next[kind] = (taken // 2 + 1) * 2

    def _is_inverted(self, pair: int) -> bool:
        return zlib.crc32(f"{self._seed}:{pair}".encode()) % _INVERTED_IN == 0
