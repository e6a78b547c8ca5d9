"""A limit on guessing: whoever asks for many codes that do not exist is made to wait. Existing links have no limit."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv6Address

from ascend_core.contracts import Clock

__all__ = ["Misses"]

MOST_A_MINUTE = 30
"""By one visitor. Many people may share an address, and some copy links badly; a guesser needs millions."""
MOST_VISITORS = 10_000
"""Remembered at a time; beyond them all are forgotten, which only ever errs in their favour."""

_WINDOW_SECONDS = 60.0


class Misses:
    """Counts misses by visitor, in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[str, tuple[float, int]] = {}

    def are_too_many(self, visitor: str) -> bool:
        """Whether *visitor* has missed too often in this minute."""
        since, count = self._since.get(_network(visitor), (0.0, 0))
        return count >= MOST_A_MINUTE and self._clock.monotonic() - since < _WINDOW_SECONDS

    def note(self, visitor: str) -> None:
        """One more."""
        now, visitor = self._clock.monotonic(), _network(visitor)
        since, count = self._since.get(visitor, (now, 0))
        if len(self._since) >= MOST_VISITORS:
            self._since.clear()
        self._since[visitor] = (since, count + 1) if now - since < _WINDOW_SECONDS else (now, 1)


def _network(visitor: str) -> str:
    """Whoever has an IPv6 address has the 2^64 of its network too, so they are one visitor."""
    if ":" not in visitor:
        return visitor
    try:
        address = IPv6Address(visitor)
    except AddressValueError:
        return visitor
    mapped = address.ipv4_mapped
    return address.packed[:8].hex() if mapped is None else str(mapped)
