"""What is kept of a database before a copy takes its place: a copy, or its own files when nobody can read them."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from sqlalchemy import event

from ascend_core.errors import DatabaseProblem
from ascend_core.store.backup import keep_aside
from ascend_core.store.database import Database, open_database, sqlite_url

PAGE = 4096
NOBODY = 65_534


@pytest.fixture
def file(sqlite_model: Path, tmp_path: Path) -> Path:
    """A database of this version."""
    return Path(copyfile(sqlite_model, tmp_path / "ascend.db"))


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where it is to be kept."""
    return tmp_path / "kept.db"


@contextmanager
def opened(file: Path) -> Iterator[Database]:
    """The database in *file*; it waits for nobody."""
    with closing(open_database(sqlite_url(file))) as database:
        event.listen(database.engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=0"), insert=True)
        yield database


@contextmanager
def held(file: Path, journal: str) -> Iterator[None]:
    """Another program has *file* for itself."""
    with opened(file) as database:
        connection: Any = database.engine.raw_connection()
        for pragma in (f"journal_mode={journal}", "locking_mode=EXCLUSIVE"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("CREATE TABLE theirs (id INTEGER)")
        yield
        connection.execute("ROLLBACK")
        connection.close()


@contextmanager
def forbidden(file: Path) -> Iterator[None]:
    """Nobody may read *file*. Root may read everything, so it is somebody else meanwhile."""
    mode, me = file.stat().st_mode, os.geteuid()
    file.chmod(0)
    if me == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if me == 0:
            os.seteuid(me)
        file.chmod(mode)


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Files cannot grow over *size* bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_what_can_be_read_is_copied(file: Path, kept: Path) -> None:
    """And stays where it is."""
    with opened(file) as database:
        keep_aside(database, kept)

    assert file.exists()
    assert tables(kept) == tables(file)


def test_what_is_no_database_of_ours_but_can_be_read_is_copied(file: Path, kept: Path) -> None:
    """A file that is empty, say: whether it is ours is not asked."""
    file.write_bytes(b"")
    with opened(file) as database:
        keep_aside(database, kept)

    assert file.exists()
    assert tables(kept) == set()


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_a_database_that_is_in_use_stays_where_it_is(file: Path, kept: Path, journal: str) -> None:
    """It is no broken one: whoever has it would go on writing into a file that is no database any more."""
    with held(file, journal), opened(file) as database, pytest.raises(DatabaseProblem) as refused:
        keep_aside(database, kept)

    assert str(refused.value) == f"another program holds {file}; end it, then restore again. Nothing was changed."
    assert_nothing_was_changed(file, kept)


def test_a_database_that_may_not_be_read_stays_where_it_is(file: Path, kept: Path) -> None:
    """Restoring as another user moves nothing away."""
    with opened(file) as database, forbidden(file), pytest.raises(DatabaseProblem) as refused:
        keep_aside(database, kept)

    assert str(refused.value).startswith(f"{file} could not be copied to {kept} (")
    assert str(refused.value).endswith("away yourself, then restore again. Nothing was changed.")
    assert_nothing_was_changed(file, kept)


def test_a_copy_that_cannot_be_written_leaves_the_database_where_it_is(file: Path, kept: Path) -> None:
    """Nothing is wrong with the database, but with the place where the copy was to be."""
    with opened(file) as database, no_file_beyond(100_000), pytest.raises(DatabaseProblem) as refused:
        keep_aside(database, kept)

    assert str(refused.value).startswith(f"{file} could not be copied to {kept} (")
    assert_nothing_was_changed(file, kept)


@pytest.mark.parametrize("damage", ["no database", "cut off", "a page of its tables", "the page of its schema"])
def test_a_file_that_is_no_readable_database_any_more_is_moved_aside(file: Path, kept: Path, damage: str) -> None:
    """As it is: whoever mends broken databases finds all that is left of it."""
    whole = file.read_bytes()
    broken = {
        "no database": b"nonsense " * 1000,
        "cut off": whole[: len(whole) // 2],
        "a page of its tables": whole[: 3 * PAGE] + b"\xff" * PAGE + whole[4 * PAGE :],
        "the page of its schema": whole[:100] + b"\xff" * (PAGE - 100) + whole[PAGE:],
    }[damage]
    file.write_bytes(broken)
    with opened(file) as database:
        keep_aside(database, kept)

    assert not file.exists()
    assert kept.read_bytes() == broken


def tables(file: Path) -> set[str]:
    """Which tables are in a database."""
    with opened(file) as database:
        return database.read(lambda tx: set(tx.exec_driver_sql("SELECT name FROM sqlite_master").scalars()))


def assert_nothing_was_changed(file: Path, kept: Path) -> None:
    """The database is there and whole; nothing lies beside it."""
    assert "member" in tables(file)
    assert [path for path in kept.parent.iterdir() if path.name.startswith(kept.name)] == []
