"""The keys that visitors' addresses are hashed with: one a month; old ones are destroyed, hashes go after 30 days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ascend_core.operations.core import Core
from ascend_core.store.database import Tx
from ascend_core.store.ip_keys import add_ip_key, destroy_ip_keys, drop_ip_hashes, ip_keys

__all__ = ["HASHES_KEPT", "forget_addresses", "ip_key", "month_of"]

HASHES_KEPT = timedelta(days=30)

KEY_CHARACTERS = 43
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
"""43 characters of 64 hold 256 bits."""


def month_of(now: datetime) -> tuple[int, datetime]:
    """The number of the month (``202605``), and when the next one begins."""
    year, month = divmod(now.year * 12 + now.month, 12)
    return now.year * 100 + now.month, datetime(year, month + 1, 1, tzinfo=UTC)


def ip_key(core: Core, now: datetime) -> bytes:
    """This month's key; made when it is asked for first, by whichever process. Raises DatabaseProblem."""
    month, _ = month_of(now)
    key = core.database.read(ip_keys).get(month)
    if key is None:
        fresh = core.randomness.token(KEY_CHARACTERS, _ALPHABET)
        key = core.database.write(lambda tx: add_ip_key(tx, month, fresh))
    return key.encode()


def forget_addresses(core: Core) -> int:
    """Destroy the keys of past months, and drop hashes that are old. Returns how many hashes went."""
    now = core.clock.now()
    month, _ = month_of(now)

    def work(tx: Tx) -> int:
        destroy_ip_keys(tx, before=month)
        return drop_ip_hashes(tx, before=now - HASHES_KEPT)

    return core.database.write(work)
