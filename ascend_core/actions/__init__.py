"""The built-in bot actions, one file each."""

from typing import Any

from ascend_core.actions.add_to_groups import ADD_TO_GROUPS
from ascend_core.actions.ask import ASK
from ascend_core.actions.branch import BRANCH
from ascend_core.actions.goto import GOTO
from ascend_core.actions.handoff import HANDOFF
from ascend_core.actions.opt_out import OPT_OUT
from ascend_core.actions.remove_from_groups import REMOVE_FROM_GROUPS
from ascend_core.actions.send import SEND
from ascend_core.actions.set_fields import SET
from ascend_core.actions.split import SPLIT
from ascend_core.actions.start_flow import START_FLOW
from ascend_core.actions.stop import STOP
from ascend_core.actions.wait import WAIT
from ascend_core.actions.webhook import WEBHOOK
from ascend_core.contracts import BotActionType

__all__ = ["BUILT_IN_ACTIONS"]

BUILT_IN_ACTIONS: tuple[BotActionType[Any], ...] = (
    ADD_TO_GROUPS,
    ASK,
    BRANCH,
    GOTO,
    HANDOFF,
    OPT_OUT,
    REMOVE_FROM_GROUPS,
    SEND,
    SET,
    SPLIT,
    START_FLOW,
    STOP,
    WAIT,
    WEBHOOK,
)
"""Every bot action of the core, by name."""
