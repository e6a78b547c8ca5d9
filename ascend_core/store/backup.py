"""Copies of a SQLite database, made and put back while others use it, by SQLite's own backup."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ascend_core.errors import BadInput, DatabaseProblem
from ascend_core.store.database import Database

__all__ = ["back_up", "copy_file", "keep_aside", "put_back"]

_BUSY = (5, 6)
"""SQLite's codes of a database that another connection holds: SQLITE_BUSY, SQLITE_LOCKED."""

_FULL = 13
"""SQLITE_FULL"""

_BROKEN = (11, 26)
"""Those of a file that is no readable database: SQLITE_CORRUPT, SQLITE_NOTADB."""


def back_up(database: Database, target: Path) -> None:
    """Copy *database* as it is at one moment to the new file *target*: whole, or not there at all.

    Raises BadInput when *target* exists, DatabaseProblem for PostgreSQL or when the copy is not sound.
    """
    _only_sqlite(database, "pg_dump --format=custom")
    if target.exists():
        raise BadInput(f"{target} is there already; a copy overwrites nothing")
    _copy(database, target, _check)


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
    """Keep what is in *database* as the new file *target*: a copy, or where it cannot be read as a database any more
    its own files, moved as they are. Raises DatabaseProblem when it can be read but not be copied now.
    """
    library = database.engine.dialect.loaded_dbapi
    try:
        whole = _copy(database, target, lambda copy, _part: _is_whole(copy))
    except (library.Error, OSError) as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code not in _BROKEN:
            raise DatabaseProblem(_why_not(database, target, code, error)) from error
        whole = False
    if not whole:
        database.close()
        for end in ("", "-wal", "-shm"):
            part = Path(f"{database.file}{end}")
            if part.exists():
                part.rename(f"{target}{end}")


def put_back(database: Database, source: Path) -> None:
    """Make *database* what the sound copy *source* is, in one transaction of SQLite's own."""
    with _opened(database, source) as copy, _driver(database) as target:
        copy.backup(target)


def _copy(database: Database, target: Path, is_sound: Callable[[Any, Path], bool]) -> bool:
    """Copy *database* to *target*, where the copy is sound. Whether it is."""
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with _opened(database, part) as copy, _driver(database) as source:
            source.backup(copy)
            if not is_sound(copy, part):
                return False
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without companions
        _force(part)
        part.rename(target)
        return True
    finally:
        part.unlink(missing_ok=True)


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


def _why_not(database: Database, target: Path, code: int, error: Exception) -> str:
    file = database.file
    if code in _BUSY:
        why = f"another program holds {file}; end it"
    elif code == _FULL:
        why = f"there is no room for {target}; make room"
    else:
        why = (
            f"{file} could not be copied to {target} ({error}); let this user read and write both, "
            f"or move {file} and its -wal and -shm away yourself"
        )
    return f"{why}, then restore again. Nothing was changed."


def _is_whole(connection: Any) -> bool:
    return bool(connection.execute("PRAGMA quick_check").fetchall() == [("ok",)])


def _check(connection: Any, file: Path) -> bool:
    problem = DatabaseProblem(f"{file} is no sound copy of a database; nothing was changed")
    try:
        ours = _is_whole(connection) and bool(connection.execute("SELECT version_num FROM alembic_version").fetchall())
    except Exception as error:
        raise problem from error
    if not ours:
        raise problem
    return True


def _force(file: Path) -> None:
    """Onto the disk: a copy that a power cut takes is none."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())
