"""What a person may fill in to connect a sender."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ascend_core.contracts import Secret
from ascend_core.errors import BadInput
from ascend_sms.settings import SmsSettings

MakeSettings = Callable[..., SmsSettings]
ACCOUNT = "AC" + "0" * 32


def test_takes_what_people_paste(settings_with: MakeSettings) -> None:
    """Spaces, brackets and empty fields of a form do no harm."""
    settings = settings_with(
        account_sid=f" {ACCOUNT}\n",
        auth_token=" token-1 ",
        from_number="+1 (202) 555-0100",
        base_url="",
        second_auth_token="",
        api_key_secret=None,
        keyword_replies=" Plugin ",
    )

    assert settings == settings_with(auth_token=Secret("token-1"), keyword_replies="plugin")
    assert settings.from_number == "+12025550100"
    assert settings.auth_token.reveal() == "token-1"
    assert settings.base_url == "https://api.twilio.com"
    assert settings.second_auth_token is None


def test_never_shows_a_secret(settings_with: MakeSettings) -> None:
    """Settings can be printed and logged."""
    settings = settings_with(
        auth_token="hidden-1", second_auth_token="hidden-2", api_key_sid="SK" + "1" * 32, api_key_secret="hidden-3"
    )

    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"account_sid": ""}, "Account SID is missing. It is on the first page of the provider's console."),
        ({"account_sid": "AC12"}, "Account SID does not look right: it is AC and 32 hexadecimal digits."),
        ({"account_sid": "SK" + "0" * 32}, "Account SID does not look right: it is AC and 32 hexadecimal digits."),
        (
            {"account_sid": "../x", "base_url": "https://sms.example.org"},
            "Account SID holds characters that no SID has.",
        ),
        (
            {"auth_token": " "},
            "Auth token is missing. It is needed to check incoming requests, with an API key too.",
        ),
        (
            {"from_number": "2025550100"},
            "From number is neither a number like +12025550100 nor a short code of 5 or 6 digits.",
        ),
        (
            {"from_number": "Campaign"},
            "From number is neither a number like +12025550100 nor a short code of 5 or 6 digits.",
        ),
        ({"from_number": ""}, "Give a from number or a messaging service SID: something must be the sender."),
        (
            {"messaging_service_sid": "MG1"},
            "Messaging service SID does not look right: it is MG and 32 hexadecimal digits.",
        ),
        ({"api_key_sid": "SK" + "0" * 32}, "Give both the API key SID and its secret, or neither."),
        ({"api_key_secret": "x"}, "Give both the API key SID and its secret, or neither."),
        ({"shared_key_id": "x"}, "Give both the shared key id and its secret, or neither."),
        ({"base_url": "ftp://a"}, "Base URL must look like https://api.twilio.com."),
        ({"base_url": "api.twilio.com"}, "Base URL must look like https://api.twilio.com."),
        ({"base_url": "https://u:p@a.org"}, "Base URL must look like https://api.twilio.com."),
        ({"base_url": "https://a.org?x=1"}, "Base URL must look like https://api.twilio.com."),
        ({"base_url": "https://[::1"}, "Base URL cannot be read; it must look like https://api.twilio.com."),
        ({"base_url": "http://a.org"}, "Base URL must begin with https:// because the secret is sent there."),
        ({"keyword_replies": "both"}, "Keyword replies must be 'provider' or 'plugin'."),
    ],
)
def test_says_what_is_wrong_in_a_sentence(settings_with: MakeSettings, wrong: dict[str, str], sentence: str) -> None:
    """A person can put it right without reading code."""
    with pytest.raises(BadInput) as caught:
        settings_with(**wrong)

    assert str(caught.value) == sentence


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:4010/", "http://localhost:4010", "http://[::1]:4010"])
def test_a_stand_in_on_this_machine_needs_no_https(settings_with: MakeSettings, base_url: str) -> None:
    """The demo runs without certificates."""
    settings = settings_with(base_url=base_url, account_sid="any-sid")

    assert settings.account_url == f"{base_url.rstrip('/')}/2010-04-01/Accounts/any-sid"
