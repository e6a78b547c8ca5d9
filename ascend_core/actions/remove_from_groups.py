"""``remove_from_groups``: take the member out of groups."""

from __future__ import annotations

from attrs import frozen

from ascend_core.contracts import BotActionType, Outcome, RemoveFromGroups, StepView, main

__all__ = ["REMOVE_FROM_GROUPS", "RemoveFromGroupsParams", "remove_from_groups"]


@frozen(kw_only=True)
class RemoveFromGroupsParams:
    """What an author writes under ``remove_from_groups``."""

    names: tuple[str, ...] = main(help="Names of groups.")


def remove_from_groups(_view: StepView, params: RemoveFromGroupsParams, /) -> Outcome:
    """Takes the member out of groups."""
    return Outcome(effects=(RemoveFromGroups(names=params.names),))


REMOVE_FROM_GROUPS = BotActionType(
    name="remove_from_groups",
    label="Remove from groups",
    params=RemoveFromGroupsParams,
    run=remove_from_groups,
    help="Takes the member out of groups.",
)
