"""What any plugin may have beside its subject: settings, tables, webhooks, commands and console pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ascend_core.contracts import CommandType, PageType, PluginContext, TablesType, WebhookType
from ascend_core.hookspecs.marks import hookspec

__all__ = ["PluginHooks"]


class PluginHooks:
    """Settings, tables, webhooks, commands and pages of a plugin."""

    @hookspec
    def ascend_settings_type(self) -> type[Any] | None:
        """The attrs class of the plugin's settings, or None. Its fields are read from ``ASCEND_<PLUGIN>_<FIELD>``."""
        return None

    @hookspec
    def ascend_register_tables(self, context: PluginContext) -> Iterable[TablesType]:
        """Tables of the plugin's own, with their migrations."""
        return ()

    @hookspec
    def ascend_register_webhooks(self, context: PluginContext) -> Iterable[WebhookType]:
        """Handlers for ``/hooks/<plugin>/<name>``."""
        return ()

    @hookspec
    def ascend_register_commands(self, context: PluginContext) -> Iterable[CommandType]:
        """Commands for ``ascend <plugin> <name>``."""
        return ()

    @hookspec
    def ascend_register_pages(self, context: PluginContext) -> Iterable[PageType]:
        """Tabs in the console."""
        return ()
