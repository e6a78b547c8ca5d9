"""Copies of the database: made while it is used, put back whole, and frozen until they were compared."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ascend_core.contracts import ChannelSandbox
from ascend_core.runtime.drains import drain_all
from ascend_core.runtime.file_lock import only_one
from ascend_core.runtime.opening import home_from, open_core, open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness
from ascend_core.store.backup import put_back
from ascend_core.store.messages import MessageRecord, insert_messages
from ascend_core.testing import VirtualClock
from ascend_core.web.serving import ThreadedServer, bind


@pytest.fixture
def people(made: Any, tmp_path: Path) -> Any:
    """An installation with one member and a channel."""
    (tmp_path / "people.csv").write_text("phone,first_name\n2125550150,Bo\n")
    assert made("members", "import", tmp_path / "people.csv", "--proof", "x").code == 0
    return made


def names(run: Any) -> list[str]:
    """Who is a member."""
    return [each["fields"]["first_name"] for each in run("members", "list", "--json").json()]


def test_a_copy_is_put_back_and_what_was_there_is_kept(people: Any, tmp_path: Path, home: Path) -> None:
    """A member who came later is gone, and in the file that was kept."""
    copy = tmp_path / "copy.db"
    made = people("db", "backup", copy)
    (tmp_path / "people.csv").write_text("phone,first_name\n2125550151,Cy\n")
    people("members", "import", tmp_path / "people.csv", "--proof", "x")
    restored = people("db", "restore", copy, "--yes")

    assert (made.code, restored.code) == (0, 0)
    assert names(people) == ["Bo"]
    assert "run: ascend messages reconcile" in restored.err
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []
    assert people("db", "restore", home / "ascend.db.before-restore", "--yes").code == 0
    assert names(people) == ["Bo", "Cy"]


def test_a_copy_overwrites_nothing(people: Any, tmp_path: Path) -> None:
    """The last good one stays good."""
    copy = tmp_path / "copy.db"
    copy.write_text("mine")

    assert people("db", "backup", copy).err == f"error: {copy} is there already; a copy overwrites nothing\n"
    assert copy.read_text() == "mine"


def test_what_is_no_copy_is_refused_and_changes_nothing(people: Any, tmp_path: Path) -> None:
    """A text, an empty file, a file that is not there."""
    (tmp_path / "notes.db").write_text("not a database " * 100)
    (tmp_path / "empty.db").write_bytes(b"")

    for name in ("notes.db", "empty.db"):
        assert (
            "is no sound copy of a database; nothing was changed"
            in people("db", "restore", tmp_path / name, "--yes").err
        )
    assert "there is no file" in people("db", "restore", tmp_path / "none.db", "--yes").err
    assert names(people) == ["Bo"]


def test_what_cannot_be_read_any_more_is_replaced_and_kept(people: Any, tmp_path: Path, home: Path) -> None:
    """A broken disk is the usual reason to go back to a copy; nothing of what is left is thrown away."""
    copy = tmp_path / "copy.db"
    people("db", "backup", copy)
    for end in ("-wal", "-shm"):
        (home / f"ascend.db{end}").unlink(missing_ok=True)
    (home / "ascend.db").write_bytes(b"nonsense " * 1000)
    restored = people("db", "restore", copy, "--yes")

    assert restored.code == 0, restored.err
    assert names(people) == ["Bo"]
    assert (home / "ascend.db.before-restore").read_bytes() == b"nonsense " * 1000


def test_a_database_that_is_gone_is_put_back(people: Any, tmp_path: Path, home: Path) -> None:
    """On a new disk, too."""
    copy = tmp_path / "copy.db"
    people("db", "backup", copy)
    for file in home.glob("ascend.db*"):
        file.unlink()
    restored = people("db", "restore", copy, "--yes")

    assert restored.code == 0, restored.err
    assert "no database was there" in restored.err
    assert names(people) == ["Bo"]


def test_a_copy_of_a_newer_version_is_refused_and_changes_nothing(people: Any, tmp_path: Path) -> None:
    """Before anything was put in its place."""
    copy = tmp_path / "copy.db"
    people("db", "backup", copy)
    with sqlite3.connect(copy) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    refused = people("db", "restore", copy, "--yes")

    assert "made by a newer version of Ascend" in refused.err
    assert names(people) == ["Bo"]


def test_a_crash_leaves_no_copy_that_sends(
    people: Any, tmp_path: Path, home: Path, carrier: ChannelSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is put in the database's place is frozen already."""
    copy = tmp_path / "copy.db"
    people("db", "backup", copy)

    def crash(database: Any, source: Path) -> None:
        put_back(database, source)
        raise KeyboardInterrupt

    monkeypatch.setattr("ascend_core.runtime.restoring.put_back", crash)
    people("db", "restore", copy, "--yes")
    (frozen,) = people("sms", "status", "--json").json()

    assert frozen["problem"].startswith("the copy copy.db was restored. Nothing is sent")
    assert [path.name for path in home.iterdir() if "part" in path.name] == []


