"""Token buckets as arithmetic: how much may be taken when. Pure, and exact to the microsecond.

A bucket that holds *burst* tokens and gains *per_second* is kept as one moment: when it would be full again if nobody
took anything more. Taking puts that moment off; what may be taken now follows from how far away it is. Rounding is
always to the later moment, so that no span of time ever gives out more than it may.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil, floor

from attrs import evolve, frozen

from ascend_core.engine.waits import over

__all__ = ["Bucket", "Pace"]

_MICROS = 1_000_000

FARTHEST_SECONDS = 600.0
"""A bucket that would be full only later than this (or than what a hundred tokens take) was written by a clock that
has been set back since: it counts as empty now, and nobody waits for the old time to come again."""
FARTHEST_TOKENS = 100.0


@frozen(kw_only=True)
class Pace:
    """How fast a bucket fills, and how much it holds; both more than 0."""

    per_second: float
    burst: float = 1.0

    def span(self, tokens: float) -> timedelta:
        """How long it takes for *tokens* to come in."""
        return timedelta(microseconds=ceil(tokens * _MICROS / self.per_second))


@frozen(kw_only=True)
class Bucket:
    """A bucket as it stands. ``paused_until``: nothing is given out before, however full it is."""

    name: str
    full_at: datetime
    paused_until: datetime | None = None

    def earliest(self, cost: float, pace: Pace, now: datetime) -> datetime:
        """When *cost* may be taken, if nobody else takes anything: *now* or later.

        More than the bucket holds may be taken when it is full; what comes after that waits for all of it.
        """
        spared = timedelta(microseconds=floor((pace.burst - min(cost, pace.burst)) * _MICROS / pace.per_second))
        free = self._full_at(pace, now) - spared
        return max(now, free, self.free_from(now))

    def free_from(self, now: datetime) -> datetime:
        """When the pause ends: *now* or later."""
        return now if self.paused_until is None or over(self.paused_until, now) else self.paused_until

    def taken(self, cost: float, pace: Pace, now: datetime) -> Bucket:
        """The bucket after *cost* was taken, whether or not that much was there: a debt is waited for."""
        return evolve(self, full_at=self._full_at(pace, now) + pace.span(cost))

    def reserved(self, cost: float, pace: Pace, now: datetime) -> tuple[Bucket, datetime]:
        """The bucket after *cost* was set aside, and when whoever asked may go on. Later askers come later."""
        turn = self.earliest(cost, pace, now)
        return evolve(self, full_at=max(self._full_at(pace, now), turn) + pace.span(cost)), turn

    def paused(self, until: datetime, now: datetime) -> Bucket:
        """The bucket, giving out nothing before *until*. A longer pause stays."""
        return evolve(self, paused_until=max(until, self.free_from(now)))

    def is_ahead(self, pace: Pace, now: datetime) -> bool:
        """Whether a clock wrote it that has been set back since. It counts as empty at every *now* until it is written
        again: whoever holds it and takes nothing must write it ``emptied``."""
        farthest = pace.span(pace.burst) + max(timedelta(seconds=FARTHEST_SECONDS), pace.span(FARTHEST_TOKENS))
        return self.full_at > now + farthest

    def emptied(self, pace: Pace, now: datetime) -> Bucket:
        """The bucket with nothing in it at *now*."""
        return evolve(self, full_at=now + pace.span(pace.burst))

    def _full_at(self, pace: Pace, now: datetime) -> datetime:
        return now + pace.span(pace.burst) if self.is_ahead(pace, now) else max(self.full_at, now)
