"""``split``: an A/B test inside a flow."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen
from attrs.validators import ge, le

from ascend_core.contracts import BEHIND, BotActionType, Outcome, Steps, StepView, TakeArm, main, param

__all__ = ["SPLIT", "Arm", "SplitParams", "split"]

MOST_WEIGHT = 1_000_000
"""Of one arm. Weights are relative: 1 and 1 are as good as 50 and 50."""


@frozen(kw_only=True)
class Arm:
    """One arm of the test."""

    weight: int = field(
        default=1, validator=(ge(0), le(MOST_WEIGHT)), metadata={BEHIND: "How often, against the other arms."}
    )
    then: Steps | None = param(default=None, help="The steps of this arm.")  # noqa: RUF009 -- it makes an attrs field


@frozen(kw_only=True)
class SplitParams:
    """What an author writes under ``split``."""

    test: str = main(help="The name of the test. One name means one choice for a member, in whatever flow.")
    arms: Mapping[str, Arm] = param(help="The arms by name, each {weight: …, then: […]}.")

    def __attrs_post_init__(self) -> None:
        if len(self.arms) < 2:
            raise ValueError("'split' has at least two arms")
        if not any(arm.weight for arm in self.arms.values()):
            raise ValueError("one of the arms needs a weight above 0")
        for name in self.arms:
            if not name.replace("_", "").replace("-", "").isalnum():
                raise ValueError(f"'{name}' is no name of an arm: letters, digits, - and _")


def split(view: StepView, params: SplitParams, /) -> Outcome:
    """Take the member's arm, which never changes, and keep which one it was."""
    arm = view.choose(params.test, {name: arm.weight for name, arm in params.arms.items()})
    return Outcome(effects=(TakeArm(test=params.test, arm=arm),), exit=params.arms[arm].then, why=f"arm {arm}")


SPLIT = BotActionType(
    name="split",
    label="A/B test",
    params=SplitParams,
    run=split,
    help="Sends each member one of several ways, by weight; a member always takes the same way. What the texts of each "
    "way brought, and those after it: ascend report --by split.",
)
