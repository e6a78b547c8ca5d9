"""What a flow is read against: the built-in types and stand-ins for what plugins add."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
from attrs import frozen

from ascend_core.actions import BUILT_IN_ACTIONS
from ascend_core.contracts import (
    BotActionType,
    EndRun,
    FormView,
    MemberView,
    NudgeType,
    NudgeView,
    Outcome,
    Owed,
    RunView,
    StepView,
    main,
)
from ascend_core.engine.scene import Scene
from ascend_core.flow.load import load_flow
from ascend_core.flow.program import Program, compile_flow
from ascend_core.nudges import BUILT_IN_NUDGES


@frozen(kw_only=True)
class HandoffParams:
    """As the plugin that brings ``handoff`` writes them."""

    to: str = main(default="inbox")


def hand_off(_view: StepView, _params: HandoffParams, /) -> Outcome:
    """Leave the conversation to a person."""
    return Outcome(effects=(EndRun(reason="handed_off", cancel_nudges=True),))


def always_owed(_view: NudgeView, /) -> Owed:
    """A nudge that is never in vain."""
    return Owed()


@pytest.fixture(scope="session")
def registered() -> dict[str, Any]:
    """The arguments of ``load_flow`` that say what is registered."""
    handoff = BotActionType(name="handoff", label="Hand off", params=HandoffParams, run=hand_off)
    unsubmitted = NudgeType(
        name="mobilize.link_clicked_no_submission",
        label="Link Clicked No Form Submission",
        still_owed=always_owed,
        needs_link=True,
        least_days=1,
    )
    return {
        "actions": {action.name: action for action in (*BUILT_IN_ACTIONS, handoff)},
        "nudges": {nudge.name: nudge for nudge in (*BUILT_IN_NUDGES, unsubmitted)},
        "trackers": {"mobilize"},
        "triggers": {"mobilize.registers", "mobilize.cancels"},
    }


@pytest.fixture(scope="session")
def example() -> str:
    """The flow that the language's own description shows."""
    return (Path(__file__).parent.parent / "flow" / "example.yaml").read_text("utf-8")


@pytest.fixture(scope="session")
def program(registered: dict[str, Any], example: str) -> Program:
    """The example, ready to run."""
    return compile_flow(load_flow(example, file="example.yaml", **registered))


@pytest.fixture
def compiled(registered: dict[str, Any]) -> Callable[[str], Program]:
    """Makes a program of a list of steps."""

    def compile_steps(steps: str) -> Program:
        return compile_flow(load_flow(f"flow: tried\nsteps:\n{indent(dedent(steps), '  ')}", file="f", **registered))

    return compile_steps


@pytest.fixture
def scene() -> Scene:
    """Thursday, 3 pm in New York; Ana registered for a canvass on Sunday."""
    now = datetime(2026, 11, 5, 20, tzinfo=UTC)
    return Scene(
        now=now,
        member=MemberView(id=1, phone="+12025550101", fields={"first_name": "Ana"}, zones=("America/New_York",)),
        form=FormView(
            id=1,
            key="e1",
            name="Canvass",
            url="https://example.org/event/1",
            starts_at=now + timedelta(days=3),
            timezone="America/New_York",
            location="Town Hall",
        ),
        run=RunView(id=7, flow="register_confirmation", started_at=now),
    )
