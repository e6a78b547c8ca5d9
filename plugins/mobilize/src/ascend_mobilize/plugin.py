"""What the Mobilize plugin offers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ascend_core.contracts import (
    Clock,
    CommandType,
    FieldMapperType,
    FormSandbox,
    IntegrationType,
    LinkTrackerType,
    NudgeType,
    PluginContext,
    TriggerType,
)
from ascend_core.hookspecs import AscendHooks, hookimpl
from ascend_mobilize.account import MobilizeAccount
from ascend_mobilize.activities import kept
from ascend_mobilize.fields import MAPPER
from ascend_mobilize.links import TRACKER
from ascend_mobilize.nudges import LINK_CLICKED_NO_SUBMISSION
from ascend_mobilize.settings import MobilizeSettings
from ascend_mobilize.source import MobilizeSource
from ascend_mobilize.triggers import TRIGGERS

__all__ = ["MobilizePlugin"]


class MobilizePlugin(AscendHooks):
    """Mobilize: synced event forms, five triggers, a link tracker, a nudge, and a stand-in server."""

    @hookimpl
    def ascend_settings_type(self) -> type[Any] | None:
        """How often Mobilize is asked."""
        return MobilizeSettings

    @hookimpl
    def ascend_register_integrations(self, context: PluginContext) -> Iterable[IntegrationType]:
        """Mobilize organizations."""
        source = MobilizeSource(context)
        return (
            IntegrationType(
                name="mobilize",
                label="Mobilize",
                account=MobilizeAccount,
                key="org_id",
                source=source,
                people=source,
                kept=kept,
                sandbox=_make_sandbox,
            ),
        )

    @hookimpl
    def ascend_register_triggers(self, context: PluginContext) -> Iterable[TriggerType]:
        """Registers, confirms, attends, cancels, waitlisted."""
        return TRIGGERS

    @hookimpl
    def ascend_register_nudges(self, context: PluginContext) -> Iterable[NudgeType]:
        """Link Clicked No Form Submission."""
        return (LINK_CLICKED_NO_SUBMISSION,)

    @hookimpl
    def ascend_register_link_trackers(self, context: PluginContext) -> Iterable[LinkTrackerType]:
        """Track click-throughs by type: Mobilize."""
        return (TRACKER,)

    @hookimpl
    def ascend_register_field_mappers(self, context: PluginContext) -> Iterable[FieldMapperType]:
        """First name, last name, email, zip code, and custom sign-up fields."""
        return (MAPPER,)

    @hookimpl
    def ascend_register_commands(self, context: PluginContext) -> Iterable[CommandType]:
        """``ascend mobilize simulate``."""

        def make() -> Any:
            from ascend_mobilize.simulate import simulate_command

            return simulate_command(context)

        return (CommandType(name="simulate", make=make, help="Serve a stand-in for Mobilize on this machine."),)


def _make_sandbox(*, clock: Clock, seed: int, journal: Path | None) -> FormSandbox:
    from ascend_mobilize.simulator.sandbox import make_sandbox

    return make_sandbox(clock=clock, seed=seed, journal=journal)
