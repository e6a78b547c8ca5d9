"""``start_flow``: start another flow for the member."""

from __future__ import annotations

import re

from attrs import field, frozen

from ascend_core.contracts import BEHIND, MAIN, STARTS, BotActionType, Outcome, StartFlow, StepView

__all__ = ["START_FLOW", "StartFlowParams", "start_flow"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@frozen(kw_only=True)
class StartFlowParams:
    """What an author writes under ``start_flow``."""

    flow: str = field(metadata={MAIN: True, STARTS: True, BEHIND: "The name of a live flow."})

    def __attrs_post_init__(self) -> None:
        if not _NAME.fullmatch(self.flow):
            raise ValueError(f"'{self.flow}' is no name of a flow: letters, digits, - and _")


def start_flow(_view: StepView, params: StartFlowParams, /) -> Outcome:
    """Start the flow, about the same form, and go on: both run side by side."""
    return Outcome(effects=(StartFlow(flow=params.flow),), why=params.flow)


START_FLOW = BotActionType(
    name="start_flow",
    label="Start a flow",
    params=StartFlowParams,
    run=start_flow,
    help="Starts another flow for the member and goes on; stop behind it leaves this one.",
)
