"""Addresses of visitors, hashed with this month's key as soon as they are seen; an address itself is never kept."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from hashlib import blake2b

from ascend_core.errors import AscendError
from ascend_core.operations.core import Core
from ascend_core.operations.ip_keys import ip_key, month_of

__all__ = ["ASKING", "IpHashes"]

HASH_BYTES = 8
ASK_AGAIN_AFTER = timedelta(minutes=1)
"""When the database did not give the month's key."""
ASKING = "ip-key"
"""The name of the thread that asks for it: visitors do not wait for a database that is locked."""


class IpHashes:
    """Hashes addresses. While the database does not give this month's key, there are no hashes, and nobody waits."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._key = b""
        self._asking = False
        self._ask_at = core.clock.now()
        self._ask(self._ask_at)

    def hash_of(self, address: str, now: datetime) -> int | None:
        """A signed 64-bit number for *address* that means nothing once the month's key is destroyed."""
        if now >= self._ask_at and not self._asking:
            self._asking, self._key = True, b""
            threading.Thread(target=self._ask, args=(now,), name=ASKING, daemon=True).start()
        key = self._key
        if not address or not key:
            return None
        return int.from_bytes(blake2b(address.encode(), key=key, digest_size=HASH_BYTES).digest(), signed=True)

    def _ask(self, now: datetime) -> None:
        try:
            key = ip_key(self._core, now)
        except AscendError:
            self._ask_at = now + ASK_AGAIN_AFTER
        else:
            _, self._ask_at = month_of(now)
            self._key = key
        finally:
            self._asking = False
