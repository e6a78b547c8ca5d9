"""How much the drains of this process did, and how long it took them. In memory: whoever reads it keeps the history."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from attrs import define, evolve, field, frozen

from ascend_core.contracts import Clock
from ascend_core.runtime.engine import Drain

__all__ = ["Meter", "Meters", "metered"]


@frozen(kw_only=True)
class Meter:
    """What drains of one kind did since the process began."""

    drains: int = 0
    failed: int = 0
    """Of these, those that ended with an error."""
    seconds: float = 0.0
    batches: int = 0
    """Transactions, or rounds of one account."""
    items: int = 0
    """What was done in all batches: texts, timers, submissions."""


@define
class Meters:
    """By kind. Any thread may read and write."""

    _by_kind: dict[str, Meter] = field(factory=dict, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def drained(self, kind: str, seconds: float, *, failed: bool) -> None:
        """A drain ended."""
        self._change(
            kind,
            lambda meter: evolve(
                meter, drains=meter.drains + 1, failed=meter.failed + failed, seconds=meter.seconds + seconds
            ),
        )

    def batch(self, kind: str, items: int) -> None:
        """A batch was done; one without items is none."""
        if items:
            self._change(kind, lambda meter: evolve(meter, batches=meter.batches + 1, items=meter.items + items))

    def read(self) -> dict[str, Meter]:
        """As it stands, by kind."""
        with self._lock:
            return dict(sorted(self._by_kind.items()))

    def _change(self, kind: str, change: Callable[[Meter], Meter]) -> None:
        with self._lock:
            self._by_kind[kind] = change(self._by_kind.get(kind, Meter()))


def metered(kind: str, drain: Drain, meters: Meters, clock: Clock) -> Drain:
    """*drain*, with its length told to *meters*."""

    async def run(key: str, until: datetime) -> bool:
        begun, failed = clock.monotonic(), True
        try:
            left = await drain(key, until)
            failed = False
            return left
        finally:
            meters.drained(kind, clock.monotonic() - begun, failed=failed)

    return run
