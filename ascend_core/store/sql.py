"""Pieces of SQL that both databases need in their own words."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import TextClause, text
from sqlalchemy.engine import Connection

__all__ = ["given", "given_rows", "written"]


@lru_cache(maxsize=1_024)
def written(statement: str) -> TextClause:
    """A *statement* as the database's driver wants it. Made once: looking for its parameters costs as much as many run.

    Values travel beside it, so that there are few of them.
    """
    return text(statement)


def given(of: Connection | str) -> str:
    """A subquery that yields the numbers of the JSON array ``:ids``."""
    if _kind(of) == "sqlite":
        return "SELECT value FROM json_each(:ids)"
    return "SELECT CAST(item.value AS bigint) FROM jsonb_array_elements(CAST(:ids AS jsonb)) AS item"


def given_rows(of: Connection | str, names: str) -> str:
    """A subquery that yields the rows of the JSON array of arrays of numbers ``:rows``, with these column *names*."""
    columns = enumerate(names.split())
    if _kind(of) == "sqlite":
        picked = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in columns)
        return f"SELECT {picked} FROM json_each(:rows)"  # noqa: S608 -- our own names
    picked = ", ".join(f"CAST(item.value->>{place} AS bigint) AS {name}" for place, name in columns)
    return f"SELECT {picked} FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS item"  # noqa: S608 -- our own names


def _kind(of: Connection | str) -> str:
    return of if isinstance(of, str) else of.dialect.name
