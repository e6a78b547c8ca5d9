"""Many rows in one statement: a list of rows past SQLAlchemy's own on SQLite, one JSON batch on PostgreSQL.

Each is the quickest its driver has: on SQLite a JSON batch takes twice as long as rows of values, on PostgreSQL
``executemany`` is a round trip a row or a pipeline of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any, cast

import attrs
from msgspec import Struct
from msgspec.structs import astuple
from sqlalchemy import Table
from sqlalchemy.engine import Connection

from ascend_core.store.bulk_values import (
    Columns,
    as_batch,
    as_parameter,
    kept,
    postgresql_type,
    same_everywhere,
)
from ascend_core.store.sql import written
from ascend_core.store.tables import CoreRow

__all__ = [
    "ROWS_A_STATEMENT",
    "WORTH_LOOKING",
    "field_names",
    "insert_records",
    "insert_rows",
    "insert_values",
    "put_rows",
    "reserve_ids",
    "table_of",
    "update_records",
    "update_rows",
]

Row = Mapping[str, Any]

WORTH_LOOKING = 20
"""From so many rows on, looking for columns that are the same in all costs less than sending them again and again."""


def table_of(row_type: type[CoreRow]) -> Table:
    """The SQLAlchemy table behind a SQLModel class."""
    table: Table = row_type.__table__  # type: ignore[attr-defined]  # -- SQLModel adds it at run time
    return table


def insert_rows(tx: Connection, row_type: type[CoreRow], rows: Sequence[Row], *, skip_known: bool = False) -> int:
    """Insert *rows* (all with the same keys) and return how many were new.

    NUL and unpaired surrogates, which PostgreSQL does not take, become U+FFFD in every text, on both databases alike.
    *skip_known*: a row that a unique key says is there already is left as it is; without it, IntegrityError.
    """
    return _insert(tx, row_type, _columns(rows), tail=_SKIP_KNOWN if skip_known else "") if rows else 0


def insert_records(
    tx: Connection,
    row_type: type[CoreRow],
    records: Sequence[Any],
    *,
    skip_known: bool = False,
    **more: Sequence[Any],
) -> int:
    """The same with a row of each of *records*, values of one class whose fields are columns; *more* columns stand
    beside them.
    """
    if not records:
        return 0
    return _insert(tx, row_type, {**_columns_of(records), **more}, tail=_SKIP_KNOWN if skip_known else "")


def put_rows(tx: Connection, row_type: type[CoreRow], rows: Sequence[Row], *, by: Sequence[str]) -> None:
    """Insert *rows*, or give those that agree in the unique key *by* with one that is there its other values."""
    if rows:
        _insert(tx, row_type, _columns(rows), tail=_put_sql(tuple(rows[0]), tuple(by)))


def insert_values(
    tx: Connection, row_type: type[CoreRow], names: Sequence[str], rows: Sequence[tuple[int | str | None, ...]]
) -> None:
    """Insert *rows*, the values of the columns *names* as the database keeps them: a time in microseconds."""
    _insert(tx, row_type, dict(zip(names, zip(*rows, strict=True), strict=True)))


def update_rows(
    tx: Connection, row_type: type[CoreRow], rows: Sequence[Row], *, by: Sequence[str] = ("id",), only_if: str = ""
) -> int:
    """Set the values of *rows* (all with the same keys) on the rows that agree in *by*; return how many were found.

    *only_if*: a fixed SQL condition on the row as it is (``t.state = 'sending'``), so that a late writer loses.
    """
    return _update(tx, row_type, _columns(rows), tuple(by), only_if) if rows else 0


def update_records(tx: Connection, row_type: type[CoreRow], records: Sequence[Any]) -> int:
    """The same with a row of each of *records* (see ``insert_records``), by their ``id``."""
    return _update(tx, row_type, _columns_of(records), ("id",), "") if records else 0


def _update(tx: Connection, row_type: type[CoreRow], columns: Columns, by: tuple[str, ...], only_if: str) -> int:
    if tx.dialect.name == "sqlite":
        ordered = {name: columns[name] for name in (*(name for name in columns if name not in by), *by)}
        statement = _update_each_sql(row_type, tuple(ordered), by, only_if)
        return tx.exec_driver_sql(
            statement, list(zip(*kept(table_of(row_type), ordered).values(), strict=True))
        ).rowcount
    statement = _update_batch_sql(row_type, tuple(columns), by, only_if)
    return tx.execute(written(statement), {"rows": as_batch(columns)}).rowcount


def reserve_ids(tx: Connection, row_type: type[CoreRow], count: int) -> list[int]:
    """*count* ids that no other row of the table has or will have, ascending."""
    if not count:
        return []
    name = table_of(row_type).name
    if tx.dialect.name == "sqlite":
        statement = (
            "INSERT INTO id_counter(name, next_id) VALUES (:name, 1 + :count) "
            "ON CONFLICT(name) DO UPDATE SET next_id = next_id + :count RETURNING next_id"
        )
        end = int(tx.execute(written(statement), {"name": name, "count": count}).scalar_one())
        return list(range(end - count, end))
    statement = "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)"
    return sorted(int(row[0]) for row in tx.execute(written(statement), {"name": name, "count": count}))


def field_names(record: type[Any]) -> tuple[str, ...]:
    """What the fields of a record are called, in order: it is a msgspec Struct or an attrs class."""
    if issubclass(record, Struct):
        return record.__struct_fields__
    return tuple(each.name for each in attrs.fields(cast("Any", record)))


@lru_cache(maxsize=64)
def _fields(record: Hashable) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The names of a record's fields, two at least, and what takes their values out of one."""
    kind = cast("type[Any]", record)
    names = field_names(kind)
    return names, astuple if issubclass(kind, Struct) else attrgetter(*names)


