"""From rows to values: a record is a class whose fields are named like the columns they come from.

Statements of hot paths are built once, with places for their values: building one takes longer than running it.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import BindParameter, Boolean, ColumnElement, Dialect, Select, String, bindparam, select
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from ascend_core.store.bulk import field_names, table_of
from ascend_core.store.bulk_values import as_document
from ascend_core.store.tables import CoreRow

__all__ = ["among", "columns_of", "fetch", "fetch_by", "pairs", "pick", "value_of"]

R = TypeVar("R")


@lru_cache(maxsize=128)
def columns_of(record: Hashable, row_type: type[CoreRow]) -> tuple[Any, ...]:
    """The columns of *row_type* that *record* has fields for."""
    table = table_of(row_type)
    return tuple(table.c[name] for name in field_names(cast("Any", record)) if name in table.c)


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
    """Whether *column*, of numbers or texts, is one of the values that go in the place called *name*."""
    return _Among(column, bindparam(name, type_=_Listed()))


class _Listed(TypeDecorator[Any]):
    """Many values as one, for SQLite: a statement with a place for each is written anew for each number of them."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return as_document(list(value))


class _Among(FunctionElement[bool]):
    """A column, and the place of the values it may have."""

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> Any:
        """Itself: SQLAlchemy would compare it with 1 on SQLite, where no index helps then."""
        return self


@compiles(_Among, "sqlite")
def _among_listed(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, values = element.clauses
    left, right = compiler.process(column, **how), compiler.process(values, **how)
    return f"{left} IN (SELECT value FROM json_each({right}))"  # noqa: S608 -- a place for the values


@compiles(_Among)
def _among_each(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, values = element.clauses
    each = bindparam(cast("BindParameter[Any]", values).key, type_=column.type, expanding=True)
    return f"({compiler.process(column.in_(each), **how)})"  # where nothing is wanted, it is two conditions


def pairs(result: Iterable[Any]) -> dict[Any, Any]:
    """The rows of a result with two columns, the first being unique, as a dict."""
    return {row[0]: row[1] for row in result}
