"""What the store keeps about itself."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from ascend_core.store.tables.rows import CoreRow, at
from ascend_core.store.types import Key

__all__ = ["IdCounter", "RateBucket"]


class IdCounter(CoreRow, table=True):
    """The next free id per table, on SQLite (PostgreSQL has sequences)."""

    __tablename__ = "id_counter"

    name: str = Field(primary_key=True)
    next_id: int = Field(sa_type=Key)


class RateBucket(CoreRow, table=True):
    """What is left of something that may be done only so often (see ``engine.buckets``)."""

    __tablename__ = "rate_bucket"

    name: str = Field(primary_key=True)
    full_at: datetime = at()
    paused_until: datetime | None = at(null=True)