def _columns_of(records: Sequence[Any]) -> Columns:
    names, values = _fields(cast("Hashable", type(records[0])))
    return dict(zip(names, zip(*map(values, records), strict=True), strict=True))


def _columns(rows: Sequence[Row]) -> Columns:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _insert(tx: Connection, row_type: type[CoreRow], columns: Columns, *, tail: str = "") -> int:
    if tx.dialect.name == "sqlite":
        return _insert_each(tx, row_type, columns, tail)
    same = same_everywhere(columns) if len(next(iter(columns.values()))) >= WORTH_LOOKING else {}
    varied = {name: values for name, values in columns.items() if name not in same}
    if not varied:
        same, varied = {}, dict(columns)
    given = {f"same_{place}": as_parameter(value) for place, value in enumerate(same.values())}
    given["rows"] = as_batch(varied)
    statement = _insert_batch_sql(row_type, tuple(varied), tuple(same), tail)
    return tx.execute(written(statement), given).rowcount


_SKIP_KNOWN = " ON CONFLICT DO NOTHING"


@lru_cache(maxsize=64)
def _put_sql(names: tuple[str, ...], by: tuple[str, ...]) -> str:
    changes = ", ".join(f"{_quoted(name)} = excluded.{_quoted(name)}" for name in names if name not in by)
    return f" ON CONFLICT ({', '.join(map(_quoted, by))}) DO UPDATE SET {changes}"


# SQLite


ROWS_A_STATEMENT = 1_000
"""Rows that go in by one statement where there are as many; fewer are one ``executemany``. The driver lets other
threads run, and waits for them, once a statement: with a row each, that costs more than the rows."""


