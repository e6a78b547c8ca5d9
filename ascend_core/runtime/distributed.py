"""The distributed engine: Procrastinate on PostgreSQL, for as many workers on as many machines as wanted.

It decides who drains which key, and when; nothing else. A job is one wake of one key: its ``lock`` lets one drain of a
key run at a time, its ``queueing_lock`` makes waking coalesce, and a finished job is deleted. Losing all jobs loses
nothing, because the tick wakes whatever is due again. Five things about it are not as its documentation advises:

* A job of a worker that died is *finished* by the reaper, never retried: the retry would collide with the wake that
  waits for the same key already, for ever.
* No job is ever scheduled for later: timers are rows of ours.
* Its worker ends when one of its connections breaks. It is begun again until the engine is asked to stop.
* Its worker lives on when it could not say that a job is over. Ours ends then, so that the reaper frees the key.
* Its worker takes as much as it may at once, be the next one idle. One that has drains in hand lets one that has fewer
  go first: a drain may take long, and stays where it is.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job
from procrastinate.jobs import Status as JobStatus
from procrastinate.manager import JobManager

from ascend_core.contracts import Clock
from ascend_core.operations.turns import take_period
from ascend_core.runtime.engine import Drain, Tell, Tick, Trouble
from ascend_core.runtime.engine_tables import make_engine_tables
from ascend_core.store.database import Database, Tx
from ascend_core.store.outside import driver_of, savepoint, waits_already

__all__ = ["DistributedEngine"]

LEASE = timedelta(seconds=30)
"""How long one drain may go on before others get their turn."""

HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 8.0
"""A worker that was silent for so long is dead, and its keys are free: within ten seconds they are taken over."""

POLL_SECONDS = 1.0
"""A wake is heard at once by LISTEN; this often it is looked for besides."""

YIELD_SECONDS = 0.02
"""How long a worker waits, for each drain it has in hand, before it takes one more: an idle one needs a part of that to
hear of a wake and to take it. It waits no longer than until one of its own is over.
"""

FAILED_PAUSE_SECONDS = 5.0
"""After a drain that failed, or a lost connection."""

LOOKS_A_PERIOD = 4
"""How often each worker looks whether a period is over that nobody has taken yet."""

LAST_SECONDS = 20.0
"""How long ``stop`` waits for the drains in hand: service managers kill after 30 or more."""

TASK = "ascend.drain"


class DistributedEngine:
    """One worker of a cluster.

    Drains and ticks run on the loop of ``run``; heartbeats have a thread of their own, so that no drain delays them.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        report: Tell,
        *,
        at_once: int = 8,
        last_seconds: float = LAST_SECONDS,
        yield_seconds: float = YIELD_SECONDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._report = report
        self._at_once = at_once
        self._last_seconds = last_seconds
        self._drains: dict[str, Drain] = {}
        self._ticks: list[tuple[str | None, float, Tick]] = []
        self._app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=database.conninfo))
        self._in_hand: set[asyncio.Future[None]] = set()
        self._stopping = threading.Event()
        self._app.job_manager = _Jobs(self._app.connector, self._in_hand, self._stopping, yield_seconds)
        self._app.task(name=TASK)(self._run_job)
        # wakes go through our own connections, in whatever thread: they need an app that is never opened
        waking = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=database.conninfo))
        self._waking = waking.task(name=TASK)(self._run_job)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._worker_loop: asyncio.AbstractEventLoop | None = None
        self._running: asyncio.Task[Any] | None = None

    def prepare(self) -> None:
        """Make the engine's own tables where they are missing; the worker that is first makes them.

        Raises WrongDatabaseVersion when they are of another version of its library.
        """
        make_engine_tables(self._database)

    def register(self, kind: str, drain: Drain) -> None:
        self._drains[kind] = drain

    def every(self, seconds: float, tick: Tick) -> None:
        self._ticks.append((f"tick {len(self._ticks)}", seconds, tick))

    def each(self, seconds: float, tick: Tick) -> None:
        self._ticks.append((None, seconds, tick))

    def wake(self, kind: str, key: str, tx: Tx | None = None) -> None:
        if tx is None:
            self._database.write(lambda own: self._defer(kind, key, own))
        else:
            self._defer(kind, key, tx)

    def _defer(self, kind: str, key: str, tx: Tx) -> None:
        name = f"{kind} {key}"
        if waits_already(tx, name):
            return  # two wakes are one
        job = self._waking.configure(lock=name, queueing_lock=name, connection=driver_of(tx))
        try:
            with savepoint(tx):
                job.defer(kind=kind, key=key)
        except (AlreadyEnqueued, ConnectorException):
            pass  # another was quicker; or it cannot be said now, and the tick finds it: the data's transaction goes on

    def stop(self) -> None:
        self._stopping.set()
        loop, running = self._worker_loop, self._running
        if loop is not None and running is not None and not loop.is_closed():
            loop.call_soon_threadsafe(running.cancel)

    @property
    def is_ending(self) -> bool:
        return self._stopping.is_set()

    async def run(self) -> None:
        self.prepare()
        self._loop = asyncio.get_running_loop()
        ticks = [asyncio.create_task(self._tick(*each)) for each in self._ticks]
        try:
            await asyncio.to_thread(lambda: asyncio.run(self._work()))
        finally:
            self.stop()  # whatever ended this loop, no job is taken that nobody would do
            for tick in ticks:
                tick.cancel()
            await asyncio.gather(*ticks, return_exceptions=True)

    # on the loop of run

    async def _tick(self, name: str | None, seconds: float, tick: Tick) -> None:
        while True:
            if await self._fenced("tick.failed", self._tick_once(name, seconds, tick)) is None:
                await self._clock.sleep(FAILED_PAUSE_SECONDS)
            await self._clock.sleep(seconds if name is None else seconds / LOOKS_A_PERIOD)

    async def _tick_once(self, name: str | None, seconds: float, tick: Tick) -> bool:
        if name is None or take_period(self._database, name, seconds):
            await tick()
        return True

    async def _drain(self, kind: str, key: str) -> None:
        left = await self._fenced(
            "drain.failed", self._drains[kind](key, self._clock.now() + LEASE), kind=kind, key=key
        )
        if left is None and not self._stopping.is_set():
            await self._clock.sleep(FAILED_PAUSE_SECONDS)
        if left:
            self.wake(kind, key)

    async def _fenced(self, event: str, work: Awaitable[Any], **fields: object) -> bool | None:
        try:
            return bool(await work)
        except Exception as error:  # noqa: BLE001 -- a fence: one failing drain must not stop the others
            self._report(Trouble(event=event, fields=fields, error=error))
            return None

    # on the loop of the worker's thread

    async def _work(self) -> None:
        self._worker_loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            self._running = asyncio.create_task(self._work_once())
            if self._stopping.is_set():
                self._running.cancel()  # it was asked to stop in this moment
            try:
                await self._running
            except asyncio.CancelledError:
                return
            except Exception as error:  # noqa: BLE001 -- a fence: a database that restarts must not end the worker
                self._report(Trouble(event="engine.begun_again", error=error))
            self._running = asyncio.create_task(self._clock.sleep(FAILED_PAUSE_SECONDS))
            with suppress(asyncio.CancelledError):
                await self._running

    async def _work_once(self) -> None:
        async with self._app.open_async():
            over = asyncio.Event()
            reaper = asyncio.create_task(self._reap(over))
            try:
                await self._app.run_worker_async(
                    concurrency=self._at_once,
                    install_signal_handlers=False,
                    delete_jobs="always",
                    fetch_job_polling_interval=POLL_SECONDS,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS,
                    shutdown_graceful_timeout=self._last_seconds,
                )
            finally:
                over.set()  # its connection pool may keep the cancellation to itself
                reaper.cancel()

    async def _reap(self, over: asyncio.Event) -> None:
        """Free the keys of workers that died. Their jobs are finished: the tick wakes what is due again."""
        while not over.is_set():
            await self._clock.sleep(HEARTBEAT_SECONDS)
            await self._fenced("reaper.failed", self._reap_once())  # else no key would ever be freed again

    async def _reap_once(self) -> None:
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
            if job.id is not None:
                with suppress(ConnectorException):  # another worker was quicker
                    await manager.finish_job_by_id_async(job.id, JobStatus.FAILED, delete_job=True)

    async def _run_job(self, kind: str, key: str) -> None:
        if self._loop is None:
            raise AssertionError("a job runs while the engine does")
        drain = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._drain(kind, key), self._loop))
        self._in_hand.add(drain)
        drain.add_done_callback(self._in_hand.discard)
        await drain


