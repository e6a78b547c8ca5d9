"""The port to whatever runs the work: the embedded loop, or a task engine over several machines.

Rows are the truth. An engine only decides who drains which key, and when; losing every wake loses nothing, because
a tick looks at what is due and wakes it again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

__all__ = ["Drain", "Engine", "Tick"]

Drain = Callable[[str, datetime], Awaitable[bool]]
"""Works on one key until nothing is left or the time is up; True: work is left."""

Tick = Callable[[], Awaitable[None]]


class Engine(Protocol):
    """One drain runs per (kind, key) at a time; wakes of a key that waits already are one wake."""

    def register(self, kind: str, drain: Drain) -> None:
        """Say how keys of *kind* are drained."""
        ...

    def every(self, seconds: float, tick: Tick) -> None:
        """Call *tick* once per period."""
        ...

    def wake(self, kind: str, key: str) -> None:
        """A hint that *key* has work. May be called from any thread."""
        ...

    async def run(self) -> None:
        """Work until ``stop``; then finish the drains in hand."""
        ...

    def stop(self) -> None:
        """Ask ``run`` to end. May be called from any thread."""
        ...
