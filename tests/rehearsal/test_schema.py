"""``specs/flow.schema.json`` is what the reader takes, for editors: made from the same classes, and checked in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from ascend_core.host.registry import Registry
from ascend_core.rehearsal.schema import document_schema

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "actions" / "cases"
CHECKED_IN = ROOT / "specs" / "flow.schema.json"

STRUCTURAL = ("F005", "F010", "F012", "F013")
"""What a schema can see: another kind of value, an unknown bot action, an unknown or a missing key."""


@cache
def validator() -> Draft202012Validator:
    """Of the schema that is checked in."""
    return Draft202012Validator(json.loads(CHECKED_IN.read_text("utf-8")))


def plain(value: Any) -> Any:
    """As an editor sees it, which takes dates for texts."""
    match value:
        case dict():
            return {str(key): plain(part) for key, part in value.items()}
        case list():
            return [plain(part) for part in value]
        case date():
            return value.isoformat()
        case _:
            return value


def documents() -> list[Path]:
    """Every document of ours."""
    folders = (ROOT / "specs" / "flows", ROOT / "ascend_core" / "demo" / "documents")
    return [
        ROOT / "tests/flow/example.yaml",
        *(path for folder in folders for path in sorted(folder.glob("**/*.yaml"))),
    ]


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """The cases of every bot action."""
    for file in sorted(CASES.glob("*.yaml")):
        for case in yaml.load(file.read_text("utf-8"), yaml.BaseLoader):  # noqa: S506 -- it makes strings and nothing else
            yield f"{file.stem}: {case['case']}", case


def test_the_schema_that_is_checked_in_is_the_products(registry: Registry) -> None:
    """After a change: ascend flows schema > specs/flow.schema.json."""
    assert json.loads(CHECKED_IN.read_text("utf-8")) == json.loads(json.dumps(document_schema(registry)))


def test_it_is_a_json_schema() -> None:
    """Of 2020-12."""
    Draft202012Validator.check_schema(validator().schema)


@pytest.mark.parametrize("file", documents(), ids=lambda file: file.name)
def test_our_documents_are_valid(file: Path) -> None:
    """What we show and ship."""
    document = plain(yaml.safe_load(file.read_text("utf-8")))

    assert list(validator().iter_errors(document)) == []


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in cases() if "refused" not in case])
def test_what_the_reader_takes_is_valid(case: dict[str, Any]) -> None:
    """Every way a bot action is written in its cases."""
    document = plain(yaml.safe_load(f"flow: tried\nsteps:\n{case['steps']}"))

    assert list(validator().iter_errors(document)) == []


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=name)
        for name, case in cases()
        if any(code in line for line in case.get("refused", ()) for code in STRUCTURAL)
    ],
)
def test_what_the_reader_finds_in_the_structure_is_invalid(case: dict[str, Any]) -> None:
    """The editor underlines it while it is written."""
    document = plain(yaml.safe_load(f"flow: tried\nsteps:\n{case['steps']}"))

    assert not validator().is_valid(document)


@pytest.mark.parametrize(
    "document",
    [
        "flow: a\nsteps: [{sned: Hi}]",
        "flow: a\nstep: []",
        "flow: a\nsteps: [{send: Hi, linx: {}}]",
        "flow: a\nsteps: [{ask: a}]",
        "flow: a\nsteps: [{send: Hi}]\nreentry: again",
        "flow: a\nsteps: [{send: Hi, nudges: [{nudge: no_reply, text: Hi}]}]",
        "flow: a\nsteps: [{send: Hi, nudges: [{nudge: no_such, after: 1d, text: Hi}]}]",
        "flow: a\nsteps: [{wait: soon}]",
        "automation: a\nrun: b",
        "flow: a\ntests: [{test: b, script: [{expct: Hi}]}]",
    ],
)
def test_slips_are_invalid(document: str) -> None:
    """A wrong word, a missing key, a value of another kind."""
    assert not validator().is_valid(yaml.safe_load(document))


def test_every_key_of_a_flow_and_of_its_steps_says_what_it_is_for() -> None:
    """An editor shows it beside the cursor."""
    defs = validator().schema["$defs"]
    silent = [
        f"{name}.{key}"
        for name in defs
        if name in ("flow", "automation", "broadcast", "nudge", "QuietHours") or name.startswith("step.")
        for key, schema in defs[name]["properties"].items()
        if "description" not in schema and key not in ("nudges", "id", "nudge") and schema != {"type": "null"}
    ]
    assert silent == []
