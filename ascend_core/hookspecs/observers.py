"""Observers: told after commit."""

from __future__ import annotations

from collections.abc import Iterable

from ascend_core.contracts import ObserverType, PluginContext
from ascend_core.hookspecs.marks import hookspec

__all__ = ["ObserverHooks"]


class ObserverHooks:
    """Observers: told after commit."""

    @hookspec
    def ascend_register_observers(self, context: PluginContext) -> Iterable[ObserverType]:
        """What this plugin offers, each under a name no other plugin uses. Asked once, at start."""
        return ()
