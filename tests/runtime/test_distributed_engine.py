# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The distributed engine: its known traps, each shown, and a worker that is killed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import procrastinate
import pytest
from procrastinate.jobs import JobDeferrer
from procrastinate.manager import JobManager

from ascend_core.runtime.distributed import HEARTBEAT_SECONDS, POLL_SECONDS, STALLED_SECONDS, DistributedEngine
from ascend_core.runtime.drains import register_drains
from ascend_core.runtime.system import SystemClock
from ascend_core.store.database import Database
from tests.fakes.bench import phone
from tests.runtime.test_engines import SOON, playing, until

TAKEN_OVER_SECONDS = 10


@pytest.fixture
def queued(open_copy: Callable[[str], Database]) -> Iterator[Database]:
    """A PostgreSQL database with the engine's tables."""
    opened = open_copy("postgresql")

    DistributedEngine(opened, SystemClock(), print).prepare()
    yield opened
    with opened.engine.begin() as tx:
        tx.exec_driver_sql("DELETE FROM procrastinate_jobs")


def jobs(database: Database) -> list[tuple[Any, ...]]:
    """Every job: lock, state, and the time it is scheduled for."""
    query = "SELECT lock, status::text, scheduled_at FROM procrastinate_jobs ORDER BY id"
    return database.read(lambda tx: [tuple(row) for row in tx.exec_driver_sql(query)])


def test_a_wake_is_kept_if_and_when_our_transaction_commits(queued: Database) -> None:
    """With the data it speaks of, or not at all; and waking twice leaves the transaction usable."""
    engine = DistributedEngine(queued, SystemClock(), print)

    def fail(tx: Any) -> None:
        engine.wake("work", "a", tx)
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        queued.write(fail)
    assert jobs(queued) == []

    def twice(tx: Any) -> int:
        engine.wake("work", "a", tx)
        engine.wake("work", "a", tx)
        return int(tx.exec_driver_sql("SELECT 7").scalar_one())

    assert queued.write(twice) == 7
    engine.wake("work", "a")
    assert jobs(queued) == [("work a", "todo", None)]


def _stall(database: Database) -> None:
    """A worker took the key and died; the tick has woken the key again."""

    def work(tx: Any) -> None:
        tx.exec_driver_sql(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')"
        )  # fmt: skip
        tx.exec_driver_sql(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT max(id) FROM procrastinate_workers)"
        )

    database.write(work)


def test_the_advised_way_to_retry_wedges_a_key_and_ours_frees_it(queued: Database) -> None:
    """The job that waits holds the queueing lock, so that retrying the stalled one fails for ever."""
    engine = DistributedEngine(queued, SystemClock(), print)
    engine.wake("work", "a")
    _stall(queued)
    engine.wake("work", "a")
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=queued.conninfo))

    async def retry() -> None:
        async with app.open_async():
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
                await app.job_manager.retry_job(job)

    for _ in range(2):
        with pytest.raises(procrastinate.exceptions.ConnectorException):
            asyncio.run(retry())
    assert [state for _, state, _ in jobs(queued)] == ["doing", "todo"]

    drained = asyncio.Event()

    async def drain(_key: str, _until: datetime) -> bool:
        drained.set()
        return False

    engine.register("work", drain)
    asyncio.run(playing(engine, drained.wait()))
    assert jobs(queued) == []


