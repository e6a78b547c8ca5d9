"""Databases for one rehearsal: the newest tables in memory, made in a millisecond from a copy kept for that."""

from __future__ import annotations

from functools import cache
from typing import Any

from ascend_core.store.database import Database, open_in_memory
from ascend_core.store.schema import upgrade_schema

__all__ = ["throwaway_database"]

_FREE: list[_Throwaway] = []
"""Closed ones, to be used again: their engines know the product's statements already, which is most of the work."""


class _Throwaway(Database):
    """Closing it gives it back; what was in it is overwritten when the next rehearsal gets it."""

    def close(self) -> None:
        _FREE.append(self)


def throwaway_database() -> Database:
    """A database with every table and no row, yours until you close it; nothing of it is left then."""
    fresh = _FREE.pop() if _FREE else _Throwaway(open_in_memory().engine)
    _connection(_template()).backup(_connection(fresh))
    return fresh


@cache
def _template() -> Database:
    """Migrated once: the migrations take a hundred times as long as a copy of what they make."""
    database = open_in_memory()
    upgrade_schema(database)
    return database


def _connection(database: Database) -> Any:
    return database.engine.raw_connection().driver_connection
