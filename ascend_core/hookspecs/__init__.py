"""The hooks. A plugin subclasses ``AscendHooks``, marks what it implements with ``hookimpl``, and is found by its
entry point in the group ``ascend``. Every hook is asked once, at start, plugin by plugin; order carries no meaning.
"""

from ascend_core.hookspecs.actions import ActionHooks
from ascend_core.hookspecs.channels import ChannelHooks
from ascend_core.hookspecs.fields import FieldHooks
from ascend_core.hookspecs.gates import GateHooks
from ascend_core.hookspecs.integrations import IntegrationHooks
from ascend_core.hookspecs.links import LinkHooks
from ascend_core.hookspecs.marks import PROJECT, hookimpl, hookspec
from ascend_core.hookspecs.nudges import NudgeHooks
from ascend_core.hookspecs.observers import ObserverHooks
from ascend_core.hookspecs.plugins import PluginHooks
from ascend_core.hookspecs.triggers import TriggerHooks

__all__ = [
    "PROJECT",
    "ActionHooks",
    "AscendHooks",
    "ChannelHooks",
    "FieldHooks",
    "GateHooks",
    "IntegrationHooks",
    "LinkHooks",
    "NudgeHooks",
    "ObserverHooks",
    "PluginHooks",
    "TriggerHooks",
    "hookimpl",
    "hookspec",
]


class AscendHooks(
    IntegrationHooks,
    TriggerHooks,
    ActionHooks,
    NudgeHooks,
    LinkHooks,
    FieldHooks,
    ChannelHooks,
    GateHooks,
    ObserverHooks,
    PluginHooks,
):
    """Every hook there is. Subclass it, override what you offer: ``mypy --strict`` holds you to the signatures."""
