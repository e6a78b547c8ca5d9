"""The page about the simulator and the help of its command are complete, and what they show works."""

from __future__ import annotations

import json
import re
from pathlib import Path

import attrs
import pytest

from ascend_mobilize.simulate import simulate_command
from ascend_mobilize.simulator.control import LEVERS
from ascend_mobilize.simulator.damage import DAMAGES
from ascend_mobilize.simulator.oddities import ODDITIES
from ascend_mobilize.simulator.scenario import Scenario
from ascend_mobilize.simulator.spoiling import KINDS
from ascend_mobilize.simulator.switches import Switches

PAGE = Path(__file__).parents[2] / "simulator.md"
pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="the page stands beside the source, not in the wheel")
EXAMPLE = re.compile(r"`(/_sim/[a-z_0-9/]+)`[^`\n]*`(\{[^`]*\})`")


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text("utf-8")


def test_the_page_names_everything_there_is(page):
    """Every lever, fault, damage, oddity, switch and share."""
    words = set(re.findall(r"`([^`\n]+)`", page))
    fields = {each.name for which in (Scenario, Switches) for each in attrs.fields(which)}

    missing = {*KINDS, *DAMAGES, *ODDITIES, *fields} - words - {"running", "seed"}

    assert missing == set()
    assert {_lever(path) for path, _ in EXAMPLE.findall(page)} == set(LEVERS)


def test_every_example_works(page, mobilize):
    """Sent as it stands, in the order of the page, to a simulator with one event."""
    examples = EXAMPLE.findall(page)

    answers = [mobilize.http.post(path, json=json.loads(wish)) for path, wish in examples]

    assert len(answers) > 10
    assert [(path, answer.text) for (path, _), answer in zip(examples, answers, strict=True) if answer.is_error] == []


def test_the_help_of_the_command_works_too(mobilize):
    """The same for what ``--help`` shows."""
    command = simulate_command(None)
    mobilize.sign_up()
    ids = {"attendances": 900_000, "people": 300_000, "events": 50_000}
    examples = re.findall(r"^  (/_sim/\S+) +(\{.*\})", command.epilog or "", re.MULTILINE)

    for path, wish in examples:
        where = re.sub(r"/([a-z]+)/ID", lambda found: f"/{found[1]}/{ids[found[1]]}", path)
        answer = mobilize.http.post(where, json=json.loads(wish.partition(";")[0]))
        assert not answer.is_error, (path, answer.text)

    assert len(examples) == 11
    assert {_lever(path.replace("ID", "1")) for path, _ in examples} == {
        each for each in LEVERS if not each.endswith("restore")
    }


def _lever(path: str) -> str:
    lever = re.sub(r"/\d+", "/{id:int}", path.removeprefix("/_sim"))
    return re.sub(r"^/[a-z]+/(?=\{id:int\}/damage)", "/{list}/", lever)
