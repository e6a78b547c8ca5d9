"""``specs/behaviour/README.md`` stays true: it lists every step, and says of every row which scenarios show it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_bdd.feature import get_features
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

SPECS = Path(__file__).parents[2] / "specs" / "behaviour"
README = (SPECS / "README.md").read_text("utf-8")

ROWS = [
    f"{section}{number}"
    for section, count in zip("ABCDEFGHIJ", (9, 10, 5, 8, 5, 5, 4, 6, 3, 5), strict=True)
    for number in range(1, count + 1)
]

EXAMPLES = re.findall(r"^- `(Given|When|Then) (.+)`$", README, re.MULTILINE)

STATES = re.findall(r"^\| ([A-J]\d+) \| (.*) \| (.*) \|$", README, re.MULTILINE)

Steps = list[StepFunctionContext]


@pytest.fixture
def steps() -> Steps:
    """Every step of the code."""
    here = str(Path(__file__).parent)
    return [
        step for step in step_function_context_registry.values() if step.step_func.__code__.co_filename.startswith(here)
    ]


def _fits(keyword: str, words: str) -> Callable[[StepFunctionContext], bool]:
    return lambda step: step.type in (None, keyword.lower()) and bool(step.parser.is_matching(words))


def test_every_step_has_an_example(steps: Steps) -> None:
    """Who writes a scenario finds every step in the list."""
    missing = [
        f"{step.type} {step.parser.name}"
        for step in steps
        if not any(_fits(keyword, words)(step) for keyword, words in EXAMPLES)
    ]
    assert missing == []
    assert steps


@pytest.mark.parametrize(("keyword", "words"), EXAMPLES, ids=[words for _, words in EXAMPLES])
def test_every_example_is_one_step(steps: Steps, keyword: str, words: str) -> None:
    """The list promises no step that is not there, and no sentence means two things."""
    assert len([step for step in steps if _fits(keyword, words)(step)]) == 1


def test_the_table_has_every_row_once() -> None:
    """No behaviour is forgotten."""
    assert [row for row, _, _ in STATES] == ROWS


def test_the_table_names_the_scenarios_of_each_row() -> None:
    """The table says of each row which scenarios carry its id, in their order."""
    tagged: dict[str, list[str]] = {row: [] for row in ROWS}
    for feature in get_features([str(SPECS)]):
        for scenario in feature.scenarios.values():
            for tag in scenario.tags - {"telnyx"}:
                tagged[tag].append(scenario.name)
    assert {row: [name for name in names.split("<br>") if name] for row, names, _ in STATES} == tagged


def test_a_row_without_a_scenario_says_what_is_missing() -> None:
    """Nothing is silently left out."""
    assert [row for row, names, missing in STATES if not names and not missing] == []
