"""What the store keeps about itself."""

from __future__ import annotations

from sqlmodel import Field

from ascend_core.store.tables.rows import CoreRow
from ascend_core.store.types import Key

__all__ = ["IdCounter"]


class IdCounter(CoreRow, table=True):
    """The next free id per table, on SQLite (PostgreSQL has sequences)."""

    __tablename__ = "id_counter"

    name: str = Field(primary_key=True)
    next_id: int = Field(sa_type=Key)
