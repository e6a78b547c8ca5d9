# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""What ``deploy/`` tells a stranger to run is there, and means what it says."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from configparser import ConfigParser
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ascend_core.cli.root import ascend
from ascend_core.runtime.config import SETTINGS, read_config
from ascend_core.runtime.opening import home_from
from tests.house.sources import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
VARIABLES = {setting.variable for setting in SETTINGS}


def check_command(words: list[str]) -> None:
    """Make sure that the command line *words* (without ``ascend``) names commands and options that exist."""
    command: click.Command = ascend
    context = click.Context(ascend)
    while isinstance(command, click.Group) and words:
        found = command.get_command(context, words[0])
        assert found is not None, f"there is no command {words[0]}"
        command, words = found, words[1:]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_exists(unit: Path) -> None:
    """And runs as a user of its own, with its folder closed to others."""
    read = ConfigParser(interpolation=None, strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]  # -- as configparser's manual has it
    read.read_string(unit.read_text("utf-8"))

    service = read["Service"]
    for key in ("ExecStartPre", "ExecStart"):
        if key in service:
            program, *words = shlex.split(service[key])
            assert program == "/opt/ascend/bin/ascend"
            check_command(words)
    assert (service["User"], service["StateDirectoryMode"], service["UMask"]) == ("ascend", "0700", "0077")


def test_the_example_has_every_setting_that_config_show_has(tmp_path: Path) -> None:
    """Plugins' too, and no other: a misspelt variable would silently not be there."""
    example = (DEPLOY / "environment.example").read_text("utf-8")
    named = re.findall(r"^(?:# )?(ASCEND_\w+)=", example, re.MULTILINE)
    shown = CliRunner().invoke(ascend, ["config", "show", "--json"], env={"ASCEND_HOME": str(tmp_path)})
    known = {row["variable"] for row in json.loads(shown.stdout)["settings"]}

    assert sorted(named) == sorted(set(named)) == sorted(known)
    assert known > VARIABLES


def test_the_example_can_be_used_as_it_is(tmp_path: Path) -> None:
    """Each value fits, the commented ones too."""
    example = (DEPLOY / "environment.example").read_text("utf-8")
    values = dict(re.findall(r"^(?:# )?(ASCEND_\w+)=(.*)$", example, re.MULTILINE))
    values = {name: "".join(shlex.split(value)) for name, value in values.items()}
    elsewhere = {name: value for name, value in values.items() if not value.startswith("/")}

    home = home_from({**elsewhere, "ASCEND_HOME": str(tmp_path)})

    assert home.options.program.name == values["ASCEND_PROGRAM"]
    assert home.metrics == ("127.0.0.1", int(values["ASCEND_METRICS"]))


def test_the_example_is_read_alike_by_a_shell_and_by_a_container(tmp_path: Path) -> None:
    """The page sources it; ``podman run --env-file`` takes each line as it stands, quotes and all. Comments are off."""
    example = (DEPLOY / "environment.example").read_text("utf-8")
    file = tmp_path / "environment"
    file.write_text(re.sub(r"^# (?=ASCEND_\w+=)", "", example, flags=re.MULTILINE), "utf-8")
    sourced = subprocess.run(
        ["/bin/sh", "-c", f"set -eu; set -a; . {file}; set +a; env"], env={}, check=True, capture_output=True, text=True
    )
    by_shell = dict(line.split("=", 1) for line in sourced.stdout.splitlines() if line.startswith("ASCEND_"))
    by_container = dict(re.findall(r"^(ASCEND_\w+)=(.*)$", file.read_text("utf-8"), re.MULTILINE))
    for read in (by_shell, by_container):
        read.pop("ASCEND_CONFIG")  # a file that is not there

    assert sourced.stderr == ""
    assert read_config(by_shell).values == read_config(by_container).values
    assert read_config(by_shell).values["ASCEND_PROGRAM"] == "Northfield Volunteers"
    assert read_config(by_shell).values["ASCEND_DATABASE_URL"].startswith("postgresql://")


def test_every_command_of_the_page_exists() -> None:
    """Whoever follows it gets somewhere."""
    page = (DEPLOY / "README.md").read_text("utf-8")
    lines = [*re.findall(r"`ascend ([^`]+)`", page), *re.findall(r"/opt/ascend/bin/ascend (.+)$", page, re.MULTILINE)]

    assert len(lines) > 5
    for line in lines:
        check_command([word for word in shlex.split(line) if word != "FILE"])


def test_the_container_starts_a_command_that_exists() -> None:
    """As the service does, but listening for the container's own network."""
    lines = (DEPLOY / "Containerfile").read_text("utf-8").splitlines()
    (command,) = [line.removeprefix("CMD ") for line in lines if line.startswith("CMD ")]

    check_command([word.strip(' "') for word in command.strip("[]").split(",")])


def test_the_product_reads_no_setting_that_config_show_does_not_know() -> None:
    """Else somebody could set it and never see where it comes from."""
    source = (ROOT / "ascend_core/runtime/opening.py").read_text("utf-8")

    assert set(re.findall(r'"(ASCEND_\w+)"', source)) <= VARIABLES


def test_every_event_of_the_log_is_explained() -> None:
    """Whoever searches the log by an event's name finds what it means, and no name that is not there."""
    explained = re.findall(r"`([a-z]+\.[a-z_]+)`", (DEPLOY / "README.md").read_text("utf-8"))
    product = "\n".join(path.read_text("utf-8") for path in (ROOT / "ascend_core").rglob("*.py"))
    said = re.findall(r'(?:_LOG\.\w+|say|event=|_fenced)\(?\s*"([a-z]+\.[a-z_]+)"', product)

    assert said
    assert set(said) == {name for name in explained if not name.startswith("ascend.")}
