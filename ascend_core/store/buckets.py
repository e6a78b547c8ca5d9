"""Token buckets that all workers share: one row each, its arithmetic in ``engine.buckets``.

Take in a transaction of your own: ``lock_bucket``, decide, ``save_bucket``. The row stays locked until the commit, so
that two workers never take the same tokens. *now* is the time all workers agree on (see ``database_now``).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.engine import Connection

from ascend_core.engine.buckets import Bucket
from ascend_core.store.bulk import insert_rows, table_of
from ascend_core.store.reading import fetch, pick
from ascend_core.store.tables import RateBucket
from ascend_core.store.types import from_micros

__all__ = ["database_now", "find_buckets", "lock_bucket", "save_bucket"]

_bucket = table_of(RateBucket)

_NOW = {
    "sqlite": "SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
    "postgresql": "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)",
}


def database_now(tx: Connection) -> datetime:
    """The time by the database's own clock, which is one for all workers."""
    return from_micros(int(tx.execute(text(_NOW[tx.dialect.name])).scalar_one()))


def lock_bucket(tx: Connection, name: str, now: datetime) -> Bucket:
    """The bucket of that name, held until the transaction ends. A new one is full."""
    found = select(_bucket.c.name, _bucket.c.full_at, _bucket.c.paused_until).where(_bucket.c.name == name)
    if tx.dialect.name == "postgresql":
        found = found.with_for_update()
    row = tx.execute(found).one_or_none()
    if row is None:
        insert_rows(tx, RateBucket, [{"name": name, "full_at": now}], skip_known=True)
        row = tx.execute(found).one()
    return Bucket(name=row.name, full_at=row.full_at, paused_until=row.paused_until)


def save_bucket(tx: Connection, bucket: Bucket) -> None:
    """Write a bucket that was locked in this transaction."""
    values = {"full_at": bucket.full_at, "paused_until": bucket.paused_until}
    tx.execute(update(_bucket).where(_bucket.c.name == bucket.name).values(**values))


def find_buckets(tx: Connection, names: Collection[str]) -> dict[str, Bucket]:
    """Buckets as they stand, not locked; those never used are not there."""
    found = fetch(tx, Bucket, pick(Bucket, RateBucket).where(_bucket.c.name.in_(sorted(names))))
    return {bucket.name: bucket for bucket in found}
