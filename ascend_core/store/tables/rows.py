"""The root of the core's tables: its own registry, so that a plugin's tables never mix with them."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from ascend_core.store.types import Document, Instant, Key

__all__ = ["CoreRow", "at", "document", "ref", "row_id", "zero"]


class CoreRow(SQLModel, registry=registry()):
    """Every table of the core."""


def row_id() -> Any:
    """The primary key: reserved in blocks before rows are written (see ``store.ids``)."""
    return Field(default=None, primary_key=True, sa_type=Key)


def ref(table: str, *, index: bool = False, null: bool = False, primary: bool = False) -> Any:
    """The id of a row in *table*."""
    target = f"{table}.id"
    if primary:
        return Field(primary_key=True, index=index, sa_type=Key, foreign_key=target)
    if null:
        return Field(default=None, index=index, nullable=True, sa_type=Key, foreign_key=target)
    return Field(index=index, sa_type=Key, foreign_key=target)


def at(*, null: bool = False, index: bool = False) -> Any:
    """A time: aware, UTC."""
    if null:
        return Field(default=None, nullable=True, index=index, sa_type=Instant)
    return Field(index=index, sa_type=Instant)


def document() -> Any:
    """A small structured value."""
    return Field(sa_type=Document)


def zero() -> Any:
    """A number that begins at 0, in rows that were there before the column too."""
    return Field(default=0, sa_column_kwargs={"server_default": "0"})
