"""``opt_out``: the member wants no more texts."""

from __future__ import annotations

from attrs import frozen

from ascend_core.contracts import BotActionType, EndRun, OptOut, Outcome, StepView

__all__ = ["OPT_OUT", "OptOutParams", "opt_out"]


@frozen(kw_only=True)
class OptOutParams:
    """``opt_out`` has nothing to say: the confirmation is the one that STOP gets."""


def opt_out(_view: StepView, _params: OptOutParams, /) -> Outcome:
    """Unsubscribe the member as STOP does: everything that waits for them is cancelled."""
    return Outcome(effects=(OptOut(), EndRun(reason="unsubscribed", cancel_nudges=True)))


OPT_OUT = BotActionType(
    name="opt_out",
    label="Unsubscribe",
    params=OptOutParams,
    run=opt_out,
    help="Unsubscribes the member as STOP does, with one confirmation; texts that were not sent yet never are.",
    goes_on=False,
)
