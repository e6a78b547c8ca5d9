"""From rows to values: a record is an attrs class whose fields are named like the columns they come from."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import lru_cache
from typing import Any, TypeVar, cast

import attrs
from sqlalchemy import Select, select
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import table_of
from ascend_core.store.tables import CoreRow

__all__ = ["columns_of", "fetch", "pairs", "pick"]

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
    return [record(**row) for row in tx.execute(statement, values).mappings()]


def pairs(result: Iterable[Any]) -> dict[Any, Any]:
    """The rows of a result with two columns, the first being unique, as a dict."""
    return {row[0]: row[1] for row in result}
