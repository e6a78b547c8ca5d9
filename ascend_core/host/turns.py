"""Turns within one process, for when there is no database that several could share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ascend_core.contracts import Clock
from ascend_core.engine.buckets import Bucket, Pace
from ascend_core.engine.waits import heeded

__all__ = ["ProcessTurns"]

_START = datetime(2000, 1, 1, tzinfo=UTC)
"""Only differences count: these turns go by the clock that never goes back."""


class ProcessTurns:
    """Gives out turns to everybody in this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}

    async def turn(self, name: str, *, per_second: float, burst: float = 1.0, cost: float = 1.0) -> None:
        """Wait for a turn; see ``Turns``."""
        now = self._now()
        pace = Pace(per_second=per_second, burst=burst)
        self._buckets[name], mine = self._bucket(name, now).reserved(cost, pace, now)
        if mine > now:
            await self._clock.sleep((mine - now).total_seconds())

    async def pause(self, name: str, seconds: float) -> None:
        """Give out no turn for a while; see ``Turns``."""
        now = self._now()
        self._buckets[name] = self._bucket(name, now).paused(now + heeded(seconds), now)

    def _bucket(self, name: str, now: datetime) -> Bucket:
        return self._buckets.get(name) or Bucket(name=name, full_at=now)

    def _now(self) -> datetime:
        return _START + timedelta(seconds=self._clock.monotonic())
