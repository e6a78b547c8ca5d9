"""One database, SQLite or PostgreSQL: how it is opened, and the only two ways to use it: ``read`` and ``write``."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from attrs import define
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

STATEMENTS = 1_000
"""Prepared statements that SQLite keeps for us; its usual 128 are fewer than we have."""

CACHE_KIB = 8 * 1024
"""Of the file's pages that a SQLite connection keeps in memory, at most: its usual 2 MiB hold no working set."""

BUSY_SECONDS = 30
"""How long a SQLite writer waits for another one."""

TRIES = 5
"""How often one transaction is tried: deadlocks and serialization failures are the database's way to say 'again'."""

SAFE_SQLITE = (3, 51, 3)
"""Older versions can corrupt a WAL database when a checkpoint meets a reset (fixed in 3.51.3)."""

STATEMENT_SECONDS = 60
LOCK_SECONDS = 10
IDLE_SECONDS = 60
"""How long a transaction of ours may do nothing: it holds locks. None waits for another server, so it is never long."""

REACH = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
    "application_name": "ascend",
}
"""How a PostgreSQL server is reached (libpq's words): one that is gone without a word is noticed within a minute. What
the database URL says itself holds."""

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
        self._reading = engine.execution_options(**_ONE_PICTURE) if self.kind == "postgresql" else engine

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database, without links and dots on the way; None on PostgreSQL."""
        return Path(self.engine.url.database or "").resolve() if self.kind == "sqlite" else None

    @property
    def conninfo(self) -> str:
        """How another library reaches a PostgreSQL database; it holds the password."""
        url = self.engine.url.set(drivername="postgresql")
        return url.update_query_dict(_reach(url)).render_as_string(hide_password=False)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run *work* in one transaction and commit what it did.

        *work* may run more than once (a deadlock, a unique key that another worker took first, a connection that broke
        before the commit), so all it changes must be in the database. A connection that breaks while it commits leaves
        open whether it did: then it is not run again. Raises DatabaseProblem when the database cannot be used.
        """
        for left in range(TRIES - 1, -1, -1):
            attempt = _Attempt()
            try:
                with self.engine.begin() as tx:
                    done = work(tx)
                    attempt.commits = True
                return done
            except IntegrityError:
                if not left:
                    raise
            except OperationalError as error:
                if left and attempt.may_be_repeated(error):
                    continue
                raise _explained(error, self.engine.url) from error
            except DatabaseError as error:
                if type(error) is not DatabaseError:
                    raise  # a wrong statement or value: our own mistake
                raise _explained(error, self.engine.url) from error
        raise AssertionError("unreachable")  # pragma: no cover -- the last round returns or raises

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run *work* on one consistent picture of the data; it writes nothing, and may run more than once."""
        for left in range(TRIES - 1, -1, -1):
            try:
                with self._reading.connect() as tx:
                    if self.kind == "sqlite":
                        _begin(tx.connection, "BEGIN")
                    return work(tx)
            except DatabaseError as error:
                if type(error) not in (DatabaseError, OperationalError):
                    raise  # a wrong statement or value: our own mistake
                if left and _Attempt().may_be_repeated(error):
                    continue
                raise _explained(error, self.engine.url) from error
        raise AssertionError("unreachable")  # pragma: no cover -- the last round returns or raises

    def server_version(self) -> int:
        """Of a PostgreSQL server, its major version."""
        return self.read(lambda tx: int(tx.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000)

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
    except (ArgumentError, ValueError) as error:  # the latter: a port that is no number
        raise DatabaseProblem(
            "the database URL cannot be read; write sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME"
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

    _let_begin(engine, "BEGIN")
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
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False, "cached_statements": STATEMENTS},
        hide_parameters=True,  # an error or a log must not show what is in a row
        pool_use_lifo=True,  # the connection whose cache is warm
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"cache_size={-CACHE_KIB}"):
            connection.execute(f"PRAGMA {pragma}").close()

    _let_begin(engine, "BEGIN IMMEDIATE")
    return engine


def _let_begin(engine: Engine, statement: str) -> None:
    """Let a transaction of *engine* that has not begun yet begin with *statement*.

    Not by an event: an engine that somebody listens to takes the long way with every statement.
    """

    def begin(connection: Any) -> None:
        if not connection.in_transaction:
            _begin(connection, statement)

    vars(engine.dialect)["do_begin"] = begin  # an engine has a dialect of its own


def _begin(connection: Any, statement: str) -> None:
    connection.execute(statement).close()


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
    limits = {
        "statement_timeout": f"{STATEMENT_SECONDS}s",
        "lock_timeout": f"{LOCK_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
        "timezone": "UTC",
    }
    options = " ".join(f"-c {name}={value}" for name, value in limits.items())
    return create_engine(
        url, connect_args={"options": options, **_reach(url)}, pool_pre_ping=True, hide_parameters=True
    )  # fmt: skip


def _reach(url: URL) -> dict[str, str]:
    return {name: value for name, value in REACH.items() if name not in url.query}


@define
class _Attempt:
    """One try of a transaction."""

    commits: bool = False
    """Everything was done but the commit."""

    def may_be_repeated(self, error: DBAPIError) -> bool:
        """Whether nothing of it can have been kept, and the next try may end otherwise."""
        if getattr(error.orig, "sqlstate", None) in _AGAIN:
            return True
        return error.connection_invalidated and not self.commits


def _explained(error: DBAPIError, url: URL) -> DatabaseProblem:
    first = (
        str(error.orig).strip().splitlines()[0] if error.orig is not None and str(error.orig).strip() else "no reason"
    )
    return DatabaseProblem(f"the database {url.render_as_string(hide_password=True)} cannot be used: {first}")
