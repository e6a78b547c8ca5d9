"""The rate limit: so many requests a second for each address they come from."""

from __future__ import annotations

from collections import defaultdict, deque

from ascend_core.contracts.clock import Clock

__all__ = ["RateLimiter"]

_READS_PER_SECOND = 15
_WRITES_PER_SECOND = 5
# Both: Mobilize's API documentation, "Rate limiting".
_WINDOW_SECONDS = 1.0


class RateLimiter:
    """Counts requests over the last second of the clock that never goes back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._passed: defaultdict[tuple[str, bool], deque[float]] = defaultdict(deque)

    def admits(self, address: str, method: str) -> bool:
        """Whether one more request from *address* may pass now; only those that pass are counted."""
        writes = method not in {"GET", "HEAD", "OPTIONS"}
        passed, now = self._passed[address, writes], self._clock.monotonic()
        while passed and now - passed[0] >= _WINDOW_SECONDS:
            passed.popleft()
        if len(passed) >= (_WRITES_PER_SECOND if writes else _READS_PER_SECOND):
            return False
        passed.append(now)
        return True