class _Jobs(JobManager):
    """Takes a job after a moment for every drain that this worker has *in_hand*, or when one of them is over; none
    once it is *ending*: it may be asked to while it waits.

    When it could not be written down that a job is over, the worker ends and is begun again. The job would be taken for
    one in hand for as long as the worker lives, and nobody would drain its key.
    """

    def __init__(
        self, connector: Any, in_hand: set[asyncio.Future[None]], ending: threading.Event, yield_seconds: float
    ) -> None:
        super().__init__(connector)
        self._in_hand = in_hand
        self._ending = ending
        self._yield_seconds = yield_seconds
        self._unfinished: Exception | None = None

    async def register_worker(self) -> int:
        self._unfinished = None  # what a worker left that ended since is free by that
        return await super().register_worker()

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        if self._in_hand:
            most = self._yield_seconds * len(self._in_hand)
            await asyncio.wait(list(self._in_hand), timeout=most, return_when=asyncio.FIRST_COMPLETED)
        unfinished, self._unfinished = self._unfinished, None
        if unfinished is not None:
            raise unfinished
        return None if self._ending.is_set() else await super().fetch_job(queues, worker_id)

    async def finish_job(self, job: Job, status: JobStatus, delete_job: bool) -> None:
        try:
            await super().finish_job(job, status, delete_job)
        except Exception as error:
            self._unfinished = error
            raise
