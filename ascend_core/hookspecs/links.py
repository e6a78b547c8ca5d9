"""Link trackers: the choices under *Track click-throughs by type*."""

from __future__ import annotations

from collections.abc import Iterable

from ascend_core.contracts import LinkTrackerType, PluginContext
from ascend_core.hookspecs.marks import hookspec

__all__ = ["LinkHooks"]


class LinkHooks:
    """Link trackers: the choices under *Track click-throughs by type*."""

    @hookspec
    def ascend_register_link_trackers(self, context: PluginContext) -> Iterable[LinkTrackerType]:
        """What this plugin offers, each under a name no other plugin uses. Asked once, at start."""
        return ()
