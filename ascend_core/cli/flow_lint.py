"""``ascend flows lint``: what is wrong with documents, for people, editors, GitHub and code scanning."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs
import click

from ascend_core.cli.documents import find_documents, read_bytes
from ascend_core.cli.showing import clean, counted, say, show_json
from ascend_core.errors import BadInput
from ascend_core.flow.codes import CODES, is_warning
from ascend_core.flow.problems import Problem
from ascend_core.rehearsal.check import check_document, flow_names_in
from ascend_core.runtime.opening import open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness

__all__ = ["lint"]

SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


@click.command()
@click.argument("places", metavar="FILE|FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "github", "sarif"]),
    default="text",
    show_default=True,
    help="For people and editors, for annotations in GitHub Actions, or for code scanning.",
)
def lint(*, places: tuple[Path, ...], as_json: bool, form: str) -> None:
    """Say what is wrong with flows, automations, broadcasts and flow tests, each problem with its line and column.

    Of several files, what starts a flow that is not among them is told too.

    Ends with 4 when one of the problems is an error. specs/lint says what each code means.
    """
    registry = open_registry(SystemClock(), SystemRandomness())
    for left_out in registry.problems:
        say(f"left out: {left_out}")
    files = find_documents(places)
    texts = {str(file): read_bytes(file) for file in files}
    flows = flow_names_in(texts.values()) if len(texts) > 1 else None  # one file alone knows of no other
    found = [
        problem for file, text in texts.items() for problem in check_document(registry, text, file=file, flows=flows)
    ]
    if as_json:
        show_json([{**attrs.asdict(problem), "warning": problem.warning} for problem in found])
    else:
        _SHOWN[form](found)
    errors = sum(not problem.warning for problem in found)
    say(f"{counted(len(files), 'file')}: {counted(errors, 'error')}, {counted(len(found) - errors, 'warning')}")
    if errors:
        sys.exit(BadInput.exit_code)


def _text(found: Sequence[Problem]) -> None:
    for problem in found:
        click.echo(clean(str(problem)) + (" (warning)" if problem.warning else ""))


def _github(found: Sequence[Problem]) -> None:
    """Workflow commands: what a runner turns into annotations beside the lines of a pull request."""
    for problem in found:
        level = "warning" if problem.warning else "error"
        where = f"file={_property(problem.file)},line={problem.line},col={problem.column}"
        click.echo(f"::{level} {where},title={problem.code}::{_data(problem.message)}")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _sarif(found: Sequence[Problem]) -> None:
    """SARIF 2.1.0."""
    codes = sorted({problem.code for problem in found})
    driver = {
        "name": "ascend flows lint",
        "version": version("ascend-core"),
        "rules": [
            {
                "id": code,
                "shortDescription": {"text": CODES[code]},
                "defaultConfiguration": {"level": "warning" if is_warning(code) else "error"},
            }
            for code in codes
        ],
    }
    results = [_result(problem, codes) for problem in found]
    show_json({"$schema": SARIF, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]})


def _result(problem: Problem, codes: Sequence[str]) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": Path(problem.file).as_posix()},
        "region": {"startLine": problem.line, "startColumn": problem.column},
    }
    return {
        "ruleId": problem.code,
        "ruleIndex": codes.index(problem.code),
        "level": "warning" if problem.warning else "error",
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": place}],
    }


_SHOWN: Mapping[str, Callable[[Sequence[Problem]], None]] = {"text": _text, "github": _github, "sarif": _sarif}
