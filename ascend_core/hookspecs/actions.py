"""Bot actions: the steps of a flow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ascend_core.contracts import BotActionType, PluginContext
from ascend_core.hookspecs.marks import hookspec

__all__ = ["ActionHooks"]


class ActionHooks:
    """Bot actions: the steps of a flow."""

    @hookspec
    def ascend_register_actions(self, context: PluginContext) -> Iterable[BotActionType[Any]]:
        """What this plugin offers, each under a name no other plugin uses. Asked once, at start."""
        return ()
