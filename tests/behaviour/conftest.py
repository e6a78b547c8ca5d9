# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Where the stories of the behaviour specification are played: a world in a box, real HTTP, a clock that we move.

``specs/behaviour/README.md`` lists every step. A ``Then`` about texts looks at those that came since the last one
about the same person, so that no text goes unnoticed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ascend_core.store.database import Database, open_database, sqlite_url
from ascend_core.store.schema import upgrade_schema
from ascend_core.testing import PostgresServer, SeededRandomness
from ascend_core.testing.world import World
from tests.behaviour.story import START, Story
from tests.fakes.databases import empty_postgres

DATABASES = os.environ.get("ASCEND_TEST_DATABASES", "sqlite,postgresql").split(",")

ROWS = [
    f"{section}{number}"
    for section, count in zip("ABCDEFGHIJ", (9, 10, 5, 8, 5, 5, 4, 6, 3, 5), strict=True)
    for number in range(1, count + 1)
]
"""Every row of the table of behaviours."""

STEPS = sorted(file.stem for file in (Path(__file__).parent / "steps").glob("*.py"))
"""The modules of steps, each one subject."""


def pytest_configure(config: pytest.Config) -> None:
    """A row's id is a mark (``pytest -m H1``), and every module of steps is known to every story."""
    config.addinivalue_line("markers", "telnyx: the carrier of the story is reached through Telnyx")
    for row in ROWS:
        config.addinivalue_line("markers", f"{row}: row {row} of specs/behaviour/README.md")
    for module in STEPS:
        config.pluginmanager.import_plugin(f"tests.behaviour.steps.{module}")


# where the stories are played


@pytest.fixture(scope="session")
def postgres_story(postgres: PostgresServer, worker_name: str) -> Iterator[Database]:
    """A database of PostgreSQL with the newest tables, for one story after the other."""
    database = open_database(postgres.new_database(f"behaviour_{worker_name}"))
    upgrade_schema(database)
    yield database
    database.close()


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database for one story, with the newest tables and no rows."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_model"), tmp_path / "story.db")
        return sqlite_url(tmp_path / "story.db")
    database: Database = request.getfixturevalue("postgres_story")
    empty_postgres(database)
    return database.engine.url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """A client for everything that a story opens; making one takes longer than a story's requests."""
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield client


SOMEBODY_ELSES = Path(__file__).parents[1] / "plugins" / "kudos"
"""A plugin as it would be installed, with the metadata of its distribution."""


@pytest.fixture
def story(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    database_url: str,
    http: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Story]:
    """One story: a world of its own, and who and what it told of so far."""
    monkeypatch.syspath_prepend(SOMEBODY_ELSES)
    channel = "telnyx" if request.node.get_closest_marker("telnyx") else "sms"
    with World(
        tmp_path,
        start=START,
        database_url=database_url,
        randomness=SeededRandomness(1),
        channel=channel,
        options={"webhooks_private": True},  # the servers of stories are on loopback
    ) as world:
        told = Story(world=world, http=http)
        yield told
        for server in (told.elsewhere, told.other):
            if server is not None:
                server.close()
