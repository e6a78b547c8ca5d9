"""Handing texts to the provider."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ascend_core.contracts import DeliveryState, Outbound, Receipt
from ascend_core.errors import NeedsAttention, Refused, RunTimeError, TryLater, Unsure
from ascend_sms.settings import SmsSettings
from ascend_sms.twilio import TwilioChannel

MakeText = Callable[..., Outbound]
MakeSettings = Callable[..., SmsSettings]
SERVICE = "MG" + "0" * 32


def test_makes_exactly_one_call_with_all_the_provider_needs(
    channel: TwilioChannel, provider: Any, settings: SmsSettings, text_with: MakeText
) -> None:
    """The text, its sender, its deadline and where to report arrive; nothing else does."""
    text = text_with(
        body="Hi Ada & co\r\n+1 👋", callback_url="https://texts.example.org/hooks/sms/1?a=b#rc=3", valid_seconds=900
    )

    receipt = asyncio.run(channel.send(settings, text))

    assert receipt == Receipt(provider_id="SM" + format(1, "032x"), state=DeliveryState.SENT, segments=1)
    assert [(request.method, str(request.url)) for request in provider.requests] == [
        ("POST", f"https://api.twilio.com/2010-04-01/Accounts/{settings.account_sid}/Messages.json")
    ]
    assert provider.form() == {
        "To": "+12025550111",
        "From": "+12025550100",
        "Body": "Hi Ada & co\r\n+1 👋",
        "StatusCallback": "https://texts.example.org/hooks/sms/1?a=b&m=k-1#rc=3",
        "ValidityPeriod": "900",
    }
    headers = provider.requests[0].headers
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert headers["authorization"] == httpx.BasicAuth(settings.account_sid, "token-1")._auth_header


@pytest.mark.parametrize(
    ("settings_changes", "text_changes", "expected"),
    [
        ({}, {}, {"From": "+12025550100", "Body": "Hello"}),
        ({"from_number": "", "messaging_service_sid": SERVICE}, {}, {"MessagingServiceSid": SERVICE, "Body": "Hello"}),
        ({}, {"valid_seconds": 90_000}, {"From": "+12025550100", "Body": "Hello", "ValidityPeriod": "36000"}),
        ({}, {"body": "a\0b\ud83dc\ud83d\ude00"}, {"From": "+12025550100", "Body": "abc😀"}),
        (
            {},
            {"callback_url": "https://a.org/h", "message_key": "k/ 1&2"},
            {"From": "+12025550100", "Body": "Hello", "StatusCallback": "https://a.org/h?m=k%2F%201%262"},
        ),
    ],
)
def test_sends_only_what_is_set_and_can_travel(
    channel: TwilioChannel,
    provider: Any,
    settings_with: MakeSettings,
    text_with: MakeText,
    settings_changes: dict[str, Any],
    text_changes: dict[str, Any],
    expected: dict[str, str],
) -> None:
    """Nothing is sent as an empty field, and no odd character breaks the call."""
    asyncio.run(channel.send(settings_with(**settings_changes), text_with(**text_changes)))

    assert provider.form() == {"To": "+12025550111", **expected}


def test_an_api_key_calls_in_place_of_the_account(
    channel: TwilioChannel, provider: Any, settings_with: MakeSettings, text_with: MakeText
) -> None:
    """The auth token stays at home where a key is given."""
    key = "SK" + "1" * 32
    provider.secrets = {key: "key-secret"}

    asyncio.run(channel.send(settings_with(api_key_sid=key, api_key_secret="key-secret"), text_with()))

    assert len(provider.accepted) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"body": ""}, "bad_text"),
        ({"body": " \n\0"}, "bad_text"),
        ({"body": "a" * 1_601}, "bad_text"),
        ({"body": "😀" * 801}, "bad_text"),
        ({"body": "a" * 1_000_000}, "bad_text"),
        ({"phone": ""}, "bad_phone"),
        ({"phone": "2025550111"}, "bad_phone"),
        ({"phone": "+1202555٠١١١"}, "bad_phone"),
        ({"phone": "whatsapp:+12025550111"}, "bad_phone"),
        ({"phone": "911"}, "bad_phone"),
        ({"valid_seconds": 0}, "expired"),
    ],
)
def test_what_could_only_be_refused_costs_no_call(
    channel: TwilioChannel,
    provider: Any,
    settings: SmsSettings,
    text_with: MakeText,
    changes: dict[str, Any],
    reason: str,
) -> None:
    """An impossible text is a clear reason on its row."""
    with pytest.raises(Refused) as caught:
        asyncio.run(channel.send(settings, text_with(**changes)))

    assert caught.value.reason == reason
    assert provider.requests == []


@pytest.mark.parametrize("body", ["a" * 1_600, "😀" * 800])
def test_the_longest_text_is_sent(
    channel: TwilioChannel, provider: Any, settings: SmsSettings, text_with: MakeText, body: str
) -> None:
    """The limit is the provider's and no less."""
    asyncio.run(channel.send(settings, text_with(body=body)))

    assert provider.accepted[0]["body"] == body


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (httpx.ConnectError("refused"), TryLater),
        (httpx.ConnectTimeout("slow"), TryLater),
        (httpx.PoolTimeout("full"), TryLater),
        (httpx.ProxyError("no"), TryLater),
        (httpx.ReadTimeout("slow"), Unsure),
        (httpx.WriteTimeout("slow"), Unsure),
        (httpx.ReadError("reset"), Unsure),
        (httpx.WriteError("reset"), Unsure),
        (httpx.RemoteProtocolError("closed"), Unsure),
        (httpx.LocalProtocolError("odd"), Unsure),
        (httpx.DecodingError("gzip"), Unsure),
        (TimeoutError("dripping"), Unsure),
    ],
)
def test_a_broken_connection_never_doubles_a_text(
    channel: TwilioChannel,
    provider: Any,
    settings: SmsSettings,
    text_with: MakeText,
    failure: Exception,
    expected: type[RunTimeError],
) -> None:
    """Only what surely did not leave is tried again; all else is looked up first."""
    provider.next = failure

    with pytest.raises(RunTimeError) as caught:
        asyncio.run(channel.send(settings, text_with()))

    assert type(caught.value) is expected
    assert len(provider.requests) == 1
    assert not {"+12025550111", "Hello", "token-1", settings.account_sid} & set(str(caught.value).split())


