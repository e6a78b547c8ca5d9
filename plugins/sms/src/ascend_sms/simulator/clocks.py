"""A clock for the carrier that moves when it is told to, so that a day of texts takes no day."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from ascend_core.errors import BadInput

__all__ = ["SteppedClock"]


class SteppedClock:
    """Stands still between :meth:`advance`. Safe for threads."""

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._start = self._now = start

    def now(self) -> datetime:
        """The time it shows (aware)."""
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        """Seconds since it was made, by itself."""
        return (self.now() - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Whoever waits by this clock moves it."""
        self.advance(timedelta(seconds=seconds))

    def advance(self, by: timedelta) -> None:
        """Let *by* pass. Raises BadInput: it does not go back."""
        if by < timedelta(0):
            raise BadInput("the clock does not go back")
        with self._lock:
            self._now += by