def _insert_each(tx: Connection, row_type: type[CoreRow], columns: Columns, tail: str) -> int:
    count, table = len(next(iter(columns.values()))), table_of(row_type)
    same = same_everywhere(columns) if count >= WORTH_LOOKING else {}
    varied = kept(table, {name: values for name, values in columns.items() if name not in same} or columns)
    fixed = kept(table, {name: (value,) for name, value in same.items() if name not in varied})
    rows = list(zip(*varied.values(), strict=True))
    once, inserted, at = tuple(value for (value,) in fixed.values()), 0, 0
    while count - at >= ROWS_A_STATEMENT:
        statement = _insert_some_sql(table.name, tuple(fixed), tuple(varied), ROWS_A_STATEMENT, tail)
        given = (*once, *chain.from_iterable(rows[at : at + ROWS_A_STATEMENT]))
        inserted += tx.exec_driver_sql(statement, given).rowcount
        at += ROWS_A_STATEMENT
    if at < count:
        statement = _insert_some_sql(table.name, tuple(fixed), tuple(varied), 1, tail)
        inserted += tx.exec_driver_sql(statement, [(*once, *row) for row in rows[at:]]).rowcount
    return inserted


@lru_cache(maxsize=256)
def _insert_some_sql(table: str, fixed: tuple[str, ...], varied: tuple[str, ...], count: int, tail: str) -> str:
    """*count* rows at once: the values of the *fixed* columns first, once for all, then those of each row."""
    names = ", ".join(map(_quoted, (*fixed, *varied)))
    row = f"({', '.join('?' * len(varied))})"
    rows = f"VALUES {', '.join([row] * count)}"
    if fixed:
        picked = (*["?"] * len(fixed), *(f"column{place}" for place in range(1, len(varied) + 1)))
        # WHERE: a tail would read as that of a join
        rows = f"SELECT {', '.join(picked)} FROM ({rows}){' WHERE true' if tail else ''}"  # noqa: S608 -- as below
    return f"INSERT INTO {table} ({names}) {rows}{tail}"


@lru_cache(maxsize=256)
def _update_each_sql(row_type: type[CoreRow], names: tuple[str, ...], by: tuple[str, ...], only_if: str) -> str:
    """The values that are set come first, then those of *by*."""
    changes = ", ".join(f"{_quoted(name)} = ?" for name in names if name not in by)
    match = " AND ".join(f"t.{_quoted(name)} = ?" for name in by)
    return (
        f"UPDATE {table_of(row_type).name} AS t SET {changes} "  # noqa: S608 -- names are our own
        f"WHERE {match}{' AND ' + only_if if only_if else ''}"
    )


# PostgreSQL

_SOURCE = "jsonb_array_elements(CAST(:rows AS jsonb)) AS item(value)"


@lru_cache(maxsize=512)
def _insert_batch_sql(row_type: type[CoreRow], varied: tuple[str, ...], same: tuple[str, ...], tail: str) -> str:
    columns = ", ".join(map(_quoted, (*varied, *same)))
    picked = [_pick(row_type, name, place) for place, name in enumerate(varied)]
    picked += [f"CAST(:same_{place} AS {postgresql_type(table_of(row_type), name)})" for place, name in enumerate(same)]
    return f"INSERT INTO {table_of(row_type).name} ({columns}) SELECT {', '.join(picked)} FROM {_SOURCE}{tail}"  # noqa: S608 -- names are our own


@lru_cache(maxsize=256)
def _update_batch_sql(row_type: type[CoreRow], names: tuple[str, ...], by: tuple[str, ...], only_if: str) -> str:
    picked = ", ".join(f"{_pick(row_type, name, place)} AS {_quoted(name)}" for place, name in enumerate(names))
    changes = ", ".join(f"{_quoted(name)} = v.{_quoted(name)}" for name in names if name not in by)
    match = " AND ".join(f"t.{_quoted(name)} = v.{_quoted(name)}" for name in by)
    return (
        f"UPDATE {table_of(row_type).name} AS t SET {changes} "  # noqa: S608 -- names are our own
        f"FROM (SELECT {picked} FROM {_SOURCE}) AS v WHERE {match}{' AND ' + only_if if only_if else ''}"
    )


def _pick(row_type: type[CoreRow], name: str, place: int) -> str:
    kind = postgresql_type(table_of(row_type), name)
    return f"(value->{place})" if kind == "jsonb" else f"CAST(value->>{place} AS {kind})"


def _quoted(name: str) -> str:
    return f'"{name}"'
