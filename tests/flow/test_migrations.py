"""Documents in an older version of the language keep their meaning. There is none yet: these tests bring their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ascend_core.flow.layout import laid_out
from ascend_core.flow.load import check_flow, load_flow
from ascend_core.flow.migrations import MIGRATIONS, migrate
from ascend_core.flow.written import SPEC

GOLDEN = Path(__file__).parent / "golden"


def say_to_send(root: yaml.MappingNode) -> None:
    """What a step from 0 to 1 could have been."""
    todo: list[yaml.Node] = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                key.value = "send" if key.value == "say" else key.value
                todo.append(value)
        elif isinstance(node, yaml.SequenceNode):
            todo.extend(node.value)


STEPS = {0: say_to_send}


def golden(spec: int) -> str:
    """The document in that version."""
    return (GOLDEN / f"spec_{spec}.yaml").read_text("utf-8")


def test_there_is_a_step_from_every_version_but_the_newest() -> None:
    """Whoever raises SPEC writes the step, and a golden file for it."""
    assert sorted(MIGRATIONS) == list(range(1, SPEC))
    assert all((GOLDEN / f"spec_{spec}.yaml").exists() for spec in (*MIGRATIONS, SPEC))


def test_an_older_document_says_the_same_as_its_golden_file(registered: dict[str, Any]) -> None:
    """One digest, so that publishing it anew makes no version."""
    old, problems = check_flow(golden(0), file="f", **registered, migrations=STEPS)

    assert old is not None, problems
    assert old.digest == load_flow(golden(1), file="f", **registered).digest
    assert old.source == golden(0)


def test_problems_are_told_where_they_stand_in_the_older_document(registered: dict[str, Any]) -> None:
    """An author looks at the file as it is."""
    wrong = golden(0).replace("say: Hello!", "say: Hello ${member.nick}!")
    _, problems = check_flow(wrong, file="f", **registered, migrations=STEPS)

    assert [(problem.line, problem.column, problem.code) for problem in problems] == [(5, 10, "F023")]


def test_fmt_writes_the_golden_file() -> None:
    """Comments included."""
    assert laid_out(golden(0), file="f", migrations=STEPS) == golden(1)


@pytest.mark.parametrize("spec", ["0", "-1", "99", "one", "[1]"])
def test_without_a_way_nothing_is_changed(registered: dict[str, Any], spec: str) -> None:
    """The document is refused, and says why."""
    document = golden(0).replace("spec: 0", f"spec: {spec}")
    flow, problems = check_flow(document, file="f", **registered)

    assert flow is None
    assert {"F005", "F006", "F014"} & {problem.code for problem in problems}


def test_a_document_without_a_version_is_of_the_first() -> None:
    """Whatever the newest is: what was written long ago keeps its meaning."""
    root = yaml.compose("flow: a\nsteps: []", Loader=yaml.SafeLoader)
    seen: list[str] = []
    assert migrate(root, {1: lambda node: seen.append(node.value[0][1].value)}, newest=2)

    assert seen == ["a"]
    assert [(key.value, value.value) for key, value in root.value] == [("flow", "a"), ("spec", "2"), ("steps", [])]
