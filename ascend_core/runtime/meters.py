"""How much the drains of this process did, how long it took them, and what it cost the database. In memory: whoever
reads it keeps the history.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from datetime import datetime

from attrs import define, field

from ascend_core.calls.spans import span
from ascend_core.contracts import Clock
from ascend_core.runtime.engine import Drain
from ascend_core.runtime.logs import log_named
from ascend_core.store.counting import counted

__all__ = ["Histogram", "Meter", "Meters", "metered"]

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
ITEMS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000, 20_000)
STATEMENTS = (5, 10, 20, 50, 100, 200, 500, 1_000, 5_000)

_LOG = log_named("drains")


@define
class Histogram:
    """Values by size: how many are no larger than each of *bounds*, and how many are larger than all."""

    bounds: Sequence[float]
    counts: list[int] = field(init=False)
    total: float = 0.0

    def __attrs_post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def note(self, value: float) -> None:
        """One more."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.counts)


@define
class Meter:
    """What drains of one kind did since the process began."""

    seconds: Histogram = field(factory=lambda: Histogram(SECONDS))
    """A drain each."""
    statements: Histogram = field(factory=lambda: Histogram(STATEMENTS))
    """A drain each."""
    batch: Histogram = field(factory=lambda: Histogram(ITEMS))
    """What was done at once, in a transaction or a round of one account: texts, timers, submissions."""
    failed: int = 0
    """Drains that ended with an error."""


@define
class _Tally:
    """What one drain did."""

    items: int = 0
    batches: int = 0


_TALLY: ContextVar[_Tally | None] = ContextVar("tally of the drain", default=None)


@define
class Meters:
    """By kind. Any thread may read and write."""

    _by_kind: dict[str, Meter] = field(factory=dict, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def drained(self, kind: str, seconds: float, statements: int = 0, *, failed: bool) -> None:
        """A drain ended."""
        with self._changed(kind) as meter:
            meter.seconds.note(seconds)
            meter.statements.note(statements)
            meter.failed += failed

    def batch(self, kind: str, items: int) -> None:
        """A batch was done; one without items is none."""
        if not items:
            return
        tally = _TALLY.get()
        if tally is not None:
            tally.items += items
            tally.batches += 1
        with self._changed(kind) as meter:
            meter.batch.note(items)

    def read(self) -> dict[str, Meter]:
        """As it stands, by kind."""
        with self._lock:
            return deepcopy(dict(sorted(self._by_kind.items())))

    @contextmanager
    def _changed(self, kind: str) -> Iterator[Meter]:
        with self._lock:
            yield self._by_kind.setdefault(kind, Meter())


def metered(kind: str, drain: Drain, meters: Meters, clock: Clock) -> Drain:
    """*drain*, with what it did told to *meters*, to the log, and to whoever traces. Its failure is told by the engine.

    In the log it is worth more than a word of debugging only where something was done.
    """

    async def run(key: str, until: datetime) -> bool:
        begun, failed, tally = clock.monotonic(), True, _Tally()
        token = _TALLY.set(tally)
        with counted() as statements, span("drain", kind=kind, key=key) as traced:
            try:
                left = await drain(key, until)
                failed = False
            finally:
                _TALLY.reset(token)
                seconds = clock.monotonic() - begun
                meters.drained(kind, seconds, statements.count, failed=failed)
                done = {"items": tally.items, "batches": tally.batches, "statements": statements.count}
                traced(**done)
            say = _LOG.info if tally.items else _LOG.debug
            say("drain.done", kind=kind, key=key, seconds=round(seconds, 3), **done, left=left)
            return left

    return run
