"""Turns that all workers share: whoever may ask a server only so often waits here (``context.turns`` of plugins)."""

from __future__ import annotations

from datetime import datetime

from ascend_core.contracts import Clock
from ascend_core.engine.buckets import Pace
from ascend_core.engine.waits import heeded
from ascend_core.store.buckets import database_now, lock_bucket, save_bucket
from ascend_core.store.database import Database, Tx

__all__ = ["SharedTurns", "take_period"]


class SharedTurns:
    """Gives out turns from buckets in *database*, to every worker that uses it.

    *time*: None, as in production: the database's own clock, which is one for all machines. A test or the demo, whose
    calendar is not the real one, gives its own.
    """

    def __init__(self, database: Database, clock: Clock, *, time: Clock | None = None) -> None:
        self._database = database
        self._clock = clock
        self._time = time

    async def turn(self, name: str, *, per_second: float, burst: float = 1.0, cost: float = 1.0) -> None:
        """Wait for a turn; see ``Turns``. A turn once given is used up, even if whoever had it dies."""
        pace = Pace(per_second=per_second, burst=burst)

        def work(tx: Tx) -> float:
            now = self._now(tx)
            bucket, mine = lock_bucket(tx, name, now).reserved(cost, pace, now)
            save_bucket(tx, bucket)
            return (mine - now).total_seconds()

        wait = self._database.write(work)
        if wait > 0:
            await self._clock.sleep(wait)

    async def pause(self, name: str, seconds: float) -> None:
        """Give out no turn for a while, to any worker; see ``Turns``."""

        def work(tx: Tx) -> None:
            now = self._now(tx)
            save_bucket(tx, lock_bucket(tx, name, now).paused(now + heeded(seconds), now))

        self._database.write(work)

    def _now(self, tx: Tx) -> datetime:
        return database_now(tx) if self._time is None else self._time.now()


def take_period(database: Database, name: str, seconds: float) -> bool:
    """Whether a period of *seconds* is over that no worker has taken yet; it is taken now. By the database's clock."""
    pace = Pace(per_second=1 / seconds)

    def work(tx: Tx) -> bool:
        now = database_now(tx)
        bucket = lock_bucket(tx, f"period:{name}", now)
        if bucket.earliest(1.0, pace, now) > now and not bucket.is_ahead(pace, now):
            return False
        save_bucket(tx, bucket.taken(1.0, pace, now))
        return True

    return database.write(work)