def test_nothing_is_restored_under_a_worker(people: Any, tmp_path: Path, home: Path) -> None:
    """It would send what the copy has forgotten."""
    people("db", "backup", tmp_path / "copy.db")

    with only_one(home / "ascend.db.lock"):
        refused = people("db", "restore", tmp_path / "copy.db", "--yes")

    assert refused.err.startswith("error: another process works on this database already")


@pytest.fixture
def carrier(people: Any) -> Iterator[ChannelSandbox]:
    """A served stand-in for the provider, connected."""
    registry = open_registry(SystemClock(), SystemRandomness(), environment={})
    sandbox: ChannelSandbox = registry.channels["sms"].sandbox(clock=SystemClock(), seed=1, journal=None)
    server = ThreadedServer(sandbox.app, bind())
    given = [(f"--{name.replace('_', '-')}", value) for name, value in sandbox.settings(server.url).items()]
    assert people("sms", "connect", *(part for pair in given for part in pair)).code == 0
    yield sandbox
    server.close()


NOON = (SystemClock().now() + timedelta(days=1)).replace(hour=17)
"""In New York, where nobody sleeps then."""


def write_text(home: Path) -> None:
    """A text for the one member waits."""
    core = open_core(home_from({"ASCEND_HOME": str(home)}))

    def work(tx: Any) -> None:
        member = tx.execute(text("SELECT id, phone FROM member")).one()
        record = MessageRecord(
            id=1, key="k1", intent="i1", member_id=member.id, phone=member.phone, purpose=2, body="Meet at nine",
            state="ready", due_at=NOON, created_at=NOON,
        )  # fmt: skip
        insert_messages(tx, [record])

    core.database.write(work)
    core.database.close()


def work_at_noon(home: Path) -> None:
    """What a worker would do."""
    core = open_core(home_from({"ASCEND_HOME": str(home)}), clock=VirtualClock(NOON))
    asyncio.run(drain_all(core))
    core.database.close()


def test_after_a_restore_nothing_is_sent_before_the_copy_was_compared(
    people: Any, tmp_path: Path, home: Path, carrier: ChannelSandbox
) -> None:
    """The copy still holds a text that was sent since; nobody gets it twice."""
    write_text(home)
    copy = tmp_path / "copy.db"
    people("db", "backup", copy)
    work_at_noon(home)
    sent = [each.body for each in carrier.texts()]

    people("db", "restore", copy, "--yes")
    (frozen,) = people("sms", "status", "--json").json()
    work_at_noon(home)
    while_frozen = len(carrier.texts())
    reconciled = people("messages", "reconcile")
    (free,) = people("sms", "status", "--json").json()
    work_at_noon(home)

    assert sent == ["Meet at nine"]
    assert frozen["problem"].startswith("the copy copy.db was restored. Nothing is sent")
    assert (while_frozen, reconciled.code, free["problem"]) == (1, 0, None)
    assert len(carrier.texts()) == 1
