"""Time and chance that a test rules: no test waits, and every run goes the same way."""

from __future__ import annotations

import asyncio
import random
import threading
from datetime import UTC, datetime, timedelta

from ascend_core.contracts import Clock, Randomness

__all__ = ["SeededRandomness", "VirtualClock"]


class VirtualClock(Clock):
    """A clock that stands still until it is told otherwise. Any thread may use it.

    The calendar moves by ``set`` and ``advance``. ``sleep`` moves only the monotonic side, so that pacing costs no
    time and changes no date.
    """

    def __init__(self, start: datetime) -> None:
        """Begin at *start* (aware)."""
        self._lock = threading.Lock()
        self._now = _utc(start)
        self._monotonic = 0.0

    def now(self) -> datetime:
        """The calendar time: aware, UTC."""
        with self._lock:
            return self._now

    def set(self, moment: datetime) -> None:
        """Make it *moment* (aware), earlier or later; monotonic time follows only forwards."""
        with self._lock:
            moved = _utc(moment) - self._now
            self._now += moved
            self._monotonic += max(0.0, moved.total_seconds())

    def advance(self, by: timedelta) -> None:
        """Let *by* (not negative) pass, on the calendar and on the monotonic side."""
        if by < timedelta(0):
            raise ValueError("a clock cannot advance backwards; use set")
        with self._lock:
            self._now += by
            self._monotonic += by.total_seconds()

    def monotonic(self) -> float:
        """Seconds since the clock was made, sleep included."""
        with self._lock:
            return self._monotonic

    async def sleep(self, seconds: float) -> None:
        """Let *seconds* of monotonic time pass at once, and others run meanwhile."""
        if seconds < 0:
            raise ValueError("nobody sleeps for less than no time")
        with self._lock:
            self._monotonic += seconds
        await asyncio.sleep(0)


class SeededRandomness(Randomness):
    """Chance that repeats: the same *seed* gives the same tokens and fractions. Any thread may use it."""

    def __init__(self, seed: int | str) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(f"ascend:{seed}")  # noqa: S311 -- it must be guessable: tests repeat it

    def token(self, length: int, alphabet: str) -> str:
        """*length* characters of *alphabet*."""
        with self._lock:
            return "".join(self._random.choices(alphabet, k=length))

    def fraction(self) -> float:
        """A number in [0, 1)."""
        with self._lock:
            return self._random.random()


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a clock shows aware times; give the moment a time zone")
    return moment.astimezone(UTC)
