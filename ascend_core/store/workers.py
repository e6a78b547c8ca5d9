"""Which processes do the work, by what they last said."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from attrs import frozen
from sqlalchemy import Delete, Select, delete
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, table_of, update_rows
from ascend_core.store.reading import fetch, pick, value_of
from ascend_core.store.tables import Worker

__all__ = ["WorkerRecord", "beat", "forget_workers", "workers_seen"]

_worker = table_of(Worker)


@frozen(kw_only=True)
class WorkerRecord:
    """A worker. Its times are of the clock that all workers agree on."""

    name: str
    started_at: datetime
    seen_at: datetime


def beat(tx: Connection, name: str, now: datetime) -> None:
    """The worker of that name says that it lives."""
    if not update_rows(tx, Worker, [{"name": name, "seen_at": now}], by=("name",)):
        insert_rows(tx, Worker, [{"name": name, "started_at": now, "seen_at": now}], skip_known=True)


def workers_seen(tx: Connection, *, since: datetime) -> list[WorkerRecord]:
    """The workers that said something since then, the oldest first."""
    return fetch(tx, WorkerRecord, _seen(), since=since)


@cache
def _seen() -> Select[Any]:
    lately = pick(WorkerRecord, Worker).where(_worker.c.seen_at >= value_of(_worker.c.seen_at, "since"))
    return lately.order_by(_worker.c.started_at, _worker.c.name)


def forget_workers(tx: Connection, *, before: datetime) -> int:
    """Take out those that have been silent for longer. Returns how many."""
    return tx.execute(_silent(), {"before": before}).rowcount


@cache
def _silent() -> Delete:
    return delete(_worker).where(_worker.c.seen_at < value_of(_worker.c.seen_at, "before"))
