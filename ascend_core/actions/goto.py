"""``goto``: go on at another step."""

from __future__ import annotations

from attrs import frozen

from ascend_core.contracts import BotActionType, Outcome, StepRef, StepView, main

__all__ = ["GOTO", "GotoParams", "goto"]


@frozen(kw_only=True)
class GotoParams:
    """What an author writes under ``goto``."""

    step: StepRef = main(help="The id of a step of this flow.")  # noqa: RUF009 -- it makes an attrs field


def goto(_view: StepView, params: GotoParams, /) -> Outcome:
    """Go on at the step with that id."""
    return Outcome(exit=params.step, why=params.step.id)


GOTO = BotActionType(
    name="goto",
    label="Go to a step",
    params=GotoParams,
    run=goto,
    help="Goes on at the step with this id, earlier or later in the flow.",
    goes_on=False,
)
