"""A real PostgreSQL by pip alone, whoever runs the tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from ascend_core.errors import DatabaseProblem
from ascend_core.testing import PostgresServer
from ascend_core.testing.postgres import _copy, _package


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """One server of our own for this file, even where DATABASE_URL is set."""
    with PostgresServer(environment={}) as started:
        yield started


def ask(url: str, question: str) -> object:
    """The one value that *question* gives at *url*."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row and row[0]


def test_a_new_database_is_empty_and_safe(server: PostgresServer) -> None:
    """Tests run against what production runs against: UTF-8, UTC, and a commit that is on the disk."""
    url = server.new_database("fresh")

    assert ask(url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    assert [ask(url, f"SHOW {name}") for name in ("server_encoding", "timezone", "fsync", "synchronous_commit")] == [
        "UTF8",
        "UTC",
        "on",
        "on",
    ]


def test_a_database_made_again_is_empty_again(server: PostgresServer) -> None:
    """A test never meets what an earlier one left."""
    with psycopg.connect(server.new_database("again").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(b"CREATE TABLE left_over AS SELECT 1 AS one")

    url = server.new_database("again")

    assert ask(url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def test_only_a_short_private_socket_leads_to_it(server: PostgresServer) -> None:
    """No port is opened, so test runs side by side do not meet; a socket's path may not be long."""
    url = server.new_database("private")
    (folder,) = parse_qs(urlsplit(url).query)["host"]

    assert ask(url, "SHOW listen_addresses") == ""
    assert len(f"{folder}/.s.PGSQL.5432") < 100
    assert Path(folder).stat().st_mode & 0o077 == 0


def test_the_folder_goes_when_the_server_stops() -> None:
    """Nothing is left on the machine, and stopping twice is harmless."""
    server = PostgresServer(environment={}).start()
    (folder,) = parse_qs(urlsplit(server.url()).query)["host"]

    server.stop()
    server.stop()

    assert not Path(folder).exists()
    with pytest.raises(DatabaseProblem, match="does not run"):
        server.url()


def test_a_given_server_is_used_and_left_alone(server: PostgresServer) -> None:
    """Where DATABASE_URL is set, nothing is started and nothing is stopped."""
    given = server.url().replace("+psycopg", "")
    with PostgresServer(environment={"DATABASE_URL": given}) as other:
        url = other.new_database("given")

    assert ask(url, "SELECT current_database()") == "given"


@pytest.mark.parametrize("name", ["", "Upper", "a-b", 'a"; DROP DATABASE postgres; --', "x" * 64])
def test_a_name_that_is_none_is_refused(server: PostgresServer, name: str) -> None:
    """Names go into SQL, so only plain ones are taken."""
    with pytest.raises(DatabaseProblem, match="is no database name"):
        server.new_database(name)


def test_programs_that_others_cannot_read_are_copied_to_where_they_can(tmp_path: Path) -> None:
    """A virtual environment under root's home works too: the server's user gets a copy, made once."""
    hidden = tmp_path / "hidden" / _package().name
    (hidden / "pginstall" / "bin").mkdir(parents=True)
    program = hidden / "pginstall" / "bin" / "postgres"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    hidden.parent.chmod(0o700)

    copy = _copy(hidden)
    try:
        copied = copy / hidden.name / "pginstall" / "bin" / "postgres"
        assert copied.read_text() == "#!/bin/sh\n"
        inside = [copy, *copy.rglob("*")]
        assert all(each.stat().st_mode & 0o055 == 0o055 for each in inside)
        assert copy.stat().st_uid == os.geteuid()
        assert _copy(hidden) == copy
    finally:
        shutil.rmtree(copy)
        copy.with_suffix(".lock").unlink()
