"""The kinds of things a plugin can offer: which hook brings them, and onto which shelf of the registry they go."""

from __future__ import annotations

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
    TablesType,
    TriggerType,
    WebhookType,
)

__all__ = ["KINDS", "SETTINGS_HOOK", "Kind"]

SETTINGS_HOOK = "ascend_settings_type"
"""The one hook that is not asked for offers."""


@frozen
class Kind:
    """One kind of offer. ``shared``: its names must differ between plugins, not only within one."""

    shelf: str
    offer: type[Any]
    shared: bool = True

    @property
    def hook(self) -> str:
        """The hook that asks for offers of this kind."""
        return f"ascend_register_{self.shelf}"


KINDS = (
    Kind("integrations", IntegrationType),
    Kind("triggers", TriggerType),
    Kind("actions", BotActionType),
    Kind("nudges", NudgeType),
    Kind("link_trackers", LinkTrackerType),
    Kind("field_mappers", FieldMapperType),
    Kind("channels", ChannelType),
    Kind("gates", GateType),
    Kind("observers", ObserverType),
    Kind("tables", TablesType),
    Kind("webhooks", WebhookType, shared=False),
    Kind("commands", CommandType, shared=False),
    Kind("pages", PageType, shared=False),
)
"""Every kind there is, in the order plugins are asked for them."""
