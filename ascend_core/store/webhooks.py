"""Calls to other servers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
from attrs import field, frozen
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, reserve_ids, table_of, update_rows
from ascend_core.store.reading import fetch, pick
from ascend_core.store.tables import WebhookCall

__all__ = ["CallRecord", "NewCall", "change_calls", "due_calls", "insert_calls"]

_call = table_of(WebhookCall)


@frozen(kw_only=True)
class NewCall:
    """A call to make."""

    key: str
    run_id: int
    sprint: int
    step: str
    url: str
    request: dict[str, Any] = field(repr=False)
    due_at: datetime
    created_at: datetime


@frozen(kw_only=True)
class CallRecord:
    """A call as stored."""

    id: int
    key: str
    run_id: int
    sprint: int
    step: str
    url: str
    request: dict[str, Any] = field(repr=False)
    attempts: int
    due_at: datetime


def insert_calls(tx: Connection, new: Sequence[NewCall]) -> None:
    """Add calls."""
    ids = reserve_ids(tx, WebhookCall, len(new))
    rows = [{"id": id_, **attrs.asdict(call), "attempts": 0} for id_, call in zip(ids, new, strict=True)]
    insert_rows(tx, WebhookCall, rows)


def due_calls(tx: Connection, now: datetime, limit: int) -> list[CallRecord]:
    """Calls that are due, the longest due first. On PostgreSQL they are locked, and those of others passed over."""
    due = _call.c.settled_at.is_(None) & (_call.c.due_at <= now)
    statement = pick(CallRecord, WebhookCall).where(due).order_by(_call.c.due_at, _call.c.id).limit(limit)
    if tx.dialect.name == "postgresql":
        statement = statement.with_for_update(skip_locked=True)
    return fetch(tx, CallRecord, statement)


def change_calls(tx: Connection, rows: Sequence[dict[str, Any]]) -> int:
    """Write what became of calls that nobody settled meanwhile: rows with ``id``, all with the same keys."""
    return update_rows(tx, WebhookCall, sorted(rows, key=lambda row: int(row["id"])), only_if="t.settled_at IS NULL")
