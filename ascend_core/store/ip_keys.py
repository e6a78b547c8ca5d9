"""What visitors' addresses were hashed with, and the hashes that are to be forgotten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, table_of
from ascend_core.store.reading import pairs
from ascend_core.store.tables import Click, IpKey

__all__ = ["add_ip_key", "destroy_ip_keys", "drop_ip_hashes", "ip_keys"]

_key = table_of(IpKey)
_click = table_of(Click)


def ip_keys(tx: Connection) -> dict[int, str]:
    """The keys there are, by month."""
    return pairs(tx.execute(select(_key.c.month, _key.c.key)))


def add_ip_key(tx: Connection, month: int, key: str) -> str:
    """Add a month's key unless it has one; the key it has."""
    insert_rows(tx, IpKey, [{"month": month, "key": key}], skip_known=True)
    return ip_keys(tx)[month]


def destroy_ip_keys(tx: Connection, *, before: int) -> None:
    """Delete the keys of months before that one."""
    tx.execute(delete(_key).where(_key.c.month < before))


def drop_ip_hashes(tx: Connection, *, before: datetime) -> int:
    """Forget the addresses of clicks before then; how many."""
    old = _click.c.ip_hash.is_not(None) & (_click.c.clicked_at < before)
    return tx.execute(update(_click).where(old).values(ip_hash=None)).rowcount
