"""From rows to values: a record is an attrs class whose fields are named like the columns they come from.

Statements of hot paths are built once, with places for their values: building one takes longer than running it.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

import attrs
from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import table_of
from ascend_core.store.tables import CoreRow

__all__ = ["among", "columns_of", "fetch", "fetch_by", "pairs", "pick", "value_of"]

R = TypeVar("R")


@lru_cache(maxsize=128)
def columns_of(record: Hashable, row_type: type[CoreRow]) -> tuple[Any, ...]:
    """The columns of *row_type* that *record* has fields for."""
    table = table_of(row_type)
    return tuple(table.c[field.name] for field in attrs.fields(cast("Any", record)) if field.name in table.c)


def pick(record: type[Any], row_type: type[CoreRow], *more: Any) -> Select[Any]:
    """A SELECT of what *record* needs from *row_type*, and *more* columns named like its other fields."""
    return select(*columns_of(cast("Hashable", record), row_type), *more)


def fetch(tx: Connection, record: type[R], statement: Select[Any], **values: Any) -> list[R]:
    """Run *statement*, its parameters being *values*, and make a *record* of each row."""
    result = tx.execute(statement, values)
    names = tuple(result.keys())
    return [record(**dict(zip(names, row, strict=True))) for row in result]


def fetch_by(tx: Connection, record: type[R], row_type: type[CoreRow], column: str, wanted: Collection[Any]) -> list[R]:
    """A *record* of each row whose *column* is one of those *wanted*; where none is, nobody is asked."""
    if not wanted:
        return []
    return fetch(tx, record, _picked_by(cast("Hashable", record), row_type, column), wanted=sorted(wanted))


@cache
def _picked_by(record: Hashable, row_type: type[CoreRow], column: str) -> Select[Any]:
    return pick(cast("Any", record), row_type).where(among(table_of(row_type).c[column], "wanted"))


def value_of(column: ColumnElement[Any], name: str) -> BindParameter[Any]:
    """The place of a value of *column*'s kind in a statement that is built once; *name* is no column that is set."""
    return bindparam(name, type_=column.type)


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether *column* is one of the values that go in the place called *name*."""
    return column.in_(bindparam(name, type_=column.type, expanding=True))


def pairs(result: Iterable[Any]) -> dict[Any, Any]:
    """The rows of a result with two columns, the first being unique, as a dict."""
    return {row[0]: row[1] for row in result}
