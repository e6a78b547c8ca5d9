"""A database that breaks off, deadlocks or hangs: what was not done is done again, and what may be done is not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, text

from ascend_core.errors import DatabaseProblem
from ascend_core.store.database import REACH, Database, open_database

ADD = text("INSERT INTO flow (id, name, created_at) VALUES (:id, 'flow ' || CAST(:id AS text), 0)")


@pytest.fixture
def opened(open_copy: Callable[[str], Database]) -> Database:
    """A PostgreSQL database with the newest tables."""
    return open_copy("postgresql")


def kill(database: Database, backend: int) -> None:
    """End another connection from the server's side, as a restart or a failover does."""
    with database.engine.begin() as tx:
        tx.execute(text("SELECT pg_terminate_backend(:backend)"), {"backend": backend})
        for _ in range(1_000):
            found = tx.execute(text("SELECT 1 FROM pg_stat_activity WHERE pid = :backend"), {"backend": backend})
            if found.first() is None:
                return
            tx.execute(text("SELECT pg_sleep(0.01), pg_stat_clear_snapshot()"))


def backend_of(tx: Any) -> int:
    """The server's process behind a connection."""
    return int(tx.execute(text("SELECT pg_backend_pid()")).scalar_one())


def test_a_connection_that_breaks_before_the_commit_costs_nothing(opened: Database) -> None:
    """The work is done again on another one, and its rows are there once."""
    tries = []

    def work(tx: Any) -> None:
        tries.append(backend_of(tx))
        tx.execute(ADD, {"id": 1})
        if len(tries) == 1:
            kill(opened, tries[0])
        tx.execute(ADD, {"id": 2})

    opened.write(work)

    assert len(set(tries)) == 2
    assert opened.read(lambda tx: tx.execute(text("SELECT count(*) FROM flow")).scalar_one()) == 2


def test_a_reader_whose_connection_breaks_reads_again(opened: Database) -> None:
    """It changed nothing."""
    tries = []

    def work(tx: Any) -> int:
        tries.append(backend_of(tx))
        if len(tries) == 1:
            kill(opened, tries[0])
        return int(tx.execute(text("SELECT 7")).scalar_one())

    assert opened.read(work) == 7
    assert len(tries) == 2


def test_a_connection_that_breaks_while_it_commits_is_told_and_not_repeated(opened: Database) -> None:
    """Nobody knows whether it was kept; whoever asked looks, and does not do it twice."""
    tries = []

    def work(tx: Any) -> None:
        tries.append(backend_of(tx))
        tx.execute(ADD, {"id": 1})

    @event.listens_for(opened.engine, "commit")
    def broken(_connection: Any) -> None:
        if tries:
            kill(opened_again, tries[-1])

    opened_again = open_database(opened.conninfo)
    with pytest.raises(DatabaseProblem):
        opened.write(work)
    opened_again.close()
    event.remove(opened.engine, "commit", broken)

    assert len(tries) == 1


def test_connections_that_idled_through_a_restart_are_not_noticed(opened: Database) -> None:
    """All of the pool's are dead; the next one to work has a new one."""
    dead = [opened.write(backend_of)]
    other = open_database(opened.conninfo)
    kill(other, dead[0])
    other.close()

    assert opened.write(backend_of) not in dead


def test_two_that_wait_for_each_other_both_get_their_turn(opened: Database) -> None:
    """A deadlock ends one of them, which is then run again."""
    for id_ in (1, 2):
        opened.write(lambda tx, id_=id_: tx.execute(ADD, {"id": id_}))
    both, runs = threading.Barrier(2, timeout=20), []

    def change(first: int, second: int) -> None:
        def work(tx: Any) -> None:
            runs.append(first)
            tx.execute(text("UPDATE flow SET created_at = created_at + 1 WHERE id = :id"), {"id": first})
            if len(runs) <= 2:
                both.wait()
            tx.execute(text("UPDATE flow SET created_at = created_at + 1 WHERE id = :id"), {"id": second})

        opened.write(work)

    threads = [threading.Thread(target=change, args=order) for order in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(runs) >= 3
    counts = opened.read(lambda tx: tx.execute(text("SELECT created_at FROM flow")).scalars().all())
    assert list(counts) == [2, 2]


def test_a_serialization_failure_is_tried_again(opened: Database) -> None:
    """As the database asks for, and told when it never ends."""
    tries = []

    def work(tx: Any, most: int) -> None:
        tries.append(1)
        if len(tries) < most:
            tx.execute(text("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = 'serialization_failure'; END $$"))

    opened.write(lambda tx: work(tx, 4))
    assert len(tries) == 4
    with pytest.raises(DatabaseProblem, match="again"):
        opened.write(lambda tx: work(tx, 1_000))


def test_nothing_waits_for_ever(opened: Database) -> None:
    """Limits for statements, locks and idle transactions; for connecting; and for a server that is gone silently."""
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "application_name")
    shown = [opened.read(lambda tx, name=name: tx.execute(text(f"SHOW {name}")).scalar_one()) for name in names]

    def parameters(database: Database) -> dict[str, str]:
        with database.engine.connect() as connection:
            found: dict[str, str] = connection.connection.driver_connection.info.get_parameters()
            return found

    other = open_database(opened.conninfo.replace("connect_timeout=10", "connect_timeout=3"))
    given, changed = parameters(opened), parameters(other)
    other.close()

    assert shown == ["1min", "10s", "1min", "ascend"]
    assert {name: given[name] for name in REACH} == REACH
    assert changed["connect_timeout"] == "3"
    assert all(f"{name}=" in opened.conninfo for name in REACH)
