"""``branch``: go one way or another."""

from __future__ import annotations

from attrs import frozen

from ascend_core.contracts import BotActionType, Condition, Outcome, Steps, StepView, main, named, param

__all__ = ["BRANCH", "BranchParams", "Case", "Otherwise", "branch"]


@frozen(kw_only=True)
class Case:
    """A way that is taken when its condition holds."""

    condition: Condition = named("if", help="When this holds.")  # noqa: RUF009 -- it makes an attrs field
    then: Steps = param(help="The steps to take.")  # noqa: RUF009 -- it makes an attrs field


@frozen(kw_only=True)
class Otherwise:
    """The way that is taken when no condition before it holds."""

    steps: Steps = named("else", help="The steps to take when nothing before it holds.")  # noqa: RUF009 -- it makes an attrs field


@frozen(kw_only=True)
class BranchParams:
    """What an author writes under ``branch``."""

    ways: tuple[Case | Otherwise, ...] = main(help="A list of {if: …, then: …}, and {else: …} at its end.")

    def __attrs_post_init__(self) -> None:
        if not self.ways:
            raise ValueError("'branch' has no way to go")
        if any(isinstance(way, Otherwise) for way in self.ways[:-1]):
            raise ValueError("'else' comes last, and once")


def branch(view: StepView, params: BranchParams, /) -> Outcome:
    """Take the first way whose condition holds; without one, go on behind the branch."""
    for way in params.ways:
        match way:
            case Otherwise(steps=steps):
                return Outcome(exit=steps, why="else")
            case Case(condition=condition, then=then):
                if view.test(condition):
                    return Outcome(exit=then, why=condition.source)
    return Outcome(why="no condition holds")


BRANCH = BotActionType(
    name="branch", label="Branch", params=BranchParams, run=branch, help="Takes the first way whose condition holds."
)
