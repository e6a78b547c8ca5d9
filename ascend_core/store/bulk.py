"""Many rows in one statement with one parameter: a JSON batch (measured at 3 to 5 times ``executemany``)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Float, Integer, String, Table
from sqlalchemy.engine import Connection
from sqlalchemy.types import TypeDecorator, TypeEngine

from ascend_core.store.sql import written
from ascend_core.store.tables import CoreRow
from ascend_core.store.types import to_micros

__all__ = [
    "WORTH_LOOKING",
    "insert_rows",
    "insert_values",
    "reserve_ids",
    "returning_rows",
    "rows_of",
    "table_of",
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
    if not rows:
        return 0
    statement, given = _insertion(tx, row_type, rows, skip_known)
    return tx.execute(written(statement), given).rowcount


def insert_values(
    tx: Connection, row_type: type[CoreRow], names: Sequence[str], rows: Sequence[tuple[int | str | None, ...]]
) -> None:
    """Insert *rows*, the values of the columns *names*, where every microsecond of a row counts.

    What a column holds in all rows travels once, as in ``insert_rows``; here it is found by looking down the columns.
    """
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    same = [name for name in names[1:] if len(set(columns[name])) == 1]
    varied = [name for name in names if name not in same]
    given: dict[str, Any] = {
        f"same_{place}": _parameter(columns[name][0], tx.dialect.name) for place, name in enumerate(same)
    }
    given["rows"] = _batch(list(zip(*(columns[name] for name in varied), strict=True)))
    statement = _insert_sql(row_type, tuple(varied), tuple(same), tx.dialect.name, skip_known=False)
    tx.execute(written(statement), given)


def returning_rows(
    tx: Connection, row_type: type[CoreRow], rows: Sequence[Row], returning: Sequence[str]
) -> Sequence[Sequence[Any]]:
    """Insert *rows* as ``insert_rows(…, skip_known=True)`` does; the columns *returning* of those that were new."""
    if not rows:
        return []
    statement, given = _insertion(tx, row_type, rows, skip_known=True)
    columns = ", ".join(_quoted(name) for name in returning)
    return tx.execute(written(f"{statement} RETURNING {columns}"), given).fetchall()


def update_rows(
    tx: Connection, row_type: type[CoreRow], rows: Sequence[Row], *, by: Sequence[str] = ("id",), only_if: str = ""
) -> int:
    """Set the values of *rows* (all with the same keys) on the rows that agree in *by*; return how many were found.

    *only_if*: a fixed SQL condition on the row as it is (``t.state = 'sending'``), so that a late writer loses.
    """
    if not rows:
        return 0
    statement = _update_sql(row_type, tuple(rows[0]), tuple(by), tx.dialect.name, only_if)
    return tx.execute(written(statement), {"rows": _batch([list(row.values()) for row in rows])}).rowcount


def rows_of(records: Sequence[Any], names: Sequence[str]) -> list[dict[str, Any]]:
    """A row of each record: its attributes called *names*, at least two of them."""
    values = attrgetter(*names)
    return [dict(zip(names, values(record), strict=True)) for record in records]


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


def _insertion(
    tx: Connection, row_type: type[CoreRow], rows: Sequence[Row], skip_known: bool
) -> tuple[str, dict[str, Any]]:
    """The statement that inserts *rows*, and its parameters."""
    same = _same_everywhere(rows) if len(rows) >= WORTH_LOOKING else {}
    varied = tuple(name for name in rows[0] if name not in same)
    if not varied:
        same, varied = {}, tuple(rows[0])
    given = {f"same_{place}": _parameter(value, tx.dialect.name) for place, value in enumerate(same.values())}
    given["rows"] = _batch([[row[name] for name in varied] for row in rows])
    return _insert_sql(row_type, varied, tuple(same), tx.dialect.name, skip_known), given


def _same_everywhere(rows: Sequence[Row]) -> dict[str, Any]:
    """The columns that hold the same in all *rows*: they travel once, beside the batch."""
    first = rows[0]
    return {
        name: value for name, value in first.items() if all(_same(row[name], value) for row in rows)
    }  # fmt: skip


def _same(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and bool(one == other))


def _parameter(value: Any, dialect: str) -> Any:
    """A value that travels by itself, as it comes out of a batch."""
    if isinstance(value, dict | list):
        return _batch(value)
    if isinstance(value, bool) and dialect == "sqlite":
        return int(value)
    if isinstance(value, str):
        return _storable(value)
    return to_micros(value) if isinstance(value, datetime) else value


def _batch(values: Any) -> str:
    batch = _json(values)
    return _json(_storable(json.loads(batch))) if _UNSTORABLE.search(batch) else batch


def _micros(value: object) -> int:
    """What JSON has no form of: a time."""
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} cannot be stored")  # our own mistake
    return to_micros(value)


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_micros).encode


_NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""PostgreSQL takes neither; one such name must not hold up the page it came with."""

