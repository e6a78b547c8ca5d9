"""What a flow is read against: the built-in types and stand-ins for what plugins add."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from ascend_core.actions import BUILT_IN_ACTIONS
from ascend_core.contracts import BotActionType, EndRun, NudgeType, NudgeView, Outcome, Owed, StepView, main
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
    return (Path(__file__).parent / "example.yaml").read_text("utf-8")
