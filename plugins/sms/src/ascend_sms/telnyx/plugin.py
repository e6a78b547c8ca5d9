"""What the Telnyx plugin offers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ascend_core.contracts import ChannelSandbox, ChannelType, Clock, CommandType, PluginContext, Sender
from ascend_core.hookspecs import AscendHooks, hookimpl
from ascend_sms.any_provider import keyword_of, measure
from ascend_sms.senders import sender_named
from ascend_sms.telnyx.channel import TelnyxChannel
from ascend_sms.telnyx.missed_texts import LISTED_AFTER
from ascend_sms.telnyx.settings import TelnyxSettings

__all__ = ["TelnyxPlugin"]


class TelnyxPlugin(AscendHooks):
    """Texts through Telnyx's API, and a stand-in for it."""

    @hookimpl
    def ascend_register_channels(self, context: PluginContext) -> Iterable[ChannelType]:
        """Another way to text people."""
        return [
            ChannelType(
                name="telnyx",
                label="SMS (Telnyx)",
                settings=TelnyxSettings,
                channel=TelnyxChannel(context),
                dedupe="none",
                listed_after=LISTED_AFTER,
                measure=measure,
                sender=_sender,
                keyword_of=keyword_of,
                sandbox=_sandbox,
            )
        ]

    @hookimpl
    def ascend_register_commands(self, context: PluginContext) -> Iterable[CommandType]:
        """``ascend telnyx simulate``."""
        return [CommandType(name="simulate", make=lambda: _simulate(context), help="Run a stand-in for the provider.")]


def _sender(settings: TelnyxSettings) -> Sender:
    """The number where one is set, else the pool of the messaging profile."""
    return sender_named(settings.from_number, pool="" if settings.from_number else settings.messaging_profile_id)


def _sandbox(*, clock: Clock, seed: int, journal: Path | None) -> ChannelSandbox:
    from ascend_sms.simulator.sandbox import make_telnyx_sandbox

    return make_telnyx_sandbox(clock=clock, seed=seed, journal=journal)


def _simulate(context: PluginContext) -> Any:
    from ascend_sms.simulate import simulate_command
    from ascend_sms.simulator.sandbox import TELNYX

    return simulate_command(context, TELNYX)
