"""Channels: ways to text people."""

from __future__ import annotations

from collections.abc import Iterable

from ascend_core.contracts import ChannelType, PluginContext
from ascend_core.hookspecs.marks import hookspec

__all__ = ["ChannelHooks"]


class ChannelHooks:
    """Channels: ways to text people."""

    @hookspec
    def ascend_register_channels(self, context: PluginContext) -> Iterable[ChannelType]:
        """What this plugin offers, each under a name no other plugin uses. Asked once, at start."""
        return ()
