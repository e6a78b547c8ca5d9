"""What the plugin offers."""

from __future__ import annotations

import attrs
from click.testing import CliRunner

from ascend_core.contracts import PluginContext, Secret
from ascend_sms.plugin import SmsPlugin
from ascend_sms.settings import SmsSettings
from ascend_sms.twilio import TwilioChannel


def test_offers_one_channel_that_can_look_up(context: PluginContext) -> None:
    """The console shows one way to text people, and an unsure send can be cleared up."""
    (channel,) = SmsPlugin().ascend_register_channels(context)

    assert (channel.name, channel.label, channel.dedupe) == ("sms", "SMS (Twilio)", "lookup")
    assert channel.settings is SmsSettings
    assert isinstance(channel.channel, TwilioChannel)
    assert callable(channel.sandbox)


def test_the_channel_says_what_a_text_costs(context: PluginContext) -> None:
    """Whoever lints or previews a text counts as the provider bills it, without knowing the provider."""
    (channel,) = SmsPlugin().ascend_register_channels(context)

    assert channel.measure is not None
    assert (channel.measure("a" * 161).segments, channel.measure("’").offending[0].suggestion) == (2, "'")


def test_secrets_are_declared_so_that_the_store_seals_them() -> None:
    """No token is stored in the clear."""
    fields = {field.name: field.type for field in attrs.fields(attrs.resolve_types(SmsSettings))}

    assert {name for name, kind in fields.items() if kind in (Secret, Secret | None)} == {
        "auth_token",
        "second_auth_token",
        "api_key_secret",
        "shared_key_secret",
    }


def test_counts_segments_at_the_command_line(context: PluginContext) -> None:
    """An author sees what a text costs and what to write instead."""
    (command,) = [each for each in SmsPlugin().ascend_register_commands(context) if each.name == "segments"]

    result = CliRunner().invoke(command.make(), ["It’s on 日\u200b"])

    assert result.exit_code == 0
    assert result.output == (
        "1 × UCS-2 (10 of 70 units used, 60 left in the last segment)\n"
        "  '’' at 2: write \"'\"\n"
        "  '日' at 8: not in GSM-7\n"
        "  '\\u200b' at 9: leave it out\n"
    )
