"""A flow through time: read, compared, restored and retired, with members inside left alone (row E3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

ONE = "flow: hello\nsteps:\n  - send: One.\n"
TWO = "flow: hello\nsteps:\n  - send: Two.\n"


@pytest.fixture
def twice(made: Any, tmp_path: Path) -> Any:
    """A flow that was published twice."""
    for text in (ONE, TWO):
        (tmp_path / "hello.yaml").write_text(text)
        assert made("flows", "publish", tmp_path / "hello.yaml").code == 0
    return made


def test_every_version_can_be_read_and_restored(twice: Any) -> None:
    """Restoring makes a new version of the old words; nothing is ever overwritten."""
    old = twice("flows", "show", "hello", "1")
    restored = twice("flows", "restore", "hello", "1")
    again = twice("flows", "restore", "hello", "1")

    assert old.out == ONE
    assert restored.err == "hello: version 3 is live now\n"
    assert again.err == "hello: version 3 says the same and was live already\n"
    assert [
        (each["version"], each["live"]) for each in twice("flows", "versions", "hello", "--json").json()["versions"]
    ] == [
        (3, True),
        (2, False),
        (1, False),
    ]
    assert "live" in twice("flows", "versions", "hello").out


def test_two_versions_are_compared_by_their_words_and_by_what_they_mean(twice: Any, tmp_path: Path) -> None:
    """Comments and layout are differences of words alone."""
    (tmp_path / "same.yaml").write_text("# a comment\n" + TWO)

    words = twice("flows", "diff", "hello", "1", "2")
    same = twice("flows", "diff", "hello", "live", tmp_path / "same.yaml")

    assert "-  - send: One." in words.out.splitlines()
    assert "+  - send: Two." in words.out.splitlines()
    assert words.err == "They say something else.\n"
    assert "+# a comment" in same.out.splitlines()
    assert same.err == "They say the same.\n"


def test_a_draft_is_kept_and_nobody_runs_it(twice: Any, tmp_path: Path) -> None:
    """Dirty is a comparison of what the two say; a draft may be broken until it is published."""
    file = tmp_path / "draft.yaml"
    file.write_text(TWO.replace("Two", "Three"))
    kept = twice("flows", "draft", file)
    dirty = twice("flows", "versions", "hello", "--json").json()
    published = twice("flows", "publish-draft", "hello")
    clean = twice("flows", "versions", "hello", "--json").json()
    file.write_text("flow: hello\nsteps:\n  - sned: Four.\n")
    broken = twice("flows", "draft", file)
    compared = twice("flows", "diff", "hello")
    refused = twice("flows", "publish-draft", "hello")
    gone = twice("flows", "discard-draft", "hello")

    assert kept.err == "hello: draft kept, differs from what is live\n"
    assert (dirty["dirty"], dirty["draft"] is None, clean["dirty"], clean["draft"]) == (True, False, False, None)
    assert published.err == "hello: version 3 is live now\n"
    assert f"it does not hold yet, see: ascend flows lint {file}" in broken.err
    assert (compared.code, "+  - sned: Four." in compared.out.splitlines()) == (0, True)
    assert compared.err == "What lint says of draft keeps it from being compared: ascend flows lint FILE\n"
    assert refused.code == 4
    assert "hello draft:3:5: F010" in refused.err
    assert gone.code == 0


def test_a_retired_flow_is_entered_no_more(twice: Any) -> None:
    """Its versions stay, and restoring one brings it back."""
    retired = twice("flows", "retire", "hello")
    listed = twice("flows", "list", "--json").json()
    shown = twice("flows", "versions", "hello")
    back = twice("flows", "restore", "hello", "2")

    assert retired.err == "hello: nobody enters any more; 0 members inside\n"
    assert listed == []
    assert "No version is live" in shown.err
    assert back.err == "hello: version 3 is live now\n"


def test_a_flow_or_version_that_is_not_there_is_named(twice: Any) -> None:
    """With what there is instead."""
    assert "did you mean 'hello'?" in twice("flows", "versions", "hallo").err
    assert "the flow 'hello' has no '7'; it has: 2, 1, live" in twice("flows", "show", "hello", "7").err
    assert twice("flows", "publish-draft", "hello").code == 4
