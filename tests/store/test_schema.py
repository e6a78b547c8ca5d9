"""The tables as the code means them, as the migrations make them, and databases that do not fit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from ascend_core.errors import DatabaseProblem, WrongDatabaseVersion
from ascend_core.store.database import SAFE_SQLITE, Database, open_database
from ascend_core.store.schema import check_schema, current_revision, newest_revision, upgrade_schema
from ascend_core.store.tables import CoreRow


def test_the_migrations_make_the_tables_of_the_code(database: Database) -> None:
    """Nobody forgot a migration: Alembic finds nothing to do, on either database."""
    with database.engine.connect() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, CoreRow.metadata) == []


def test_an_empty_database_is_brought_to_the_newest_version(new_database: Callable[[str], str], kind: str) -> None:
    """And again, which changes nothing."""
    database = open_database(new_database(kind))
    before = current_revision(database)

    with pytest.raises(WrongDatabaseVersion, match="run: ascend db upgrade"):
        check_schema(database)
    upgrade_schema(database)
    upgrade_schema(database)

    assert (before, current_revision(database)) == (None, newest_revision())
    check_schema(database)
    database.close()


def test_several_may_bring_a_database_along_at_once(new_database: Callable[[str], str]) -> None:
    """Containers that start together: one makes the tables, the others find them."""
    url = new_database("postgresql")
    databases = [open_database(url) for _ in range(3)]
    with ThreadPoolExecutor(len(databases)) as threads:
        list(threads.map(upgrade_schema, databases))

    assert [current_revision(each) for each in databases] == [newest_revision()] * 3
    for each in databases:
        each.close()


def test_large_tables_may_take_their_time(new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits are for texts and pages; a migration that they cut off would never come to an end."""
    monkeypatch.setattr("ascend_core.store.database.STATEMENT_SECONDS", 0.5)
    database = open_database(new_database("postgresql"))

    def slow(config: Any, _revision: str) -> None:
        config.attributes["connection"].exec_driver_sql("SELECT pg_sleep(1)")

    monkeypatch.setattr("ascend_core.store.schema.command.upgrade", slow)
    upgrade_schema(database)

    with pytest.raises(DatabaseProblem, match="statement timeout"):
        database.read(lambda tx: tx.exec_driver_sql("SELECT pg_sleep(1)"))
    database.close()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(database: Database) -> None:
    """The sentence says what to do, and nothing was changed."""
    database.write(lambda tx: tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
    tables = sorted(inspect(database.engine).get_table_names())

    for touch in (upgrade_schema, check_schema):
        with pytest.raises(WrongDatabaseVersion) as refused:
            touch(database)
        assert str(refused.value) == (
            "the database was made by a newer version of Ascend (revision 9999); "
            "install that version, or point to another database. Nothing was changed."
        )

    assert current_revision(database) == "9999"
    assert sorted(inspect(database.engine).get_table_names()) == tables
    database.write(lambda tx: tx.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{newest_revision()}'"))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nothing", "write sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME"),
        ("postgresql://host:PORT/name", "the database URL cannot be read"),
        ("mysql://localhost/a", "'mysql' databases are not supported; use sqlite or postgresql"),
        ("sqlite://", "a SQLite database must be a file"),
        ("sqlite:////no/such/folder/a.db", "does not exist; make it first"),
    ],
)
def test_a_url_that_leads_nowhere_says_what_to_do(url: str, told: str) -> None:
    """Before anything is opened."""
    with pytest.raises(DatabaseProblem, match=told):
        open_database(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """It is not touched."""
    file = tmp_path / "notes.db"
    file.write_text("not a database " * 100)
    before = file.read_bytes()

    with pytest.raises(DatabaseProblem):
        upgrade_schema(open_database(f"sqlite:///{file}"))

    assert file.read_bytes() == before


def test_sqlite_is_new_enough_and_safe(open_copy: Callable[[str], Database]) -> None:
    """WAL, full synchronisation, foreign keys, and a library without the WAL bug."""
    found = open_copy("sqlite").read(
        lambda tx: [
            tx.exec_driver_sql(question).scalar_one()
            for question in (
                "SELECT sqlite_version()",
                "PRAGMA journal_mode",
                "PRAGMA synchronous",
                "PRAGMA foreign_keys",
            )
        ]
    )

    assert tuple(int(part) for part in found[0].split(".")) >= SAFE_SQLITE
    assert found[1:] == ["wal", 2, 1]


def test_a_reader_sees_one_picture(database: Database) -> None:
    """Whatever others commit meanwhile: a report adds up."""
    count = "SELECT count(*) FROM flow"

    def work(tx: Any) -> tuple[int, int]:
        first = tx.exec_driver_sql(count).scalar_one()
        database.write(
            lambda other: other.exec_driver_sql("INSERT INTO flow (id, name, created_at) VALUES (77, 'new', 0)")
        )
        return first, tx.exec_driver_sql(count).scalar_one()

    assert database.read(work) == (0, 0)
    assert database.read(lambda tx: tx.exec_driver_sql(count).scalar_one()) == 1


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    """Whatever it had written by then."""

    def work(tx: Any) -> None:
        tx.exec_driver_sql("INSERT INTO flow (id, name, created_at) VALUES (1, 'half', 0)")
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        database.write(work)

    assert database.read(lambda tx: tx.exec_driver_sql("SELECT count(*) FROM flow").scalar_one()) == 0
