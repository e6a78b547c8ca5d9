# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Real databases for every room: a SQLite file and a PostgreSQL, each test on both, and the bench over them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from ascend_core.store.database import Database, open_database, sqlite_url
from ascend_core.store.schema import upgrade_schema
from ascend_core.testing import PostgresServer
from tests.fakes.bench import Bench
from tests.fakes.databases import empty_postgres

# laws are tried on the same examples each time, however busy the machine is
settings.register_profile("ascend", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ascend")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the session (of each worker, where several run)."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def new_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_name: str
) -> Callable[[str], str]:
    """Makes an empty database of a kind and gives its URL."""
    numbers = count()

    def make(kind: str) -> str:
        number = next(numbers)
        if kind == "sqlite":
            return sqlite_url(tmp_path_factory.mktemp("sqlite") / f"{number}.db")
        server: PostgresServer = request.getfixturevalue("postgres")
        return server.new_database(f"test_{worker_name}_{number}")

    return make


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """Keeps the databases of parallel workers apart."""
    given = getattr(request.config, "workerinput", {"workerid": "alone"})
    return str(given["workerid"])


@pytest.fixture(scope="session")
def sqlite_model(new_database: Callable[[str], str]) -> Path:
    """A SQLite file with the newest tables, to be copied."""
    url = new_database("sqlite")
    database = open_database(url)
    upgrade_schema(database)
    database.close()
    return Path(url.removeprefix("sqlite:///"))


@pytest.fixture(scope="session")
def free_postgres() -> list[Database]:
    """Databases with the newest tables and no rows, that no test uses now: emptying one is quicker than making one."""
    return []


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database; a test that asks for it runs once on each."""
    return str(request.param)


@pytest.fixture
def open_copy(
    new_database: Callable[[str], str], sqlite_model: Path, free_postgres: list[Database]
) -> Iterator[Callable[[str], Database]]:
    """Opens a database with the newest tables and no rows, and closes it after the test."""
    opened: list[Database] = []

    def open_one(kind: str) -> Database:
        if kind == "postgresql" and free_postgres:
            opened.append(free_postgres.pop())
            return opened[-1]
        url = new_database(kind)
        if kind == "sqlite":
            shutil.copy(sqlite_model, url.removeprefix("sqlite:///"))
        opened.append(open_database(url))
        if kind == "postgresql":
            upgrade_schema(opened[-1])
        return opened[-1]

    yield open_one
    for database in opened:
        database.close()
        if database.kind == "postgresql" and empty_postgres(database):
            free_postgres.append(database)


@pytest.fixture
def database(kind: str, open_copy: Callable[[str], Database]) -> Database:
    """An empty database with the newest tables."""
    return open_copy(kind)


@pytest.fixture
def make_bench(database: Database, tmp_path: Path) -> Callable[..., Bench]:
    """Makes the product over the test's database; keyword arguments as ``Bench.open``."""

    def make(**changes: Any) -> Bench:
        return Bench(database, tmp_path, **changes)

    return make


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    """The product over the test's database, nothing connected yet."""
    return make_bench()
