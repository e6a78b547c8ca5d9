"""What an automation can wait for."""

from __future__ import annotations

from collections.abc import Iterable

from ascend_core.contracts import PluginContext, TriggerType
from ascend_core.hookspecs.marks import hookspec

__all__ = ["TriggerHooks"]


class TriggerHooks:
    """What an automation can wait for."""

    @hookspec
    def ascend_register_triggers(self, context: PluginContext) -> Iterable[TriggerType]:
        """What this plugin offers, each under a name no other plugin uses. Asked once, at start."""
        return ()