_UNSTORABLE = re.compile("\\\\u0000|[\ud800-\udfff]")
"""The same in JSON, where NUL is escaped; a quick look at the whole batch."""


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _NO_TEXT.sub("\ufffd", value)
    if isinstance(value, list):
        return [_storable(each) for each in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(each) for name, each in value.items()}
    return value


@lru_cache(maxsize=512)
def _insert_sql(
    row_type: type[CoreRow], varied: tuple[str, ...], same: tuple[str, ...], dialect: str, skip_known: bool
) -> str:
    table = table_of(row_type)
    picked = [_pick(table, name, place, dialect) for place, name in enumerate(varied)]
    picked += [_given(table, name, place, dialect) for place, name in enumerate(same)]
    columns = ", ".join(_quoted(name) for name in (*varied, *same))
    # SQLite needs the WHERE to tell ON CONFLICT from a join condition
    tail = " WHERE true ON CONFLICT DO NOTHING" if skip_known else ""
    return (
        f"INSERT INTO {table.name} ({columns}) "  # noqa: S608 -- names are our own
        f"SELECT {', '.join(picked)} FROM {_source(dialect)}{tail}"
    )


@lru_cache(maxsize=256)
def _update_sql(
    row_type: type[CoreRow], columns: tuple[str, ...], by: tuple[str, ...], dialect: str, only_if: str
) -> str:
    table = table_of(row_type)
    picked = ", ".join(f"{_pick(table, name, place, dialect)} AS {_quoted(name)}" for place, name in enumerate(columns))
    changes = ", ".join(f"{_quoted(name)} = v.{_quoted(name)}" for name in columns if name not in by)
    match = " AND ".join(f"t.{_quoted(name)} = v.{_quoted(name)}" for name in by)
    return (
        f"UPDATE {table.name} AS t SET {changes} "  # noqa: S608 -- names are our own
        f"FROM (SELECT {picked} FROM {_source(dialect)}) AS v WHERE {match}{' AND ' + only_if if only_if else ''}"
    )


def _quoted(name: str) -> str:
    return f'"{name}"'


def _source(dialect: str) -> str:
    return "json_each(:rows)" if dialect == "sqlite" else "jsonb_array_elements(CAST(:rows AS jsonb)) AS item(value)"


def _pick(table: Table, name: str, place: int, dialect: str) -> str:
    if dialect == "sqlite":
        return f"json_extract(value, '$[{place}]')"
    kind = _postgresql_type(table.columns[name].type)
    return f"(value->{place})" if kind == "jsonb" else f"CAST(value->>{place} AS {kind})"


def _given(table: Table, name: str, place: int, dialect: str) -> str:
    if dialect == "sqlite":
        return f":same_{place}"
    return f"CAST(:same_{place} AS {_postgresql_type(table.columns[name].type)})"


def _postgresql_type(kind: TypeEngine[Any]) -> str:
    if isinstance(kind, TypeDecorator):
        return _postgresql_type(kind.impl_instance)
    if isinstance(kind, Boolean):
        return "boolean"
    if isinstance(kind, BigInteger):
        return "bigint"
    if isinstance(kind, Integer):
        return "integer"
    if isinstance(kind, Float):
        return "double precision"
    if isinstance(kind, JSON):
        return "jsonb"
    if isinstance(kind, String):
        return "text"
    raise AssertionError(f"no PostgreSQL type for {kind!r}")
