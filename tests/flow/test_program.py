"""What follows a step."""

from __future__ import annotations

from typing import Any

from ascend_core.flow.document import all_steps
from ascend_core.flow.load import load_flow
from ascend_core.flow.program import compile_flow


def test_after_the_last_nested_step_comes_what_follows_its_parent(registered: dict[str, Any], example: str) -> None:
    """Flows fall through: nobody writes where a step leads."""
    program = compile_flow(load_flow(example, file="example.yaml", **registered))

    assert program.first == "0"
    assert {path: node.next for path, node in program.nodes.items()} == {
        "0": "1",
        "1": "2",
        "1.replies.0.then.0": "1.replies.0.then.1",
        "1.replies.0.then.1": "2",
        "1.replies.1.then.0": "2",
        "1.replies.2.then.0": "2",
        "1.no_reply.then.0": "2",
        "2": "3",
        "3": None,
        "3.branch.0.then.0": None,
        "3.branch.1.else.0": None,
    }
    assert program.nodes["1"].exits["replies.0.then"] == "1.replies.0.then.0"


def test_every_step_has_a_place(registered: dict[str, Any], example: str) -> None:
    """A run can stand at any step, and find it again by its path."""
    flow = load_flow(example, file="example.yaml", **registered)

    assert {step.path: step for step in all_steps(flow.steps)} == {
        path: node.step for path, node in compile_flow(flow).nodes.items()
    }


def test_an_empty_exit_leads_to_what_follows(registered: dict[str, Any]) -> None:
    """``then: []`` is a way that leads on; at the flow's end it is the end."""
    way = "branch: [{if: 'true', then: []}]"
    program = compile_flow(load_flow(f"flow: tried\nsteps: [{{{way}}}, {{{way}}}]", file="f", **registered))

    assert [dict(node.exits) for node in program.nodes.values()] == [{"branch.0.then": "1"}, {"branch.0.then": None}]
