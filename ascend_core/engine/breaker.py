"""A circuit breaker: who asks a server that does not answer stops asking, tries once after a while, and goes on when
that worked. Pure arithmetic; each wait is twice the last one, with a little chance so that not all come back at once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from attrs import evolve, frozen

from ascend_core.engine.waits import heeded, over

__all__ = ["Breaker", "BreakerState", "Patience"]

BreakerState = Literal["closed", "open", "half_open"]

MOST_DOUBLINGS = 10
"""Beyond it the wait is the longest anyway, and after days of failures the number would not fit into a float."""

JITTER = 0.1
"""By up to this share a wait is longer than its turn."""


@frozen(kw_only=True)
class Patience:
    """When a breaker opens, and for how long at first and at most."""

    opens_after: int
    """Failures in a row."""
    first_seconds: float
    longest_seconds: float


@frozen(kw_only=True)
class Breaker:
    """How a server has answered lately."""

    failures: int = 0
    """In a row; while it is open, each try counts once."""
    retry_at: datetime | None = None
    """Open until then."""

    def state(self, now: datetime) -> BreakerState:
        """``closed``: ask away; ``open``: do not; ``half_open``: try once."""
        if self.retry_at is None:
            return "closed"
        return "half_open" if over(self.retry_at, now) else "open"

    def failed(
        self, patience: Patience, now: datetime, *, chance: float, times: int = 1, after_seconds: float | None = None
    ) -> Breaker:
        """After it did not answer *times* times, all at once. *chance*: in [0, 1); *after_seconds*: the least wait."""
        opened = self.failures >= patience.opens_after
        failures = self.failures + 1 if opened else min(self.failures + times, patience.opens_after)
        if failures < patience.opens_after:
            return evolve(self, failures=failures)
        doublings = min(failures - patience.opens_after, MOST_DOUBLINGS)
        seconds = min(patience.longest_seconds, patience.first_seconds * 2**doublings) * (1 + JITTER * chance)
        return Breaker(failures=failures, retry_at=now + heeded(max(seconds, after_seconds or 0.0)))

    def trying(self, until: datetime) -> Breaker:
        """While it is tried: nobody else tries before *until*, even if whoever does dies."""
        return evolve(self, retry_at=until)
