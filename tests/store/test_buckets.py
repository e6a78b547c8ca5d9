"""Workers draw from the same buckets and never take the same token."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from ascend_core.engine.buckets import Pace
from ascend_core.operations.turns import SharedTurns
from ascend_core.runtime.system import SystemClock
from ascend_core.store.buckets import database_now, find_buckets, lock_bucket, save_bucket
from ascend_core.store.database import Database, open_database
from ascend_core.testing import VirtualClock

WORKERS = 4
EACH = 25
PACE = Pace(per_second=50)


def test_the_databases_clock_is_the_time(database: Database) -> None:
    """It runs, in UTC; on this machine it agrees with Python's."""
    apart = database.read(database_now) - SystemClock().now()

    assert abs(apart) < timedelta(seconds=2)


def test_turns_of_many_workers_are_as_far_apart_as_those_of_one(database: Database) -> None:
    """Four workers with connections of their own ask at once: a hundred turns, none given twice, none too soon."""
    url = database.engine.url.render_as_string(hide_password=False)

    def work(_worker: int) -> list[datetime]:
        mine = open_database(url)

        def reserve(tx: Any) -> datetime:
            now = database_now(tx)
            bucket, turn = lock_bucket(tx, "origin", now).reserved(1, PACE, now)
            save_bucket(tx, bucket)
            return turn

        turns = [mine.write(reserve) for _ in range(EACH)]
        mine.close()
        return turns

    with ThreadPoolExecutor(WORKERS) as pool:
        turns = sorted(turn for mine in pool.map(work, range(WORKERS)) for turn in mine)

    assert len(turns) == WORKERS * EACH
    assert min(later - earlier for earlier, later in pairwise(turns)) >= timedelta(seconds=1 / 50)


def test_a_plugin_waits_for_its_turn_and_through_a_pause(database: Database) -> None:
    """By name: who asks another server does not wait."""
    clock = VirtualClock(datetime(2026, 6, 3, 16, tzinfo=UTC))
    turns = SharedTurns(database, clock, time=clock)

    async def ask(name: str) -> float:
        before = clock.monotonic()
        await turns.turn(name, per_second=10)
        return round(clock.monotonic() - before, 6)

    async def story() -> list[float]:
        waited = [await ask("a"), await ask("a"), await ask("b")]
        await turns.pause("b", 30)
        return [*waited, await ask("b")]

    assert asyncio.run(story()) == [0, 0.1, 0, 30]
    assert sorted(database.read(lambda tx: find_buckets(tx, {"a", "b", "c"}))) == ["a", "b"]
