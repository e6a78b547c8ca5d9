"""One database, SQLite or PostgreSQL: how it is opened, and the only two ways to use it: ``read`` and ``write``."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import StaticPool

from ascend_core.errors import DatabaseProblem
from ascend_core.store.counting import count_on

__all__ = ["Database", "Tx", "open_database", "open_in_memory", "sqlite_url"]

Tx = Connection
"""An open transaction, as operations pass it on to the store."""

T = TypeVar("T")

BUSY_SECONDS = 30
"""How long a SQLite writer waits for another one."""

TRIES = 5
"""How often one transaction is tried: deadlocks and serialization failures are the database's way to say 'again'."""

SAFE_SQLITE = (3, 51, 3)
"""Older versions can corrupt a WAL database when a checkpoint meets a reset (fixed in 3.51.3)."""

STATEMENT_SECONDS = 60
LOCK_SECONDS = 10

_AGAIN = {"40001", "40P01"}
"""PostgreSQL: serialization_failure, deadlock_detected."""

_ONE_PICTURE: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""PostgreSQL: without it, each statement of a transaction sees a newer picture. (SQLite has no other way.)"""


class Database:
    """An open database. Transactions are functions, so that they can be run again."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.kind = engine.dialect.name
        count_on(engine)
        self._reading = engine.execution_options(
            ascend_read=True, **(_ONE_PICTURE if self.kind == "postgresql" else {})
        )

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database, without links and dots on the way; None on PostgreSQL."""
        return Path(self.engine.url.database or "").resolve() if self.kind == "sqlite" else None

    @property
    def conninfo(self) -> str:
        """How another library reaches a PostgreSQL database; it holds the password."""
        return self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run *work* in one transaction and commit what it did.

        *work* may run more than once (a deadlock, or a unique key that another worker took first), so all it
        changes must be in the database. Raises DatabaseProblem when the database cannot be used.
        """
        for left in range(TRIES - 1, -1, -1):
            try:
                with self.engine.begin() as tx:
                    return work(tx)
            except IntegrityError:
                if not left:
                    raise
            except OperationalError as error:
                if left and getattr(error.orig, "sqlstate", None) in _AGAIN:
                    continue
                raise _explained(error, self.engine.url) from error
            except DatabaseError as error:
                if type(error) is not DatabaseError:
                    raise  # a wrong statement or value: our own mistake
                raise _explained(error, self.engine.url) from error
        raise AssertionError("unreachable")  # pragma: no cover -- the last round returns or raises

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run *work* on one consistent picture of the data; it writes nothing."""
        try:
            with self._reading.connect() as tx:
                return work(tx)
        except DatabaseError as error:
            if type(error) not in (DatabaseError, OperationalError):
                raise  # a wrong statement or value: our own mistake
            raise _explained(error, self.engine.url) from error

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def sqlite_url(path: Path) -> str:
    """The database URL of a SQLite file."""
    return f"sqlite:///{path}"


def open_database(url: str) -> Database:
    """Open the database at *url*: ``sqlite:///FILE`` or ``postgresql://…``.

    Raises DatabaseProblem with what to do: an unknown kind, a missing folder, a SQLite library with the WAL bug.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseProblem(
            "the database URL cannot be read; write sqlite:///FILE or postgresql://HOST/NAME"
        ) from error
    if parsed.get_backend_name() == "sqlite":
        return Database(_sqlite_engine(parsed))
    if parsed.get_backend_name() == "postgresql":
        return Database(_postgresql_engine(parsed.set(drivername="postgresql+psycopg")))
    raise DatabaseProblem(f"'{parsed.get_backend_name()}' databases are not supported; use sqlite or postgresql")


def open_in_memory() -> Database:
    """An empty SQLite database that lives in memory, on one connection, until it is closed. For one thread."""
    library = _sqlite_library()
    engine = create_engine(
        "sqlite://",
        module=library,
        poolclass=StaticPool,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        connection.execute("PRAGMA foreign_keys=ON").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return Database(engine)


def _sqlite_engine(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise DatabaseProblem("a SQLite database must be a file: write sqlite:///FILE")
    if not Path(url.database).resolve().parent.is_dir():
        raise DatabaseProblem(f"the folder of {url.database} does not exist; make it first")
    library = _sqlite_library()
    engine = create_engine(
        url,
        module=library,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        hide_parameters=True,  # an error or a log must not show what is in a row
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("ascend_read", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _sqlite_library() -> ModuleType:
    """The newest SQLite at hand: the ``pysqlite3`` wheel, else Python's own."""
    library: ModuleType = sqlite3
    try:
        import pysqlite3

        library = pysqlite3
    except ImportError:
        pass
    version = tuple(int(part) for part in library.sqlite_version.split("."))
    if version < SAFE_SQLITE:
        raise DatabaseProblem(
            f"SQLite {library.sqlite_version} can damage a database in WAL mode (mended in 3.51.3); "
            "run: pip install pysqlite3, or use PostgreSQL"
        )
    return library


def _postgresql_engine(url: URL) -> Engine:
    options = f"-c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout={LOCK_SECONDS}s -c timezone=UTC"
    return create_engine(url, connect_args={"options": options}, pool_pre_ping=True, hide_parameters=True)


def _explained(error: DBAPIError, url: URL) -> DatabaseProblem:
    first = (
        str(error.orig).strip().splitlines()[0] if error.orig is not None and str(error.orig).strip() else "no reason"
    )
    return DatabaseProblem(f"the database {url.render_as_string(hide_password=True)} cannot be used: {first}")
