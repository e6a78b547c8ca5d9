"""``handoff``: leave the conversation to a person."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from ascend_core.contracts import BotActionType, EndRun, HandOff, Outcome, StepView, Text, main, param

__all__ = ["HANDOFF", "HandoffParams", "handoff"]


@frozen(kw_only=True)
class HandoffParams:
    """What an author writes under ``handoff``."""

    to: Literal["inbox"] = main(default="inbox", help="Where the conversation waits for a person.")
    note: Text | None = param(default=None, help="What the person who takes over should know.")  # noqa: RUF009 -- it makes an attrs field


def handoff(view: StepView, params: HandoffParams, /) -> Outcome:
    """Open a conversation and end the run; its pending nudges die with it (row H6)."""
    note = view.plain(params.note) if params.note is not None else ""
    return Outcome(effects=(HandOff(note=note), EndRun(reason="handed_off", cancel_nudges=True)))


HANDOFF = BotActionType(
    name="handoff",
    label="Hand off to a person",
    params=HandoffParams,
    run=handoff,
    help="Ends the run and leaves the conversation to a person in the inbox.",
    goes_on=False,
)
