"""``stop``: end the run here."""

from __future__ import annotations

from attrs import frozen

from ascend_core.contracts import BotActionType, EndRun, Outcome, StepView

__all__ = ["STOP", "StopParams", "stop"]


@frozen(kw_only=True)
class StopParams:
    """``stop`` has nothing to say."""


def stop(_view: StepView, _params: StopParams, /) -> Outcome:
    """End the run. Its pending nudges still run, as at the flow's own end."""
    return Outcome(effects=(EndRun(reason="stopped_by_flow"),))


STOP = BotActionType(
    name="stop",
    label="Stop",
    params=StopParams,
    run=stop,
    help="Ends the run; the rest of the flow is not reached.",
    goes_on=False,
)
