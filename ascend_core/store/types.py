"""Column types that mean the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

__all__ = ["Document", "Instant", "Key", "from_micros", "to_micros"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)

Key = BigInteger().with_variant(Integer(), "sqlite")
"""Ids: 64 bits on PostgreSQL; on SQLite the row's own number, which is 64 bits too but must be called INTEGER."""

Document = JSON().with_variant(JSONB(), "postgresql")
"""Small structured values. Always an object or a list at the top, never a bare scalar."""


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970 (UTC). *moment* must be aware, else ValueError: a naive time is a bug."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone reached the store")
    return (moment - _EPOCH) // _MICRO


def from_micros(micros: int) -> datetime:
    """The aware UTC time of *micros* microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=micros)


class Instant(TypeDecorator[datetime]):
    """An aware UTC time, kept as a 64-bit count of microseconds.

    One integer sorts, compares, indexes and travels in JSON batches alike on both databases; PostgreSQL shows it
    with ``to_timestamp(due_at / 1e6)``, SQLite with ``datetime(due_at / 1e6, 'unixepoch')``.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_micros(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_micros(value)
