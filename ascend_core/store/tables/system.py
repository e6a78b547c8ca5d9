"""What the store keeps about itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field

from ascend_core.store.tables.rows import CoreRow, at, document
from ascend_core.store.types import Key

__all__ = ["IdCounter", "RateBucket", "SealedSecret", "Setting", "Worker"]


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


class SealedSecret(CoreRow, table=True):
    """A secret that webhooks call for by its name; only the vault opens it."""

    __tablename__ = "sealed_secret"

    name: str = Field(primary_key=True)
    sealed: str
    changed_at: datetime = at()


class Setting(CoreRow, table=True):
    """A setting of the whole product that people change while it runs."""

    name: str = Field(primary_key=True)
    value: dict[str, Any] = document()


class Worker(CoreRow, table=True):
    """A process that does the work, and when it last said so."""

    name: str = Field(primary_key=True)
    started_at: datetime = at()
    seen_at: datetime = at()
