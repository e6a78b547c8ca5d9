"""Gates: rules that may hold or stop a text. The strictest answer wins."""

from __future__ import annotations

from collections.abc import Iterable

from ascend_core.contracts import GateType, PluginContext
from ascend_core.hookspecs.marks import hookspec

__all__ = ["GateHooks"]


class GateHooks:
    """Gates: rules that may hold or stop a text. The strictest answer wins."""

    @hookspec
    def ascend_register_gates(self, context: PluginContext) -> Iterable[GateType]:
        """What this plugin offers, each under a name no other plugin uses. Asked once, at start."""
        return ()
