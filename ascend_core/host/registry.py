"""What all plugins together offer, frozen: the engine and the operations look everything up here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from ascend_core.contracts import (
    BotActionType,
    ChannelType,
    CommandType,
    FieldMapperType,
    GateType,
    IntegrationType,
    LinkTrackerType,
    NudgeType,
    ObserverType,
    PageType,
    TablesType,
    TriggerType,
    WebhookType,
)
from ascend_core.errors import PluginError

__all__ = ["Provider", "Registry"]


@frozen
class Provider:
    """The plugin that offers a thing, and its version."""

    plugin: str
    version: str

    def __str__(self) -> str:
        return f"{self.plugin} {self.version}"


def _shelf(offers: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """*offers*, sorted by name, as a mapping nobody can change."""
    return MappingProxyType(dict(sorted(offers.items())))


def _shelves(offers: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    return _shelf({plugin: _shelf(of_plugin) for plugin, of_plugin in offers.items()})


@frozen(kw_only=True)
class Registry:
    """Every offer of every plugin that keeps the rules. All mappings are read-only and sorted by name."""

    integrations: Mapping[str, IntegrationType] = field(factory=dict, converter=_shelf)
    triggers: Mapping[str, TriggerType] = field(factory=dict, converter=_shelf)
    actions: Mapping[str, BotActionType[Any]] = field(factory=dict, converter=_shelf)
    nudges: Mapping[str, NudgeType] = field(factory=dict, converter=_shelf)
    link_trackers: Mapping[str, LinkTrackerType] = field(factory=dict, converter=_shelf)
    field_mappers: Mapping[str, FieldMapperType] = field(factory=dict, converter=_shelf)
    channels: Mapping[str, ChannelType] = field(factory=dict, converter=_shelf)
    gates: Mapping[str, GateType] = field(factory=dict, converter=_shelf)
    observers: Mapping[str, ObserverType] = field(factory=dict, converter=_shelf)
    tables: Mapping[str, TablesType] = field(factory=dict, converter=_shelf)
    webhooks: Mapping[tuple[str, str], WebhookType] = field(factory=dict, converter=_shelf)
    """By plugin and name."""
    commands: Mapping[str, Mapping[str, CommandType]] = field(factory=dict, converter=_shelves)
    """By plugin, then by name."""
    pages: Mapping[tuple[str, str], PageType] = field(factory=dict, converter=_shelf)
    """By plugin and name."""
    settings: Mapping[str, Any] = field(factory=dict, converter=_shelf)
    """By plugin: an instance of its settings type. Plugins without settings are not here."""
    plugins: Mapping[str, str] = field(factory=dict, converter=_shelf)
    """The version of every plugin that was let in, by its name."""
    providers: Mapping[str, Provider] = field(factory=dict, converter=_shelf)
    """Who offers what, by ``<shelf>/<name>`` (``actions/send``, ``webhooks/sms/inbound``)."""
    problems: tuple[PluginError, ...] = ()
    """Everything that was left out, and why, sorted by plugin."""
