"""What every engine keeps: one drain a key, coalesced wakes, one tick a period, and an end in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from ascend_core.runtime.distributed import DistributedEngine
from ascend_core.runtime.engine import Engine
from ascend_core.runtime.local import LocalEngine
from ascend_core.runtime.system import SystemClock
from ascend_core.store.database import Database

SOON = 20
"""Seconds within which anything here happens."""

Open = Callable[[Callable[[str], None]], Engine]


@pytest.fixture(params=["local", "distributed"])
def open_engine(request: pytest.FixtureRequest, open_copy: Callable[[str], Database]) -> Iterator[Open]:
    """Opens an engine; several of the distributed one share their work."""
    if request.param == "local":
        yield lambda tell: LocalEngine(SystemClock(), tell)
        return
    database = open_copy("postgresql")
    DistributedEngine(database, SystemClock(), print).prepare()
    yield lambda tell: DistributedEngine(database, SystemClock(), tell)
    with database.engine.begin() as tx:
        tx.exec_driver_sql("DELETE FROM procrastinate_jobs")


async def playing(engine: Engine, story: Any) -> None:
    """Run *engine* until *story* is over."""
    running = asyncio.create_task(engine.run())
    try:
        await asyncio.wait_for(story, SOON)
    finally:
        engine.stop()
        await asyncio.wait_for(running, SOON)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what another thread brings about."""
    clock = SystemClock()
    while not holds():
        await clock.sleep(0.01)


def test_wakes_of_one_key_coalesce_and_none_is_lost(open_engine: Open) -> None:
    """Fifty wakes before a drain are one; one that comes while the key is drained is one more."""
    told: list[str] = []
    log: list[str] = []
    engine = open_engine(told.append)
    begun, gate = asyncio.Event(), asyncio.Event()

    async def drain(key: str, _until: datetime) -> bool:
        log.append(f"{key} begins")
        begun.set()
        await gate.wait()
        log.append(f"{key} ends")
        return False

    async def story() -> None:
        await begun.wait()
        for _ in range(20):
            await asyncio.to_thread(engine.wake, "work", "a")
        gate.set()
        await until(lambda: len(log) == 4)

    async def run() -> None:
        engine.register("work", drain)
        for _ in range(50):
            engine.wake("work", "a")
        await playing(engine, story())

    asyncio.run(run())
    assert log == ["a begins", "a ends"] * 2
    assert told == []


def test_keys_are_drained_side_by_side_and_work_left_gets_another_turn(open_engine: Open) -> None:
    """One slow key holds up no other; a drain says that it is not done by returning True."""
    turns: list[str] = []
    engine = open_engine(turns.append)
    both = asyncio.Barrier(2)

    async def drain(key: str, _until: datetime) -> bool:
        if turns.count(key) == 0:
            turns.append(key)
            await both.wait()
            return True
        turns.append(key)
        return False

    async def tick() -> None:
        if not turns:
            engine.wake("work", "a")
            engine.wake("work", "b")

    async def run() -> None:
        engine.register("work", drain)
        engine.each(0.5, tick)
        await playing(engine, until(lambda: sorted(turns) == ["a", "a", "b", "b"]))

    asyncio.run(run())


def test_a_failing_drain_and_a_failing_tick_are_told_and_stop_nothing(open_engine: Open) -> None:
    """The other key goes on; the failing one gets another chance."""
    told: list[str] = []
    drained: list[str] = []
    engine = open_engine(told.append)

    async def drain(key: str, _until: datetime) -> bool:
        drained.append(key)
        if key == "bad" and drained.count("bad") == 1:
            raise RuntimeError("a bug")
        return False

    async def tick() -> None:
        engine.wake("work", "bad")
        engine.wake("work", "good")

    async def bad_tick() -> None:
        raise RuntimeError("another")

    async def run() -> None:
        engine.register("work", drain)
        engine.each(0.2, tick)
        engine.each(60, bad_tick)
        await playing(engine, until(lambda: drained.count("bad") >= 2 and drained.count("good") >= 2))

    asyncio.run(run())
    assert {"drain.failed kind=work key=bad RuntimeError", "tick.failed RuntimeError"} <= set(map(str, told))


def test_a_tick_comes_once_a_period_over_all_workers(open_engine: Open) -> None:
    """However many workers there are; and in each worker where that is asked for."""
    shared: list[float] = []
    own: list[str] = []
    clock = SystemClock()
    engines = [open_engine(own.append)]
    if isinstance(engines[0], DistributedEngine):
        engines += [open_engine(own.append), open_engine(own.append)]

    async def tick() -> None:
        shared.append(clock.monotonic())

    def each(name: str) -> Callable[[], Any]:
        async def tick() -> None:
            own.append(name)

        return tick

    async def run() -> None:
        for number, engine in enumerate(engines):
            engine.every(1.0, tick)
            engine.each(1.0, each(str(number)))
        stories = [playing(engine, until(lambda: len(shared) >= 4)) for engine in engines]
        await asyncio.gather(*stories)

    asyncio.run(run())
    gaps = [later - sooner for sooner, later in pairwise(shared)]
    assert min(gaps) > 0.9, gaps
    assert set(own) == {str(number) for number in range(len(engines))}


def test_stop_finishes_the_drain_in_hand_and_gives_up_on_one_that_hangs(open_engine: Open) -> None:
    """A worker ends in order, and in time."""
    log: list[str] = []
    engine = open_engine(log.append)
    engine._last_seconds = 0.5  # type: ignore[attr-defined]  # -- a shorter patience
    begun = asyncio.Barrier(3)

    async def drain(key: str, _until: datetime) -> bool:
        await begun.wait()
        if key == "hangs":
            await asyncio.Event().wait()
        log.append(f"{key} ends")
        return False

    async def tick() -> None:
        for key in ("hangs", "short"):
            engine.wake("work", key)

    async def run() -> None:
        engine.register("work", drain)
        engine.each(60, tick)
        await playing(engine, begun.wait())

    asyncio.run(run())
    assert "short ends" in log
    assert "hangs ends" not in log


def test_a_drain_hears_that_the_end_was_asked_for(open_engine: Open) -> None:
    """It finishes what it has in hand and begins nothing more, however much is left."""
    rounds: list[bool] = []
    engine = open_engine(print)
    begun = asyncio.Event()

    async def drain(_key: str, _until: datetime) -> bool:
        while not engine.is_ending:
            rounds.append(engine.is_ending)
            begun.set()
            await asyncio.sleep(0.01)
        rounds.append(engine.is_ending)
        return True

    async def run() -> None:
        engine.register("work", drain)
        engine.wake("work", "a")
        await playing(engine, begun.wait())

    asyncio.run(run())
    assert rounds[0] is False
    assert rounds.count(True) == 1
