"""The core's own plugin: built-in actions, nudges and gates come through the same hooks as everybody's."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from ascend_core.actions import BUILT_IN_ACTIONS
from ascend_core.contracts import BotActionType, GateType, NudgeType, PluginContext
from ascend_core.gates import BUILT_IN_GATES
from ascend_core.hookspecs import AscendHooks, hookimpl
from ascend_core.host.discover import FoundPlugin
from ascend_core.nudges import BUILT_IN_NUDGES

__all__ = ["CORE", "CorePlugin", "core_plugin"]

CORE = "core"
"""The name of the core among the plugins."""


class CorePlugin(AscendHooks):
    """What comes with the product."""

    @hookimpl
    def ascend_register_actions(self, context: PluginContext) -> Iterable[BotActionType[Any]]:
        return BUILT_IN_ACTIONS

    @hookimpl
    def ascend_register_nudges(self, context: PluginContext) -> Iterable[NudgeType]:
        return BUILT_IN_NUDGES

    @hookimpl
    def ascend_register_gates(self, context: PluginContext) -> Iterable[GateType]:
        return BUILT_IN_GATES


def core_plugin() -> FoundPlugin:
    """The core as a found plugin, with the version that is installed."""
    return FoundPlugin(name=CORE, plugin=CorePlugin(), version=version("ascend-core"))
