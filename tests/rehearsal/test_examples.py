"""The example flows are such as an organizer would use: they hold, they are tested, and they read well."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ascend_core.cli.documents import is_automation, is_flow_test
from ascend_core.contracts import Text
from ascend_core.flow.document import Flow, all_steps
from ascend_core.flow.layout import laid_out
from ascend_core.flow.load import check_flow, load_automation
from ascend_core.host.registry import Registry
from ascend_core.operations.programs import read_flow
from ascend_core.rehearsal.library import Library
from ascend_core.rehearsal.load import check_tests
from ascend_core.rehearsal.play import play_test
from ascend_core.rehearsal.script import FlowTest

FOLDER = Path(__file__).parents[2] / "specs/flows"
FILES = sorted(FOLDER.glob("*.yaml"))
FLOWS = [file for file in FILES if not is_automation(file.read_bytes()) and not is_flow_test(file.read_bytes())]
AUTOMATIONS = [file for file in FILES if is_automation(file.read_bytes())]
TESTS = [
    pytest.param(found.flow, test, id=f"{found.flow}-{test.name}")
    for file in FILES
    if is_flow_test(file.read_bytes())
    for found in [check_tests(file.read_text(), file=file.name)[0]]
    if found is not None
    for test in found.tests
]


@pytest.fixture(scope="module")
def library(registry: Registry) -> Library:
    """Every example."""
    return Library(registry, {str(file): file.read_text() for file in FLOWS})


def texts_of(flow: Flow) -> list[str]:
    """Every text that a flow sends, as its author wrote it, in the order of the document."""
    texts = []
    for step in all_steps(flow.steps):
        own = getattr(step.params, "text", None)
        texts += [own.source] if isinstance(own, Text) else []
        texts += [nudge.text.source for nudge in step.nudges]
    return texts


def test_there_are_enough_to_learn_from() -> None:
    """At least ten flows, each with tests, and automations for most of them."""
    tested = {parameters.values[0] for parameters in TESTS}

    assert len(FLOWS) >= 10
    assert tested == {file.stem for file in FLOWS}
    assert len(TESTS) >= 30
    assert len(AUTOMATIONS) >= 8


@pytest.mark.parametrize(("flow", "test"), TESTS)
def test_an_example_does_what_its_test_says(registry: Registry, library: Library, flow: str, test: FlowTest) -> None:
    """As ``ascend flows test specs/flows`` plays them."""
    played = play_test(registry, library.flows(flow), test)

    assert played.failure is None


@pytest.mark.parametrize("file", FLOWS, ids=lambda file: file.stem)
def test_an_example_has_no_problem_and_no_warning(registry: Registry, file: Path) -> None:
    """As ``ascend flows lint specs/flows`` says."""
    _, problems = check_flow(
        file.read_text(),
        file=file.name,
        actions=registry.actions,
        nudges=registry.nudges,
        trackers=registry.link_trackers,
        triggers=registry.triggers,
    )

    assert [str(problem) for problem in problems] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_is_in_the_one_layout(file: Path) -> None:
    """As ``ascend flows fmt specs/flows`` writes it: who begins from one sees no changes but their own."""
    assert laid_out(file.read_text(), file=file.name) == file.read_text()


@pytest.mark.parametrize("file", FLOWS, ids=lambda file: file.stem)
def test_an_example_reads_as_a_good_organizer_writes(registry: Registry, file: Path) -> None:
    """The first text says how to stop; no text ends in a link; none needs more than the cheap alphabet."""
    measure = registry.channels["sms"].measure
    assert measure is not None
    texts = texts_of(read_flow(registry, file.read_text(), file=file.name))

    assert any("STOP" in text or "para seguir" in text for text in texts[:2])
    for text in texts:
        plain = re.sub(r"\$\{link\.\w+\}", "https://go.example.org/abcdefghj", text.strip())
        assert not re.search(r"\$\{link\.\w+\}$", text.strip()), text
        assert measure(plain).offending == (), text
        assert measure(plain).segments <= 3, text


@pytest.mark.parametrize("file", AUTOMATIONS, ids=lambda file: file.stem)
def test_an_automation_runs_an_example(registry: Registry, file: Path) -> None:
    """Its trigger exists, and so does every flow it may run."""
    automation = load_automation(file.read_text(), file=file.name, triggers=registry.triggers)
    runs = {automation.run} if automation.run else set(automation.ab_test.arms if automation.ab_test else ())

    assert runs <= {flow.stem for flow in FLOWS}
