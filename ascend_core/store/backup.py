"""Copies of a SQLite database, made and put back while others use it, by SQLite's own backup."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ascend_core.errors import BadInput, DatabaseProblem
from ascend_core.store.database import Database

__all__ = ["back_up", "copy_file", "keep_aside", "put_back"]


def back_up(database: Database, target: Path) -> None:
    """Copy *database* as it is at one moment to the new file *target*: whole, or not there at all.

    Raises BadInput when *target* exists, DatabaseProblem for PostgreSQL or when the copy is not sound.
    """
    _only_sqlite(database, "pg_dump --format=custom")
    if target.exists():
        raise BadInput(f"{target} is there already; a copy overwrites nothing")
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with _opened(database, part) as copy, _driver(database) as source:
            source.backup(copy)
            _check(copy, part)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without companions
        _force(part)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)


def copy_file(database: Database, source: Path, target: Path) -> None:
    """Copy the database file *source* to *target*, with the library that *database* uses.

    Raises BadInput when *source* cannot be read, DatabaseProblem when it is not sound.
    """
    if not source.is_file():
        raise BadInput(f"there is no file {source}")
    with _opened(database, source) as copy, _opened(database, target) as fresh:
        _check(copy, source)
        copy.backup(fresh)


def keep_aside(database: Database, target: Path) -> None:
    """Keep what is in *database* as the new file *target*: a copy, or where it cannot be read any more its own files,
    moved as they are. Raises DatabaseProblem when there is no room for a copy.
    """
    try:
        back_up(database, target)
    except Exception as error:
        if "full" in str(error):
            raise DatabaseProblem(f"there is no room for {target}; make room. Nothing was changed.") from error
        database.close()
        for end in ("", "-wal", "-shm"):
            part = Path(f"{database.file}{end}")
            if part.exists():
                part.rename(f"{target}{end}")


def put_back(database: Database, source: Path) -> None:
    """Make *database* what the sound copy *source* is, in one transaction of SQLite's own."""
    with _opened(database, source) as copy, _driver(database) as target:
        copy.backup(target)


def _only_sqlite(database: Database, other: str) -> None:
    if database.kind != "sqlite":
        raise DatabaseProblem(f"a PostgreSQL database is copied by its own programs; use: {other}")


@contextmanager
def _opened(database: Database, file: Path) -> Iterator[Any]:
    connection = database.engine.dialect.loaded_dbapi.connect(str(file))
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _driver(database: Database) -> Iterator[Any]:
    lent = database.engine.raw_connection()
    try:
        yield lent.driver_connection
    finally:
        lent.close()


def _check(connection: Any, file: Path) -> None:
    problem = DatabaseProblem(f"{file} is no sound copy of a database; nothing was changed")
    try:
        sound = connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        sound = sound and bool(connection.execute("SELECT version_num FROM alembic_version").fetchall())
    except Exception as error:
        raise problem from error
    if not sound:
        raise problem


def _force(file: Path) -> None:
    """Onto the disk: a copy that a power cut takes is none."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())
