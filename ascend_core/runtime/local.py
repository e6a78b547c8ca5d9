"""The embedded engine: one loop in this process. It stores nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

from ascend_core.contracts import Clock
from ascend_core.runtime.engine import Drain, Tell, Tick, Trouble
from ascend_core.store.database import Tx

__all__ = ["LocalEngine"]

LEASE = timedelta(seconds=30)
"""How long one drain may go on before others get their turn."""

FAILED_PAUSE_SECONDS = 5.0
"""After a drain that failed, its key rests this long."""

LAST_SECONDS = 20.0
"""How long ``stop`` waits for the drains in hand: service managers kill after 30 or more."""

Work = Awaitable[Any]


class LocalEngine:
    """Runs drains as tasks of one event loop, one per key at a time."""

    def __init__(self, clock: Clock, report: Tell, *, last_seconds: float = LAST_SECONDS) -> None:
        self._clock = clock
        self._report = report
        self._last_seconds = last_seconds
        self._drains: dict[str, Drain] = {}
        self._ticks: list[tuple[float, Tick]] = []
        self._woken: set[tuple[str, str]] = set()
        self._busy: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._resting: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stirred = asyncio.Event()
        self._stopping = False

    def register(self, kind: str, drain: Drain) -> None:
        self._drains[kind] = drain

    def every(self, seconds: float, tick: Tick) -> None:
        self._ticks.append((seconds, tick))

    def each(self, seconds: float, tick: Tick) -> None:
        self.every(seconds, tick)  # it is the only worker

    def wake(self, kind: str, key: str, tx: Tx | None = None) -> None:
        self._woken.add((kind, key))
        self._stir()

    def stop(self) -> None:
        self._stopping = True
        self._stir()

    @property
    def is_ending(self) -> bool:
        return self._stopping

    def _stir(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._stirred.set)

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        tickers = [asyncio.create_task(self._tick(seconds, tick)) for seconds, tick in self._ticks]
        try:
            while not self._stopping:
                self._start_woken()
                await self._stirred.wait()
                self._stirred.clear()
        finally:
            await self._end([*tickers, *self._resting.values()], list(self._busy.values()))

    async def _end(self, idle: list[asyncio.Task[None]], busy: list[asyncio.Task[None]]) -> None:
        """Let the drains in hand finish; one that does not in time is given up, as if the process had been killed."""
        for task in idle:
            task.cancel()
        late = (await asyncio.wait(busy, timeout=self._last_seconds))[1] if busy else set()
        for task in late:
            task.cancel()
        if late:
            self._report(Trouble(event="drains.cut_off", fields={"drains": len(late)}))
        await asyncio.gather(*idle, *busy, return_exceptions=True)

    async def _tick(self, seconds: float, tick: Tick) -> None:
        while True:
            await self._fenced("tick.failed", tick())
            await self._clock.sleep(seconds)

    def _start_woken(self) -> None:
        for place in sorted(self._woken - set(self._busy) - set(self._resting)):
            self._woken.discard(place)
            self._busy[place] = asyncio.create_task(self._drain(*place))

    async def _drain(self, kind: str, key: str) -> None:
        until = self._clock.now() + LEASE
        left = await self._fenced("drain.failed", self._drains[kind](key, until), kind=kind, key=key)
        del self._busy[kind, key]
        if left is None and not self._stopping:
            self._resting[kind, key] = asyncio.create_task(self._rest(kind, key))
        if left:
            self._woken.add((kind, key))
        self._stirred.set()

    async def _rest(self, kind: str, key: str) -> None:
        await self._clock.sleep(FAILED_PAUSE_SECONDS)
        del self._resting[kind, key]
        self._stirred.set()

    async def _fenced(self, event: str, work: Work, **fields: object) -> bool | None:
        try:
            return bool(await work)
        except Exception as error:  # noqa: BLE001 -- a fence: one failing drain must not stop the others
            self._report(Trouble(event=event, fields=fields, error=error))
            return None
