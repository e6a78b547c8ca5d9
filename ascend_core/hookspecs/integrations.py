"""Places people sign up at: where forms and submissions are fetched."""

from __future__ import annotations

from collections.abc import Iterable

from ascend_core.contracts import IntegrationType, PluginContext
from ascend_core.hookspecs.marks import hookspec

__all__ = ["IntegrationHooks"]


class IntegrationHooks:
    """Places people sign up at: where forms and submissions are fetched."""

    @hookspec
    def ascend_register_integrations(self, context: PluginContext) -> Iterable[IntegrationType]:
        """What this plugin offers, each under a name no other plugin uses. Asked once, at start."""
        return ()
