"""Nudges: follow-ups attached to one bot action."""

from __future__ import annotations

from collections.abc import Iterable

from ascend_core.contracts import NudgeType, PluginContext
from ascend_core.hookspecs.marks import hookspec

__all__ = ["NudgeHooks"]


class NudgeHooks:
    """Nudges: follow-ups attached to one bot action."""

    @hookspec
    def ascend_register_nudges(self, context: PluginContext) -> Iterable[NudgeType]:
        """What this plugin offers, each under a name no other plugin uses. Asked once, at start."""
        return ()
