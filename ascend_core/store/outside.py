"""A transaction of ours, lent to a library that speaks to the database itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

__all__ = ["driver_of", "has_table", "run_script", "savepoint", "under_lock", "unhurried", "waits_already"]


def driver_of(tx: Connection) -> Any:
    """The driver's own connection under *tx*: what it writes is committed with *tx*, or not at all."""
    return tx.connection.driver_connection


@contextmanager
def savepoint(tx: Connection) -> Iterator[None]:
    """What fails inside is taken back, and *tx* goes on: on PostgreSQL a failed statement ends it otherwise."""
    with tx.begin_nested():
        yield


def has_table(tx: Connection, name: str) -> bool:
    """Whether there is a table of that name."""
    return inspect(tx).has_table(name)


def waits_already(tx: Connection, name: str) -> bool:
    """Whether the task engine has a job under that queueing lock that nobody has begun."""
    statement = text("SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = :name AND status = 'todo' LIMIT 1")
    return tx.execute(statement, {"name": name}).first() is not None


def run_script(tx: Connection, script: str) -> None:
    """Run the statements of *script*."""
    tx.connection.cursor().execute(script)


def under_lock(tx: Connection, name: str, work: Callable[[Connection], None]) -> None:
    """Run *work* while no other worker runs any under that *name*, until *tx* ends."""
    tx.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})
    work(tx)


def unhurried(tx: Connection, work: Callable[[], None]) -> None:
    """Run *work* in *tx* without our limits for statements and locks: it changes tables, and large ones take long."""
    for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        tx.execute(text(f"SET LOCAL {limit} = 0"))
    work()
