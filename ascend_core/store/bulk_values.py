"""How the values of many rows travel to each database, a column at a time: looking down a column is one call in C."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import JSON, BigInteger, Boolean, Float, Integer, String, Table
from sqlalchemy.types import TypeDecorator, TypeEngine

from ascend_core.store.types import to_micros

__all__ = [
    "Columns",
    "as_batch",
    "as_document",
    "as_parameter",
    "kept",
    "postgresql_type",
    "same_everywhere",
]

Columns = Mapping[str, Sequence[Any]]
"""The values of each column, row after row; all of one length."""

_Column = Sequence[Any]


# SQLite: a value each, as its driver takes them


def kept(table: Table, columns: Columns) -> Columns:
    """*columns* as SQLite keeps them."""
    kinds = _kinds(table)
    return {name: kinds[name](values) for name, values in columns.items()}


@lru_cache(maxsize=128)
def _kinds(table: Table) -> dict[str, Callable[[_Column], _Column]]:
    """What each column of a table makes of its values."""
    return {column.name: _KINDS[postgresql_type(table, column.name)] for column in table.columns}


def _numbers(values: _Column) -> _Column:
    """Times among them become microseconds; all at once where it is one moment in every row."""
    if datetime not in set(map(type, values)):
        return values
    first = values[0]
    if isinstance(first, datetime) and values.count(first) == len(values):
        return [to_micros(first)] * len(values)
    return [to_micros(value) if isinstance(value, datetime) else value for value in values]


def _plain(values: _Column) -> _Column:
    return values


def _texts(values: _Column) -> _Column:
    text = "".join(filter(None, values))
    if (text.isascii() and "\0" not in text) or not _NO_TEXT.search(text):
        return values
    return [_storable(value) for value in values]


def _documents(values: _Column) -> _Column:
    try:
        documents = [None if value is None else _json(value).decode() for value in values]
    except UnicodeEncodeError:  # half a character
        return [None if value is None else as_document(value) for value in values]
    if _NUL in "".join(filter(None, documents)):
        return [None if value is None else as_document(value) for value in values]
    return documents


_KINDS: Mapping[str, Callable[[_Column], _Column]] = {
    "bigint": _numbers,
    "integer": _plain,
    "double precision": _plain,
    "boolean": _plain,
    "text": _texts,
    "jsonb": _documents,
}


# PostgreSQL: what all rows share by itself, the rest in one JSON document


def as_batch(columns: Columns) -> str:
    """The rows of *columns* as a JSON list of lists."""
    return as_document(list(zip(*map(_numbers, columns.values()), strict=True)))


def same_everywhere(columns: Columns) -> dict[str, Any]:
    """The columns that hold the same in all rows: they travel once, beside the batch."""
    return {name: values[0] for name, values in columns.items() if _is_same(values)}


def _is_same(values: _Column) -> bool:
    """Documents are the same only where they are one: ``{"n": 1}`` and ``{"n": True}`` are equal, but not the same."""
    first = values[0]
    if isinstance(first, dict | list | tuple):
        return all(value is first for value in values)
    if values[-1] != first:  # as most columns that differ tell at once
        return False
    return values.count(first) == len(values) and len(set(map(type, values))) == 1


def as_parameter(value: Any) -> Any:
    """A value that travels by itself, as it comes out of a batch."""
    if isinstance(value, dict | list | tuple):
        return as_document(value)
    if isinstance(value, str):
        return _storable(value)
    return to_micros(value) if isinstance(value, datetime) else value


@lru_cache(maxsize=2_048)
def postgresql_type(table: Table, name: str) -> str:
    """What PostgreSQL calls the kind of values in the column *name*."""
    return _type_name(table.columns[name].type)


def _type_name(kind: TypeEngine[Any]) -> str:
    if isinstance(kind, TypeDecorator):
        return _type_name(kind.impl_instance)
    for known, name in _TYPE_NAMES:
        if isinstance(kind, known):
            return name
    raise AssertionError(f"no PostgreSQL type for {kind!r}")


_TYPE_NAMES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (Boolean, "boolean"),
    (BigInteger, "bigint"),
    (Integer, "integer"),
    (Float, "double precision"),
    (JSON, "jsonb"),
    (String, "text"),
)


# both


def as_document(value: Any) -> str:
    """*value*, in which there is no time, as JSON, without what PostgreSQL does not take."""
    try:
        document = _json(value).decode()
    except UnicodeEncodeError:  # half a character
        return _json(_storable(value)).decode()
    return _json(_storable(value)).decode() if _NUL in document else document


_json = msgspec.json.Encoder().encode


_NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""PostgreSQL takes neither; one such name must not hold up the page it came with."""

_NUL = r"\u0000"
"""As JSON escapes it; a quick look at the whole batch."""


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _NO_TEXT.sub("\ufffd", value)
    if isinstance(value, list | tuple):
        return [_storable(each) for each in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(each) for name, each in value.items()}
    return value
