"""Which processes do the work, by what they last said."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen
from sqlalchemy import delete, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, table_of
from ascend_core.store.reading import fetch, pick
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
    row = {"name": name, "started_at": now, "seen_at": now}
    if not insert_rows(tx, Worker, [row], skip_known=True):
        tx.execute(update(_worker).where(_worker.c.name == name).values(seen_at=now))


def workers_seen(tx: Connection, *, since: datetime) -> list[WorkerRecord]:
    """The workers that said something since then, the oldest first."""
    statement = pick(WorkerRecord, Worker).where(_worker.c.seen_at >= since)
    return fetch(tx, WorkerRecord, statement.order_by(_worker.c.started_at, _worker.c.name))


def forget_workers(tx: Connection, *, before: datetime) -> int:
    """Take out those that have been silent for longer. Returns how many."""
    return tx.execute(delete(_worker).where(_worker.c.seen_at < before)).rowcount
