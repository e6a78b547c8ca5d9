"""``ascend flows test``: an author sees what a person would have got, and the line that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FLOW = """\
flow: hello
steps:
  - send: "Hi ${member.first_name|there}! See ${link.form} STOP to leave."
    links: {form: {url: "${event.url}", track: mobilize}}
"""
TESTS = """\
flow: hello
tests:
  - test: says hello
    member: {first_name: Ana}
    script:
      - expect: Hi Ana! See <form>*
      - ends: finished
  - test: says good morning
    script:
      - expect: Good morning! See <form>*
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A flow and its tests."""
    place = tmp_path / "flows"
    place.mkdir()
    (place / "hello.yaml").write_text(FLOW)
    (place / "hello.test.yaml").write_text(TESTS)
    return place


def test_a_failure_shows_the_phone_and_the_line(run: Callable[..., Any], folder: Path) -> None:
    """No installation is needed; the process ends with 4."""
    ran = run("flows", "test", folder, "-v")

    assert ran.code == 4
    assert ran.err.startswith("2 tests: 1 passed, 1 failed, in ")
    assert ran.out.splitlines()[:2] == ["ok    hello: says hello", "FAIL  hello: says good morning"]
    assert "✗ │ Hi there! See <form> STOP to leave. │" in ran.out
    assert ran.out.rstrip().splitlines()[-4:] == [
        f"{folder / 'hello.test.yaml'}:10:9: another text came",
        "  expected  Good morning! See <form>*",
        "  got       Hi there! See <form> STOP to leave.",
        "            ^",
    ]


def test_what_passes_is_quiet_and_can_be_chosen(run: Callable[..., Any], folder: Path) -> None:
    """``-k`` takes part of a name; nothing on stdout is good news."""
    ran = run("flows", "test", folder / "hello.test.yaml", "-k", "SAYS HELLO")

    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("1 test: 1 passed, 0 failed")


def test_machines_read_json(run: Callable[..., Any], folder: Path) -> None:
    """One document: each test, its failure with the place, and the conversation."""
    ran = run("flows", "test", folder, "--json")

    good, bad = ran.json()
    assert (good["passed"], good["failure"], bad["passed"]) == (True, None, False)
    assert (bad["failure"]["line"], bad["failure"]["problem"]) == (10, "another text came")
    assert [line["who"] for line in good["conversation"]] == ["us", "aside"]


def test_lint_reads_flow_tests_too(run: Callable[..., Any], folder: Path) -> None:
    """A misspelt entry is found without playing anything."""
    (folder / "hello.test.yaml").write_text(TESTS.replace("ends:", "end:"))

    ran = run("flows", "lint", folder)

    assert ran.code == 4
    assert "hello.test.yaml:7:9: F012 unknown entry 'end' (did you mean 'ends'?)" in ran.out


def test_a_flow_that_is_not_there_is_named(run: Callable[..., Any], folder: Path) -> None:
    """At the line that names it."""
    (folder / "hello.test.yaml").write_text(TESTS.replace("flow: hello", "flow: hallo"))

    from ascend_core.errors import FlowProblem

    ran = run("flows", "test", folder)

    assert ran.code == FlowProblem.exit_code
    assert "hello.test.yaml:1:7: F014 no flow 'hallo' is among these files (did you mean 'hello'?)" in ran.err


def test_nothing_to_test_is_an_error(run: Callable[..., Any], folder: Path) -> None:
    """A green run that played nothing would be a lie."""
    (folder / "hello.test.yaml").unlink()

    assert run("flows", "test", folder).code == 4
