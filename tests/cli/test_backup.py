"""Copies of the database: made while it is used, put back whole, and frozen until they were compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ascend_core.runtime.file_lock import only_one


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


def test_nothing_is_restored_under_a_worker(people: Any, tmp_path: Path, home: Path) -> None:
    """It would send what the copy has forgotten."""
    people("db", "backup", tmp_path / "copy.db")

    with only_one(home / "ascend.db.lock"):
        refused = people("db", "restore", tmp_path / "copy.db", "--yes")

    assert refused.err.startswith("error: another process works on this database already")