def test_a_reaper_that_fails_goes_on(queued: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one bad moment of the database would leave the keys of dead workers locked as long as this one lives."""
    told: list[Any] = []
    engine = DistributedEngine(queued, SystemClock(), told.append)
    engine.wake("work", "a")
    _stall(queued)
    engine.wake("work", "a")
    look, looked = JobManager.get_stalled_jobs, []

    async def stumble(manager: JobManager, **values: Any) -> Any:
        looked.append(1)
        if len(looked) == 1:
            raise procrastinate.exceptions.ConnectorException
        return await look(manager, **values)

    monkeypatch.setattr(JobManager, "get_stalled_jobs", stumble)
    drained = asyncio.Event()

    async def drain(_key: str, _until: datetime) -> bool:
        drained.set()
        return False

    engine.register("work", drain)
    asyncio.run(playing(engine, drained.wait()))

    assert [trouble.event for trouble in told] == ["reaper.failed"]
    assert jobs(queued) == []


def test_a_reaper_ends_with_the_worker_it_belongs_to(queued: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even when a connection pool keeps its end to itself: else each loss of the database would leave one more."""
    monkeypatch.setattr("ascend_core.runtime.distributed.HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr("ascend_core.runtime.distributed.FAILED_PAUSE_SECONDS", 0.05)
    engine = DistributedEngine(queued, SystemClock(), lambda told: told)
    lives: list[int] = []
    reapers: list[Any] = []

    async def look(_manager: JobManager, **_values: Any) -> list[Any]:
        reapers.append(asyncio.current_task())
        if len(lives) == 1:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError as error:
                raise procrastinate.exceptions.ConnectorException from error
        return []

    async def live(_app: procrastinate.App, **_values: Any) -> None:
        lives.append(1)
        await until(lambda: bool(reapers))
        if len(lives) == 1:
            raise procrastinate.exceptions.ConnectorException
        await asyncio.Event().wait()

    monkeypatch.setattr(JobManager, "get_stalled_jobs", look)
    monkeypatch.setattr(procrastinate.App, "run_worker_async", live)
    asyncio.run(playing(engine, until(lambda: len(reapers) >= 6)))

    first, *later = reapers
    assert first not in later
    assert len(set(later)) == 1


def test_a_wake_that_cannot_be_said_costs_the_data_nothing(queued: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a hint: whoever wrote STOP is heard all the same, and the tick finds the rest."""
    engine = DistributedEngine(queued, SystemClock(), print)

    def fail(_deferrer: JobDeferrer, **_values: Any) -> int:
        raise procrastinate.exceptions.ConnectorException

    def work(tx: Any) -> int:
        engine.wake("work", "a", tx)
        return int(tx.exec_driver_sql("SELECT 7").scalar_one())

    with monkeypatch.context() as patch:
        patch.setattr(JobDeferrer, "defer", fail)
        done = queued.write(work)
    queued.write(work)

    assert done == 7
    assert jobs(queued) == [("work a", "todo", None)]


REFUSING = """
CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
CREATE TRIGGER refused BEFORE DELETE ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION refused();
"""


def test_a_key_whose_end_could_not_be_written_down_is_drained_again(queued: Database) -> None:
    """Its job looks as if the worker had it in hand, and the worker lives: nobody else would ever drain that key. One
    new beginning frees all such keys, also of drains that end while the worker does.
    """
    troubles: list[str] = []
    engine = DistributedEngine(queued, SystemClock(), lambda trouble: troubles.append(trouble.event))
    took: list[str] = []

    async def drain(key: str, _until: datetime) -> bool:
        took.append(key)
        if key == "long":
            await until(lambda: "short" in took)
            await SystemClock().sleep(1.5)
        return False

    async def story() -> None:
        queued.write(lambda tx: tx.exec_driver_sql(REFUSING))
        engine.wake("work", "long")
        await until(lambda: took == ["long"])
        engine.wake("work", "short")
        await until(lambda: "engine.begun_again" in troubles)
        queued.write(lambda tx: tx.exec_driver_sql("DROP TRIGGER refused ON procrastinate_jobs"))
        for key in ("long", "short"):
            engine.wake("work", key)
        await until(lambda: len(took) == 4)
        await SystemClock().sleep(2 * POLL_SECONDS)

    engine.register("work", drain)
    asyncio.run(playing(engine, story()))

    assert sorted(took) == ["long", "long", "short", "short"]
    assert troubles.count("engine.begun_again") == 1


WORKER = """
import asyncio, sys
from ascend_core.runtime.distributed import DistributedEngine
from ascend_core.runtime.drains import register_drains
from ascend_core.runtime.system import SystemClock
from ascend_core.store.database import open_database
engine = DistributedEngine(open_database(sys.argv[1]), SystemClock(), print)
async def drain(key, until):
    print("drains", key, flush=True)
    await asyncio.Event().wait()
engine.register("work", drain)
asyncio.run(engine.run())
"""


def test_the_key_of_a_killed_worker_is_taken_over_in_ten_seconds(queued: Database) -> None:
    """A real process, killed while it drains; the wake that the next tick brings is heard by another."""
    engine = DistributedEngine(queued, SystemClock(), print)
    clock = SystemClock()
    took: list[float] = []

    async def drain(_key: str, _until: datetime) -> bool:
        took.append(clock.monotonic())
        return False

    async def tick() -> None:
        engine.wake("work", "a")

    with subprocess.Popen([sys.executable, "-c", WORKER, queued.conninfo], stdout=subprocess.PIPE, text=True) as dying:
        assert dying.stdout is not None
        engine.wake("work", "a")
        assert dying.stdout.readline() == "drains a\n"
        dying.kill()
        dying.wait()
    killed = clock.monotonic()
    engine.register("work", drain)
    engine.each(1.0, tick)
    asyncio.run(playing(engine, until(lambda: bool(took))))

    assert took[0] - killed < TAKEN_OVER_SECONDS + HEARTBEAT_SECONDS
    assert SOON > TAKEN_OVER_SECONDS


def test_nothing_is_ever_scheduled_for_later(queued: Database) -> None:
    """Timers are rows of ours: a job for later would block those behind it with the same lock."""
    engine = DistributedEngine(queued, SystemClock(), print)
    for key in range(20):
        engine.wake("work", str(key))

    assert {scheduled_at for _, _, scheduled_at in jobs(queued)} == {None}


@pytest.mark.parametrize("kind", ["postgresql"])
def test_the_product_runs_on_two_workers_at_once(bench: Any) -> None:
    """From sign-ups at the source to texts, each sent once, with nothing but ticks."""
    bench.set_up()
    bench.source.log = [bench.submission(person) for person in range(12)]
    engines = [DistributedEngine(bench.core.database, SystemClock(), print) for _ in range(2)]
    for engine in engines:
        engine.prepare()
        register_drains(engine, bench.core)

    async def run() -> None:
        stories = [playing(engine, until(lambda: len(bench.channel.accepted) >= 12)) for engine in engines]
        await asyncio.gather(*stories)

    asyncio.run(run())
    with bench.core.database.engine.begin() as tx:
        tx.exec_driver_sql("DELETE FROM procrastinate_jobs")

    assert sorted(text.phone for text in bench.channel.accepted) == sorted(phone(person) for person in range(12))
    assert set(bench.states()) == {("sent", None)}


def test_a_key_goes_to_the_worker_that_has_less_in_hand(queued: Database) -> None:
    """A drain may take long and stays where it is: with a worker that is busy, an idle one's core would be no use."""
    busy, idle = (DistributedEngine(queued, SystemClock(), print, yield_seconds=SOON) for _ in range(2))
    took: list[str] = []
    over = asyncio.Event()

    async def long(key: str, _until: datetime) -> bool:
        took.append(f"busy {key}")
        await over.wait()
        return False

    async def short(key: str, _until: datetime) -> bool:
        took.append(f"idle {key}")
        return False

    async def wake(key: int) -> None:
        await asyncio.to_thread(busy.wake, "work", str(key))
        await until(lambda: len(took) == key + 1)

    async def both() -> None:
        await until(lambda: _workers(queued) == 2)
        for key in range(1, 9):
            await wake(key)
        over.set()

    async def story() -> None:
        await wake(0)
        await playing(idle, both())

    busy.register("work", long)
    idle.register("work", short)
    asyncio.run(playing(busy, story()))

    assert took == ["busy 0", *(f"idle {key}" for key in range(1, 9))]


def _workers(database: Database) -> int:
    return int(database.read(lambda tx: tx.exec_driver_sql("SELECT count(*) FROM procrastinate_workers").scalar_one()))


def test_a_worker_waits_for_others_no_longer_than_until_it_is_done(queued: Database) -> None:
    """Short work is done as quickly as ever."""
    engine = DistributedEngine(queued, SystemClock(), print, yield_seconds=10 * SOON)
    log: list[str] = []
    over = asyncio.Event()

    async def drain(key: str, _until: datetime) -> bool:
        log.append(f"{key} begins")
        await over.wait()
        log.append(f"{key} ends")
        return False

    async def story() -> None:
        await until(lambda: log == ["a begins"])
        engine.wake("work", "b")
        over.set()
        await until(lambda: len(log) == 4)

    engine.register("work", drain)
    engine.wake("work", "a")
    asyncio.run(playing(engine, story()))

    assert log == ["a begins", "a ends", "b begins", "b ends"]
