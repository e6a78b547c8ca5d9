"""The port to whatever runs the work: the embedded loop, or a task engine over several machines.

Rows are the truth. An engine only decides who drains which key, and when; losing every wake loses nothing, because
a tick looks at what is due and wakes it again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from ascend_core.errors import AscendError
from ascend_core.store.database import Tx

__all__ = ["Drain", "Engine", "Tell", "Tick", "Trouble"]

Drain = Callable[[str, datetime], Awaitable[bool]]
"""Works on one key until nothing is left or the time is up; True: work is left."""

Tick = Callable[[], Awaitable[None]]


@frozen(kw_only=True)
class Trouble:
    """Something failed and was survived. As a text it is one sentence."""

    event: str
    """Its name in the log: ``drain.failed``."""
    fields: Mapping[str, object] = field(factory=dict)
    error: BaseException | None = None

    def __str__(self) -> str:
        """An error that is not ours is told by its type alone: its message may quote what people wrote."""
        parts = [self.event, *(f"{name}={value}" for name, value in self.fields.items())]
        if self.error is not None:
            parts.append(str(self.error) if isinstance(self.error, AscendError) else type(self.error).__name__)
        return " ".join(parts)


Tell = Callable[[Trouble], None]
"""Hears that something failed."""


class Engine(Protocol):
    """One drain runs per (kind, key) at a time; wakes of a key that waits already are one wake."""

    def register(self, kind: str, drain: Drain) -> None:
        """Say how keys of *kind* are drained."""
        ...

    def every(self, seconds: float, tick: Tick) -> None:
        """Call *tick* once per period, over all workers of the engine together."""
        ...

    def each(self, seconds: float, tick: Tick) -> None:
        """Call *tick* once per period in every worker."""
        ...

    def wake(self, kind: str, key: str, tx: Tx | None = None) -> None:
        """A hint that *key* has work. May be called from any thread.

        *tx*: the hint belongs to this transaction. An engine that keeps its wakes keeps it if and when that commits;
        one that does not may look too early, and looks again at its next tick.
        """
        ...

    async def run(self) -> None:
        """Work until ``stop``; then finish the drains in hand."""
        ...

    def stop(self) -> None:
        """Ask ``run`` to end. May be called from any thread."""
        ...

    @property
    def is_ending(self) -> bool:
        """Whether it was asked to end: a drain then finishes what it has in hand, begins nothing more, and says that
        work is left.
        """
        ...
