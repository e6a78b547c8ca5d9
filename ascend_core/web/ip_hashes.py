"""Addresses of visitors, hashed with this month's key as soon as they are seen; an address itself is never kept."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from ascend_core.errors import AscendError
from ascend_core.operations.core import Core
from ascend_core.operations.ip_keys import ip_key, month_of

__all__ = ["IpHashes"]

HASH_BYTES = 8


class IpHashes:
    """Hashes addresses. While the database does not give this month's key, there are no hashes."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._key = b""
        self._ends_at: datetime | None = None
        self._refresh(core.clock.now())

    def hash_of(self, address: str, now: datetime) -> int | None:
        """A signed 64-bit number for *address* that means nothing once the month's key is destroyed."""
        if self._ends_at is None or now >= self._ends_at:
            self._refresh(now)
        if not address or not self._key:
            return None
        return int.from_bytes(blake2b(address.encode(), key=self._key, digest_size=HASH_BYTES).digest(), signed=True)

    def _refresh(self, now: datetime) -> None:
        _, self._ends_at = month_of(now)
        try:
            self._key = ip_key(self._core, now)
        except AscendError:
            self._key = b""
