"""The embedded engine: one drain per key at a time, nothing stops the others, and what is in hand is finished."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ascend_core.runtime.local import LocalEngine
from ascend_core.runtime.system import SystemClock
from ascend_core.testing import VirtualClock

START = datetime(2026, 6, 3, 16, tzinfo=UTC)


class Bell(VirtualClock):
    """A virtual clock whose sleepers wake only when the test says so."""

    def __init__(self) -> None:
        super().__init__(START)
        self.rung = asyncio.Event()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.rung.wait()
        self.rung.clear()
        self.advance(timedelta(seconds=seconds))

    async def ring(self) -> None:
        """One period passes."""
        self.rung.set()
        await settled()


async def settled() -> None:
    """Whatever can run has run."""
    for _ in range(20):
        await asyncio.sleep(0)


def play(story: Callable[[LocalEngine, Bell, list[str]], Coroutine[Any, Any, None]]) -> list[str]:
    """Run an engine while *story* happens; what it reported."""
    told: list[str] = []

    async def run() -> None:
        clock = Bell()
        engine = LocalEngine(clock, told.append)
        running: list[asyncio.Task[None]] = []
        engine_run = engine.run

        async def begin() -> None:
            running.append(asyncio.create_task(engine_run()))
            await settled()

        engine.begin = begin  # type: ignore[attr-defined]  # -- a test's short word
        await story(engine, clock, told)
        engine.stop()
        await asyncio.wait_for(running[0], 5)

    asyncio.run(run())
    return told


def test_wakes_of_one_key_are_one_drain() -> None:
    """A hundred hints, before the start and after it, cost two drains."""
    drained: list[str] = []

    async def story(engine: Any, _clock: Bell, _told: list[str]) -> None:
        async def drain(key: str, _until: datetime) -> bool:
            drained.append(key)
            return False

        engine.register("sync", drain)
        for _ in range(100):
            engine.wake("sync", "1")
        await engine.begin()
        for _ in range(100):
            engine.wake("sync", "1")
        await settled()

    play(story)

    assert drained == ["1", "1"]


def test_one_drain_of_a_key_runs_at_a_time_and_keys_run_side_by_side() -> None:
    """A wake during the drain is one more drain after it."""
    log: list[str] = []

    async def story(engine: Any, _clock: Bell, _told: list[str]) -> None:
        gate = asyncio.Event()

        async def drain(key: str, _until: datetime) -> bool:
            log.append(f"{key} begins")
            await gate.wait()
            log.append(f"{key} ends")
            return False

        engine.register("sync", drain)
        await engine.begin()
        for key in ("a", "b", "a", "a"):
            engine.wake("sync", key)
            await settled()
        gate.set()
        await settled()

    play(story)

    assert log == ["a begins", "b begins", "a ends", "b ends", "a begins", "a ends"]


def test_a_drain_with_work_left_gets_another_turn() -> None:
    """Behind the others; its lease ends on the clock it was given."""
    seen: list[tuple[str, timedelta]] = []

    async def story(engine: Any, clock: Bell, _told: list[str]) -> None:
        async def drain(key: str, until: datetime) -> bool:
            seen.append((key, until - clock.now()))
            return len(seen) < 3

        engine.register("work", drain)
        engine.wake("work", "all")
        await engine.begin()

    play(story)

    assert seen == [("all", timedelta(seconds=30))] * 3


def test_a_failing_drain_is_told_and_stops_no_other() -> None:
    """Its own key rests a while, and gets another chance."""
    drained: list[str] = []

    async def story(engine: Any, clock: Bell, _told: list[str]) -> None:
        async def drain(key: str, _until: datetime) -> bool:
            drained.append(key)
            if key == "bad" and drained.count("bad") == 1:
                raise RuntimeError("a bug")
            return False

        engine.register("sync", drain)
        await engine.begin()
        for key in ("bad", "good", "bad", "good"):
            engine.wake("sync", key)
            await settled()
        assert drained == ["bad", "good", "good"]
        await clock.ring()

    told = play(story)

    assert list(map(str, told)) == ["drain.failed kind=sync key=bad RuntimeError"]
    assert drained == ["bad", "good", "good", "bad"]


def test_a_tick_comes_once_per_period_even_when_it_fails() -> None:
    """At the start, and then once for each period that passes."""
    ticks: list[datetime] = []

    async def story(engine: Any, clock: Bell, _told: list[str]) -> None:
        async def tick() -> None:
            ticks.append(clock.now())
            if len(ticks) == 2:
                raise RuntimeError("a bug")

        engine.every(1.0, tick)
        await engine.begin()
        for _ in range(3):
            await settled()
            await clock.ring()

    told = play(story)

    assert ticks == [START + timedelta(seconds=number) for number in range(4)]
    assert list(map(str, told)) == ["tick.failed RuntimeError"]


def test_stop_finishes_the_work_in_hand() -> None:
    """And begins nothing new; a wake from another thread is heard as well."""
    log: list[str] = []

    async def story(engine: Any, _clock: Bell, _told: list[str]) -> None:
        begun, gate = asyncio.Event(), asyncio.Event()

        async def drain(key: str, _until: datetime) -> bool:
            log.append(f"{key} begins")
            begun.set()
            await gate.wait()
            log.append(f"{key} ends")
            return True

        engine.register("work", drain)
        await engine.begin()
        await asyncio.to_thread(engine.wake, "work", "one")
        await begun.wait()
        engine.stop()
        engine.wake("work", "two")
        gate.set()

    play(story)

    assert log == ["one begins", "one ends"]


def test_stop_waits_for_no_drain_for_ever() -> None:
    """One that hangs is given up and told; one that failed does not hold up the end with its rest."""
    log: list[str] = []

    async def run() -> None:
        engine = LocalEngine(Bell(), log.append, last_seconds=0.01)
        begun = asyncio.Event()

        async def drain(key: str, _until: datetime) -> bool:
            if key == "bad":
                raise RuntimeError("a bug")
            begun.set()
            await asyncio.Event().wait()
            return False

        engine.register("work", drain)
        engine.wake("work", "bad")
        engine.wake("work", "hangs")
        running = asyncio.create_task(engine.run())
        await begun.wait()
        await settled()
        engine.stop()
        await asyncio.wait_for(running, 5)

    asyncio.run(run())

    assert list(map(str, log)) == ["drain.failed kind=work key=bad RuntimeError", "drains.cut_off drains=1"]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_product_runs_on_it(bench: Any) -> None:
    """From a sign-up at the source to a text, with nothing but ticks; a text stuck in ``sending`` is taken up again."""
    from ascend_core.operations.broadcasts import make_broadcast
    from ascend_core.operations.claim_messages import claim_messages
    from ascend_core.runtime.drains import register_drains

    bench.set_up()
    bench.apply(bench.submission(0), cursor="0")
    bench.source.log = [bench.submission(1)]
    bench.keep(0, "hello?")
    make_broadcast(bench.core, "{broadcast: June, to: [Canvass f0], send: News}", file="b.yaml")

    async def run() -> None:
        # ticks on the virtual clock would let hours pass between a claim and its call
        engine = LocalEngine(SystemClock(), lambda told: told)
        register_drains(engine, bench.core)
        claim_messages(bench.core, 10)  # its process lived on, its result was lost
        bench.clock.advance(timedelta(minutes=12))
        running = asyncio.create_task(engine.run())
        while len(bench.channel.accepted) < 3 and not running.done():  # noqa: ASYNC110 -- nobody is there to tell
            await asyncio.sleep(0.01)
        engine.stop()
        await running

    asyncio.run(asyncio.wait_for(run(), 30))

    assert bench.states() == [("sent", None)] * 3
    assert bench.column("SELECT outcome FROM inbound_text") == ["inbox"]
