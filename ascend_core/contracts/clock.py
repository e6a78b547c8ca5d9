"""Time, randomness and other things of the outside world, handed in so that tests and the simulation can rule them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

__all__ = ["Clock", "Randomness"]


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The calendar time: aware, UTC. May jump."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back; only differences mean anything. For pacing."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let *seconds* (>= 0) of monotonic time pass."""
        ...


class Randomness(Protocol):
    """Where chance comes from."""

    def token(self, length: int, alphabet: str) -> str:
        """*length* characters of *alphabet* that nobody can guess (a CSPRNG outside of tests)."""
        ...

    def fraction(self) -> float:
        """A number in [0, 1), for jitter."""
        ...
