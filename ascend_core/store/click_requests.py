"""Requests for links, from the moment they are safe to the moment they are counted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_values
from ascend_core.store.sql import given, written
from ascend_core.store.tables import ClickRequest

__all__ = ["NewRequest", "TakenClick", "add_requests", "requests_wait", "take_requests"]

_KEPT = "link_id, clicked_at, tag, kind, method, user_agent, purpose, ip_hash, withheld, rules"
_COLUMNS = tuple(_KEPT.split(", "))

_ROWS_AT_ONCE = 64
"""The driver keeps as many statements as it has sizes of groups, and prepares none twice."""


class TakenClick(NamedTuple):
    """A click that has just got a row of its own."""

    id: int
    link_id: int
    kind: str
    micros: int
    """When, in microseconds since 1970."""
    ip_hash: int | None


class NewRequest(NamedTuple):
    """A request as it is made safe: the columns of its row, in their order. Built for every click, hence a tuple."""

    link_id: int
    micros: int
    """When, in microseconds since 1970."""
    tag: int
    kind: str
    method: str
    user_agent: str
    purpose: str
    ip_hash: int | None
    withheld: int
    rules: int


def add_requests(tx: Connection, requests: Sequence[NewRequest]) -> None:
    """Make requests safe. Each visitor waits for this: on SQLite it is one prepared statement a group."""
    if tx.dialect.name != "sqlite":
        if requests:
            insert_values(tx, ClickRequest, _COLUMNS, requests)
        return
    for first in range(0, len(requests), _ROWS_AT_ONCE):
        some = requests[first : first + _ROWS_AT_ONCE]
        tx.exec_driver_sql(_insert_sql(len(some)), tuple(chain.from_iterable(some)))


@lru_cache(maxsize=_ROWS_AT_ONCE)
def _insert_sql(rows: int) -> str:
    places = ", ".join(["(" + ", ".join("?" for _ in _COLUMNS) + ")"] * rows)
    return f"INSERT INTO click_request ({_KEPT}) VALUES {places}"  # noqa: S608 -- our own names


def requests_wait(tx: Connection) -> bool:
    """Whether any are to be counted."""
    return tx.execute(written("SELECT 1 FROM click_request LIMIT 1")).first() is not None


def take_requests(tx: Connection, limit: int) -> tuple[int, list[TakenClick]]:
    """Turn the oldest requests into clicks: how many were taken, and the clicks that were new.

    A request that was taken before (it was told twice), and one of a link that is gone, leaves nothing.
    """
    # who counts at the same time is waited for: whoever asks for figures after that has all of them
    lock = " FOR UPDATE" if tx.dialect.name == "postgresql" else ""
    oldest = f"SELECT id FROM click_request ORDER BY id LIMIT :limit{lock}"  # noqa: S608 -- fixed words
    ids = [id_ for (id_,) in tx.execute(written(oldest), {"limit": limit}).all()]
    if not ids:
        return 0, []
    values = {"ids": json.dumps(ids)}
    new = [TakenClick._make(row) for row in tx.execute(written(_move_sql(tx.dialect.name)), values).all()]
    tx.execute(written(f"DELETE FROM click_request WHERE id IN ({given(tx)})"), values)  # noqa: S608 -- fixed words
    return len(ids), sorted(new)


@lru_cache(maxsize=2)
def _move_sql(kind: str) -> str:
    picked = ", ".join(f"r.{name}" for name in _COLUMNS)
    # WHERE true tells SQLite's ON CONFLICT from a join condition
    return (
        f"INSERT INTO click ({_KEPT}, compared) SELECT {picked}, 1 FROM click_request r "  # noqa: S608 -- our own names
        f"JOIN link l ON l.id = r.link_id WHERE r.id IN ({given(kind)}) ORDER BY r.id ON CONFLICT DO NOTHING "
        "RETURNING id, link_id, kind, clicked_at, ip_hash"
    )