def coded(status: int, code: int, **more: Any) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "message": "no", "status": status}, **more)


RFC_9457 = {"type": "x", "title": "no", "status": 400, "code": "21610", "detail": "no"}


@pytest.mark.parametrize(
    ("answer", "expected", "detail"),
    [
        (coded(400, 21610), Refused, ("opted_out", "21610")),
        (httpx.Response(400, json=RFC_9457), Refused, ("opted_out", "21610")),
        (coded(400, 21211), Refused, ("bad_phone", "21211")),
        (coded(400, 21614), Refused, ("bad_phone", "21614")),
        (coded(400, 21612), Refused, ("unreachable", "21612")),
        (coded(400, 21617), Refused, ("bad_text", "21617")),
        (coded(400, 21408), Refused, ("refused", "21408")),
        (coded(400, 99999), Refused, ("refused", "99999")),
        (httpx.Response(400, text="<html>Bad request</html>"), Refused, ("refused", None)),
        (httpx.Response(413, text=""), Refused, ("bad_text", None)),
        (coded(401, 20003), NeedsAttention, None),
        (httpx.Response(401), NeedsAttention, None),
        (httpx.Response(403, text="<html>Forbidden</html>"), NeedsAttention, None),
        (coded(404, 20404), NeedsAttention, None),
        (coded(400, 21606), NeedsAttention, None),
        (coded(400, 21609), NeedsAttention, None),
        (coded(400, 21703), NeedsAttention, None),
        (httpx.Response(302, headers={"location": "https://elsewhere.example.org/"}), NeedsAttention, None),
        (coded(429, 20429), TryLater, None),
        (coded(429, 20429, headers={"retry-after": "7"}), TryLater, 7.0),
        (coded(429, 20429, headers={"retry-after": "Mon, 23 Nov 2026 18:00:30 GMT"}), TryLater, 30.0),
        (coded(429, 20429, headers={"retry-after": "Mon, 23 Nov 2026 17:00:00 GMT"}), TryLater, None),
        (coded(429, 20429, headers={"retry-after": "9" * 400}), TryLater, 86_400.0),
        (coded(429, 20429, headers={"retry-after": "soon"}), TryLater, None),
        (httpx.Response(429, text="<html/>"), TryLater, None),
        (coded(429, 63038), TryLater, 3_600.0),
        (coded(400, 21611), TryLater, 3_600.0),
        (coded(500, 20500), Unsure, None),
        (coded(503, 20503), Unsure, None),
        (httpx.Response(502, text="<html>Bad gateway</html>"), Unsure, None),
        (httpx.Response(504), Unsure, None),
        (httpx.Response(408), Unsure, None),
        (httpx.Response(201), Unsure, None),
        (httpx.Response(204), Unsure, None),
        (httpx.Response(200, text="<html>Welcome</html>"), Unsure, None),
        (httpx.Response(201, content=b'{"sid": "SM00'), Unsure, None),
        (httpx.Response(201, json={"status": "queued"}), Unsure, None),
        (httpx.Response(201, json={"sid": None}), Unsure, None),
        (httpx.Response(201, json={"sid": "a/../b"}), Unsure, None),
        (httpx.Response(201, json=["SM1"]), Unsure, None),
        (httpx.Response(201, content=b"[" * 200_000), Unsure, None),
        (httpx.Response(201, content=b" " * 8_000_001), Unsure, None),
        (httpx.Response(201, content=b"x", headers={"content-encoding": "gzip"}), Unsure, None),
    ],
)
def test_every_answer_says_what_happens_next(
    channel: TwilioChannel,
    provider: Any,
    settings: SmsSettings,
    text_with: MakeText,
    answer: httpx.Response,
    expected: type[RunTimeError],
    detail: Any,
) -> None:
    """Give up, wait, ask a person, or look it up: never the wrong one of them."""
    provider.next = answer

    with pytest.raises(RunTimeError) as caught:
        asyncio.run(channel.send(settings, text_with()))

    error = caught.value
    assert type(error) is expected
    assert len(provider.requests) == 1
    match error:
        case Refused():
            assert (error.reason, error.code) == detail
        case TryLater():
            assert error.after_seconds == detail


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({}, {"segments": 1}),
        ({"status": "accepted", "num_segments": "0", "from": None}, {"segments": None}),
        (
            {"status": "failed", "error_code": 30034},
            {"segments": 1, "state": DeliveryState.FAILED, "error_code": "30034"},
        ),
        ({"status": "sent", "num_segments": "many"}, {"segments": None}),
        ({"status": "a new word", "error_code": True}, {"segments": 1}),
    ],
)
def test_reads_receipts_as_the_provider_writes_them(
    channel: TwilioChannel,
    provider: Any,
    settings: SmsSettings,
    text_with: MakeText,
    record: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    """Numbers that are strings, counts not yet made and failures at once are understood."""
    provider.next = httpx.Response(201, json=provider.record(**record))

    receipt = asyncio.run(channel.send(settings, text_with()))

    assert receipt == Receipt(provider_id="SM" + format(1, "032x"), **expected)
