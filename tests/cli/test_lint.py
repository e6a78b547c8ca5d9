"""``ascend flows lint`` for people, editors, GitHub and code scanning."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ascend_core.cli.root import ascend

BAD = "flow: hello\nsteps:\n  - sedn: Hello!\n"
DEAR = "flow: dear\nsteps:\n  - send: “Hello!”\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where somebody keeps flows."""
    (tmp_path / "bad, or not.yaml").write_text(BAD, "utf-8")
    (tmp_path / "dear.yaml").write_text(DEAR, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lint(*args: str) -> tuple[int, str]:
    """The exit code and what was printed."""
    done = CliRunner().invoke(ascend, ["flows", "lint", *args], standalone_mode=True)
    return done.exit_code, done.stdout


def test_text_is_what_editors_jump_to(folder: Path) -> None:
    """file:line:column, the code and the message; 4 for an error, 0 for a warning."""
    code, told = lint(".")

    assert code == 4
    assert told.splitlines()[0] == "bad, or not.yaml:3:5: F010 there is no bot action 'sedn' (did you mean 'send'?)"
    assert lint("dear.yaml")[0] == 0


def test_github_gets_workflow_commands(folder: Path) -> None:
    """What could be taken for the end of a property is written otherwise."""
    code, told = lint("--format", "github", ".")

    assert code == 4
    assert told.splitlines()[0] == (
        "::error file=bad%2C or not.yaml,line=3,col=5,title=F010::there is no bot action 'sedn' (did you mean 'send'?)"
    )
    assert told.splitlines()[1].startswith("::warning file=dear.yaml,line=3,col=11,title=F104::")


def test_code_scanning_gets_sarif(folder: Path) -> None:
    """Version 2.1.0, with a rule for each code that was found."""
    _, told = lint("--format", "sarif", ".")
    run = json.loads(told)["runs"][0]

    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["F010", "F104"]
    assert [(result["ruleId"], result["level"]) for result in run["results"]] == [
        ("F010", "error"),
        ("F104", "warning"),
    ]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 3, "startColumn": 5}
    assert place["artifactLocation"]["uri"] == "bad, or not.yaml"


def test_json_is_a_list(folder: Path) -> None:
    """For whoever wants none of the others."""
    _, told = lint("--json", ".")

    assert [(each["code"], each["warning"]) for each in json.loads(told)] == [("F010", False), ("F104", True)]


def test_a_schema_is_printed() -> None:
    """With the bot actions of installed plugins."""
    done = CliRunner().invoke(ascend, ["flows", "schema"])

    assert "step.webhook" in json.loads(done.stdout)["$defs"]


def test_fmt_writes_what_it_must_and_checks_what_it_may(folder: Path) -> None:
    """The second time there is nothing to do; --check writes nothing."""
    file = folder / "dear.yaml"
    file.write_text("flow:   dear  # a name\nsteps:\n- send: Hello!\n")

    def fmt(*args: str) -> int:
        return CliRunner().invoke(ascend, ["flows", "fmt", *args, str(file)], standalone_mode=True).exit_code

    assert (fmt("--check"), file.read_text()) == (1, "flow:   dear  # a name\nsteps:\n- send: Hello!\n")
    assert (fmt(), file.read_text()) == (0, "flow: dear  # a name\nsteps:\n  - send: Hello!\n")
    assert fmt("--check") == 0
