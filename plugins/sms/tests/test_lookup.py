"""Finding out whether a text arrived although its answer did not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ascend_core.contracts import DeliveryState, Outbound, Receipt
from ascend_core.errors import NeedsAttention, RunTimeError, TryLater, Unsure
from ascend_sms.settings import SmsSettings
from ascend_sms.twilio import TwilioChannel

MakeText = Callable[..., Outbound]
SINCE = datetime(2026, 11, 23, 18, 0, 0, 400_000, tzinfo=UTC)
SERVICE = "MG" + "0" * 32
ID = "SM" + format(1, "032x")


@pytest.fixture
def clock_later(clock: Any) -> Any:
    """A minute after the claim: the provider has settled."""
    clock.time = SINCE + timedelta(seconds=60)
    return clock


def test_a_text_whose_answer_was_lost_is_found(
    channel: TwilioChannel, provider: Any, clock: Any, settings: SmsSettings, text_with: MakeText
) -> None:
    """It is not sent again."""
    provider.drops_answers = True
    with pytest.raises(Unsure):
        asyncio.run(channel.send(settings, text_with()))
    clock.time = SINCE + timedelta(seconds=60)

    receipt = asyncio.run(channel.lookup(settings, text_with(), SINCE))

    assert receipt == Receipt(provider_id=ID, segments=1)
    assert len(provider.accepted) == 1
    assert dict(provider.requests[-1].url.params) == {"To": "+12025550111", "PageSize": "1000"}


@pytest.mark.usefixtures("clock_later")
@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({}, {"segments": 1}),
        ({"body": "Hello "}, {"segments": 1}),
        ({"from": None}, {"segments": 1}),
        ({"date_created": "Mon, 23 Nov 2026 13:00:05 -0500"}, {"segments": 1}),
        ({"date_created": "Mon, 23 Nov 2026 19:00:00 +0000"}, {"segments": 1}),
        ({"status": "delivered", "num_segments": "2"}, {"segments": 2, "state": DeliveryState.DELIVERED}),
        (
            {"status": "undelivered", "error_code": 30003},
            {"segments": 1, "state": DeliveryState.UNDELIVERED, "error_code": "30003"},
        ),
    ],
)
def test_knows_the_text_again(
    channel: TwilioChannel,
    provider: Any,
    settings: SmsSettings,
    text_with: MakeText,
    record: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    """By sender, receiver, words and time, as the provider tells them."""
    provider.accepted = [provider.record(**record)]

    assert asyncio.run(channel.lookup(settings, text_with(), SINCE)) == Receipt(provider_id=ID, **expected)


@pytest.mark.usefixtures("clock_later")
@pytest.mark.parametrize(
    "records",
    [
        [],
        [{"body": "Hello there"}],
        [{"direction": "inbound", "from": "+12025550111"}],
        [{"from": "+12025550199"}],
        [{"date_created": "Mon, 23 Nov 2026 17:54:00 +0000"}],
        [{"date_created": "Sun, 22 Nov 2026 18:00:00 +0000"}],
    ],
)
def test_another_text_is_not_taken_for_it(
    channel: TwilioChannel, provider: Any, settings: SmsSettings, text_with: MakeText, records: list[dict[str, Any]]
) -> None:
    """A text that never arrived is sent after all."""
    provider.accepted = [provider.record(**record) for record in records]

    assert asyncio.run(channel.lookup(settings, text_with(), SINCE)) is None


@pytest.mark.usefixtures("clock_later")
@pytest.mark.parametrize(
    "records",
    [
        [{}, {}],
        [{}, {"date_created": "Mon, 23 Nov 2026 17:58:00 +0000"}],
        [{"date_created": "Mon, 23 Nov 2026 17:58:00 +0000"}],
        [{"date_created": None}],
        [{"date_created": "2026-11-23"}],
        [{"body": ""}],
        [{"body": None}],
        [{"sid": None}],
    ],
)
def test_what_may_be_it_is_left_to_a_person(
    channel: TwilioChannel, provider: Any, settings: SmsSettings, text_with: MakeText, records: list[dict[str, Any]]
) -> None:
    """Neither doubled nor silently dropped: two alike, a clock apart, or a body the provider was told to forget."""
    provider.accepted = [provider.record(**record) for record in records]

    with pytest.raises(Unsure):
        asyncio.run(channel.lookup(settings, text_with(), SINCE))


@pytest.mark.usefixtures("clock_later")
def test_knows_a_text_again_that_the_provider_spelled_plainly(
    channel: TwilioChannel,
    provider: Any,
    settings_with: Callable[..., SmsSettings],
    text_with: MakeText,
) -> None:
    """A service that replaces curly quotes and picks its number itself does not double texts."""
    provider.accepted = [
        provider.record(body="It's on... \n", messaging_service_sid=SERVICE, **{"from": "+12025550123"}),
        provider.record(body="It's on... \n", messaging_service_sid="MG" + "9" * 32),
    ]
    settings = settings_with(from_number="", messaging_service_sid=SERVICE)

    receipt = asyncio.run(channel.lookup(settings, text_with(body="It’s on…"), SINCE))

    assert receipt == Receipt(provider_id=provider.accepted[0]["sid"], segments=1)


def test_too_early_nothing_is_sure(
    channel: TwilioChannel, provider: Any, clock: Any, settings: SmsSettings, text_with: MakeText
) -> None:
    """A text the provider is still taking is not sent twice."""
    clock.time = SINCE + timedelta(seconds=12)

    with pytest.raises(TryLater) as caught:
        asyncio.run(channel.lookup(settings, text_with(), SINCE))

    assert caught.value.after_seconds == 18.0


@pytest.mark.usefixtures("clock_later")
def test_reads_every_page_and_only_the_providers(
    channel: TwilioChannel, provider: Any, settings: SmsSettings, text_with: MakeText
) -> None:
    """A text on a later page is found, and a next page elsewhere never gets our secret."""
    provider.page_size = 1
    provider.accepted = [provider.record(body="other"), provider.record()]

    assert asyncio.run(channel.lookup(settings, text_with(), SINCE)) is not None
    assert len(provider.requests) == 2

    provider.next = httpx.Response(200, json={"messages": [], "next_page_uri": "https://evil.example.org/?Page=1"})
    with pytest.raises(Unsure):
        asyncio.run(channel.lookup(settings, text_with(), SINCE))
    assert {request.url.host for request in provider.requests} == {"api.twilio.com"}
    assert len(provider.requests) == 5


@pytest.mark.usefixtures("clock_later")
@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (httpx.ConnectError("refused"), TryLater),
        (httpx.ReadTimeout("slow"), TryLater),
        (httpx.Response(500), TryLater),
        (httpx.Response(429), TryLater),
        (httpx.Response(200, text="<html/>"), TryLater),
        (httpx.Response(200, json={"messages": "none"}), TryLater),
        (httpx.Response(401), NeedsAttention),
        (httpx.Response(404), NeedsAttention),
        (httpx.Response(400), NeedsAttention),
        (httpx.Response(302), NeedsAttention),
    ],
)
def test_no_answer_is_not_a_no(
    channel: TwilioChannel,
    provider: Any,
    settings: SmsSettings,
    text_with: MakeText,
    failure: Any,
    expected: type[RunTimeError],
) -> None:
    """A failed look-up never sends the text again."""
    provider.next = failure

    with pytest.raises(RunTimeError) as caught:
        asyncio.run(channel.lookup(settings, text_with(), SINCE))

    assert type(caught.value) is expected


def test_checking_sends_nothing(channel: TwilioChannel, provider: Any, settings: SmsSettings) -> None:
    """Connecting a sender is free."""
    asyncio.run(channel.check(settings))

    assert [(request.method, request.url.query) for request in provider.requests] == [("GET", b"PageSize=1")]


def test_checking_tries_the_token_beside_an_api_key(
    channel: TwilioChannel, provider: Any, settings_with: Callable[..., SmsSettings]
) -> None:
    """A wrong token is told when connecting, not by lost STOPs."""
    key = "SK" + "1" * 32
    settings = settings_with(api_key_sid=key, api_key_secret="key-secret")
    provider.secrets = {key: "key-secret"}

    with pytest.raises(NeedsAttention) as caught:
        asyncio.run(channel.check(settings))

    assert str(caught.value) == (
        "the SMS provider refused (401, code 20003): the account SID, auth token or API key is wrong, or the account "
        "is suspended; put it right in the channel's settings or in the provider's console; "
        "this is about the auth token"
    )
    provider.secrets[settings.account_sid] = "token-1"
    asyncio.run(channel.check(settings))


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (httpx.ConnectError("no network"), TryLater),
        (httpx.Response(503), TryLater),
        (httpx.Response(200, text="<html>Log in</html>"), TryLater),
        (httpx.Response(401), NeedsAttention),
        (httpx.Response(404, text="nothing here"), NeedsAttention),
        (httpx.Response(301), NeedsAttention),
    ],
)
def test_checking_says_what_is_wrong(
    channel: TwilioChannel, provider: Any, settings: SmsSettings, failure: Any, expected: type[RunTimeError]
) -> None:
    """A person learns whether to wait or to act."""
    provider.next = failure

    with pytest.raises(RunTimeError) as caught:
        asyncio.run(channel.check(settings))

    assert type(caught.value) is expected
