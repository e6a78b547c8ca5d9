"""``add_to_groups``: put the member into groups."""

from __future__ import annotations

from attrs import frozen

from ascend_core.contracts import AddToGroups, BotActionType, Outcome, StepView, main

__all__ = ["ADD_TO_GROUPS", "AddToGroupsParams", "add_to_groups"]


@frozen(kw_only=True)
class AddToGroupsParams:
    """What an author writes under ``add_to_groups``."""

    names: tuple[str, ...] = main(help="Names of groups.")


def add_to_groups(_view: StepView, params: AddToGroupsParams, /) -> Outcome:
    """Adds the member to groups; a group that does not exist is made."""
    return Outcome(effects=(AddToGroups(names=params.names),))


ADD_TO_GROUPS = BotActionType(
    name="add_to_groups",
    label="Add to groups",
    params=AddToGroupsParams,
    run=add_to_groups,
    help="Adds the member to groups; a group that does not exist is made.",
)
