"""What the plugin offers."""

from __future__ import annotations

import attrs
from click.testing import CliRunner

from ascend_core.contracts import PluginContext, Secret
from ascend_sms.plugin import SmsPlugin
from ascend_sms.settings import SmsSettings
from ascend_sms.telnyx.plugin import TelnyxPlugin
from ascend_sms.telnyx.settings import TelnyxSettings
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


def test_says_what_plain_letters_would_save(context: PluginContext) -> None:
    """Only where they save something."""
    (command,) = [each for each in SmsPlugin().ascend_register_commands(context) if each.name == "segments"]

    dear = CliRunner().invoke(command.make(), ["’" + "x" * 99]).output.splitlines()

    assert (dear[0][:9], dear[-1]) == ("2 × UCS-2", "Written so, it is 1 × GSM-7.")


def test_the_other_provider_offers_the_same_but_a_list(context: PluginContext) -> None:
    """Nothing in the core asks who the provider is."""
    (twilio,) = SmsPlugin().ascend_register_channels(context)
    (telnyx,) = TelnyxPlugin().ascend_register_channels(context)

    assert (telnyx.measure, telnyx.keyword_of) == (twilio.measure, twilio.keyword_of)
    assert (telnyx.name, telnyx.dedupe, telnyx.sent) == ("telnyx", "none", None)
    assert telnyx.keyword_of is not None
    assert telnyx.keyword_of("S T O P") == "stop"
    number = TelnyxSettings(api_key=Secret("k"), public_key="A" * 43 + "=", from_number="+18885550100")
    profile = "0" * 8 + "-0000-0000-0000-" + "0" * 12
    pool = TelnyxSettings(api_key=Secret("k"), public_key="A" * 43 + "=", messaging_profile_id=profile)
    assert telnyx.sender is not None
    assert [telnyx.sender(each).kind for each in (number, pool)] == ["toll-free", "pool"]
