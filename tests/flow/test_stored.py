"""What was published stays what it was, whatever today's lint says of it."""

from __future__ import annotations

from typing import Any

import pytest

from ascend_core.contracts import Text
from ascend_core.errors import FlowProblem
from ascend_core.flow.document import Unread
from ascend_core.flow.load import check_flow, load_flow, load_stored_automation, load_stored_flow
from ascend_core.flow.program import compile_flow

OLD = """
flow: welcome
spec: 1
colour: blue
stop_when: box.gone
steps:
  - send: "Hi ${member.nick}! ${link.form} ${member.zip|shout|x}"
    links: {form: {url: "ftp://example.org/${member.zip}", track: gone}}
    nudges:
      - {nudge: gone.nudge, link: form, after: 1d, text: "Well, ${member.nick}?"}
      - {nudge: no_reply, after: never, text: "Hm"}
      - {nudge: no_reply, after: 2d, text: "Hello?"}
  - kudos.give: {points: 7}
  - wait: {until: event.begins}
  - wait: soon
  - goto: nowhere
"""
"""Many things that lint refuses; each could have been allowed once, or its plugin be gone."""


def stored(text: str, registered: dict[str, Any]) -> Any:
    """*text* as the product reads it back."""
    known = {name: registered[name] for name in ("actions", "nudges", "trackers")}
    return load_stored_flow(text, file="welcome v1", digest="d", **known)


def test_an_author_is_told_of_everything(registered: dict[str, Any]) -> None:
    """The document is one that lint does refuse, and for many reasons."""
    flow, problems = check_flow(OLD, file="f", **registered)

    assert flow is None
    codes = {problem.code for problem in problems}
    assert codes >= {"F010", "F011", "F012", "F014", "F015", "F016", "F019", "F023", "F025", "F030"}


def test_what_was_published_is_read_whole(registered: dict[str, Any]) -> None:
    """Every step and every nudge keeps its place: runs and timers name them by it."""
    flow = stored(OLD, registered)

    assert [step.action for step in flow.steps] == ["send", "kudos.give", "wait", "wait", "goto"]
    assert [step.path for step in flow.steps] == ["0", "1", "2", "3", "4"]
    assert [nudge.type for nudge in flow.steps[0].nudges] == ["gone.nudge", "", "no_reply"]
    assert flow.steps[0].nudges[2].text == Text("Hello?")
    assert flow.digest == "d"


def test_a_step_that_cannot_be_read_says_why(registered: dict[str, Any]) -> None:
    """And is no other step: nothing is guessed."""
    flow = stored(OLD, registered)
    unread = [(step.action, step.params.why[:4]) for step in flow.steps if isinstance(step.params, Unread)]

    assert unread == [("kudos.give", "F010"), ("wait", "F014")]


def test_a_jump_to_nowhere_leads_to_no_step(registered: dict[str, Any]) -> None:
    """A run that goes there fails; it is not taken for the end."""
    program = compile_flow(stored(OLD, registered))

    assert program.nodes["4"].exits["goto"] not in program.nodes
    assert program.nodes["4"].exits["goto"] is not None


def test_what_holds_today_is_read_as_an_author_reads_it(example: str, registered: dict[str, Any]) -> None:
    """One document, one meaning."""
    flow = load_flow(example, file="example.yaml", **registered)
    again = stored(example, registered)

    assert again.steps == flow.steps
    assert (again.name, again.expires, again.reentry, again.quiet_hours) == (
        flow.name,
        flow.expires,
        flow.reentry,
        flow.quiet_hours,
    )


@pytest.mark.parametrize(
    "text",
    ["{", "flow: a\nsteps: 7", "flow: a\nreentry: sometimes\nsteps: [{stop: }]", "flow: a\nspec: 9\nsteps: [{stop: }]"],
)
def test_what_makes_no_sense_is_refused(text: str, registered: dict[str, Any]) -> None:
    """A rule of the whole flow that cannot be read is not left out: quiet hours are such a rule."""
    with pytest.raises(FlowProblem):
        stored(text, registered)


def test_an_automation_is_read_as_leniently() -> None:
    """Keys that are gone do not matter; a choice that cannot be made does."""
    read = load_stored_automation("automation: A\ntrigger: gone.now\nrun: welcome\nmood: good", file="A")

    assert (read.trigger, read.run) == ("gone.now", "welcome")
    for broken in ("automation: A\ntrigger: t\nab_test: {name: x, arms: {a: 0}}", "automation: A\ntrigger: t"):
        with pytest.raises(FlowProblem):
            load_stored_automation(broken, file="A")
