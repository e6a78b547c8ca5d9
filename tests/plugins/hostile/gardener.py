# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The well-behaved plugin: it implements every hook, and must work whatever stands beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import frozen

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
    PluginContext,
    TablesType,
    TriggerType,
    WebhookType,
)
from ascend_core.hookspecs import AscendHooks, hookimpl
from tests.plugins.hostile.offers import OFFERS

__all__ = ["Gardener", "GardenerSettings"]


@frozen(kw_only=True)
class GardenerSettings:
    """How the gardener works."""

    gloves: bool = False


class Gardener(AscendHooks):
    """Offers one of everything."""

    @hookimpl
    def ascend_settings_type(self) -> type[Any] | None:
        return GardenerSettings

    @hookimpl
    def ascend_register_integrations(self, context: PluginContext) -> Iterable[IntegrationType]:
        return [OFFERS["integrations"]]

    @hookimpl
    def ascend_register_triggers(self, context: PluginContext) -> Iterable[TriggerType]:
        return (OFFERS["triggers"],)

    @hookimpl
    def ascend_register_actions(self, context: PluginContext) -> Iterable[BotActionType[Any]]:
        yield OFFERS["actions"]

    @hookimpl
    def ascend_register_nudges(self, context: PluginContext) -> Iterable[NudgeType]:
        return {OFFERS["nudges"]}

    @hookimpl
    def ascend_register_link_trackers(self, context: PluginContext) -> Iterable[LinkTrackerType]:
        return [OFFERS["link_trackers"]]

    @hookimpl
    def ascend_register_field_mappers(self, context: PluginContext) -> Iterable[FieldMapperType]:
        return [OFFERS["field_mappers"]]

    @hookimpl
    def ascend_register_channels(self, context: PluginContext) -> Iterable[ChannelType]:
        return [OFFERS["channels"]]

    @hookimpl
    def ascend_register_gates(self, context: PluginContext) -> Iterable[GateType]:
        return [OFFERS["gates"]]

    @hookimpl
    def ascend_register_observers(self, context: PluginContext) -> Iterable[ObserverType]:
        return [OFFERS["observers"]]

    @hookimpl
    def ascend_register_tables(self, context: PluginContext) -> Iterable[TablesType]:
        return [OFFERS["tables"]]

    @hookimpl
    def ascend_register_webhooks(self, context: PluginContext) -> Iterable[WebhookType]:
        return [OFFERS["webhooks"]]

    @hookimpl
    def ascend_register_commands(self, context: PluginContext) -> Iterable[CommandType]:
        return [OFFERS["commands"]]

    @hookimpl
    def ascend_register_pages(self, context: PluginContext) -> Iterable[PageType]:
        return [OFFERS["pages"]]
