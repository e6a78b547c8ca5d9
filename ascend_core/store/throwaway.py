"""Databases for one rehearsal: the newest tables in memory, made in a millisecond from a copy kept for that."""

from __future__ import annotations

from functools import cache
from typing import Any

from ascend_core.store.database import Database, open_in_memory
from ascend_core.store.schema import upgrade_schema

__all__ = ["throwaway_database"]


def throwaway_database() -> Database:
    """A database with every table and no row; nothing of it is left once it is closed."""
    fresh = open_in_memory()
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
