"""Token buckets that all workers share: one row each, its arithmetic in ``engine.buckets``.

Take in a transaction of your own: ``lock_bucket``, decide, ``save_bucket``. The row stays locked until the commit, so
that two workers never take the same tokens. *now* is the time all workers agree on (see ``database_now``).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection

from ascend_core.engine.buckets import Bucket
from ascend_core.store.bulk import insert_rows, table_of, update_rows
from ascend_core.store.reading import fetch_by, value_of
from ascend_core.store.sql import written
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
    return from_micros(int(tx.execute(written(_NOW[tx.dialect.name])).scalar_one()))


def lock_bucket(tx: Connection, name: str, now: datetime) -> Bucket:
    """The bucket of that name, held until the transaction ends. A new one is full."""
    found, values = _one(lock=tx.dialect.name == "postgresql"), {"its_name": name}
    row = tx.execute(found, values).one_or_none()
    if row is None:
        insert_rows(tx, RateBucket, [{"name": name, "full_at": now}], skip_known=True)
        row = tx.execute(found, values).one()
    return Bucket(name=row.name, full_at=row.full_at, paused_until=row.paused_until)


@cache
def _one(*, lock: bool) -> Select[Any]:
    columns = (_bucket.c.name, _bucket.c.full_at, _bucket.c.paused_until)
    statement = select(*columns).where(_bucket.c.name == value_of(_bucket.c.name, "its_name"))
    return statement.with_for_update() if lock else statement


def save_bucket(tx: Connection, bucket: Bucket) -> None:
    """Write a bucket that was locked in this transaction."""
    row = {"name": bucket.name, "full_at": bucket.full_at, "paused_until": bucket.paused_until}
    update_rows(tx, RateBucket, [row], by=("name",))


def find_buckets(tx: Connection, names: Collection[str]) -> dict[str, Bucket]:
    """Buckets as they stand, not locked; those never used are not there."""
    return {bucket.name: bucket for bucket in fetch_by(tx, Bucket, RateBucket, "name", names)}
