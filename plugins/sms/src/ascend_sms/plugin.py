"""What the SMS plugin offers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ascend_core.contracts import ChannelSandbox, ChannelType, Clock, CommandType, PluginContext
from ascend_core.hookspecs import AscendHooks, hookimpl
from ascend_sms.any_provider import keyword_of, measure
from ascend_sms.senders import sender_of
from ascend_sms.settings import SmsSettings
from ascend_sms.twilio import TwilioChannel

__all__ = ["SmsPlugin"]


class SmsPlugin(AscendHooks):
    """Texts through Twilio's API, a stand-in for it, and two commands."""

    @hookimpl
    def ascend_register_channels(self, context: PluginContext) -> Iterable[ChannelType]:
        """One way to text people."""
        twilio = TwilioChannel(context)
        return [
            ChannelType(
                name="sms",
                label="SMS (Twilio)",
                settings=SmsSettings,
                channel=twilio,
                dedupe="lookup",
                measure=measure,
                sender=sender_of,
                sent=twilio.sent,
                keyword_of=keyword_of,
                sandbox=_sandbox,
            )
        ]

    @hookimpl
    def ascend_register_commands(self, context: PluginContext) -> Iterable[CommandType]:
        """``ascend sms simulate`` and ``ascend sms segments``."""
        return [
            CommandType(name="simulate", make=lambda: _simulate(context), help="Run a stand-in for the provider."),
            CommandType(name="segments", make=_segments, help="Count how many segments a text is billed as."),
        ]


def _sandbox(*, clock: Clock, seed: int, journal: Path | None) -> ChannelSandbox:
    from ascend_sms.simulator.sandbox import make_sandbox

    return make_sandbox(clock=clock, seed=seed, journal=journal)


def _simulate(context: PluginContext) -> Any:
    from ascend_sms.simulate import simulate_command

    return simulate_command(context)


def _segments() -> Any:
    from ascend_sms.segments_command import segments_command

    return segments_command()
