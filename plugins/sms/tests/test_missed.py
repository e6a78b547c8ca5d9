"""What people wrote while nobody listened: a STOP among it must be heard before the next text goes out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ascend_core.contracts import Inbound, PluginContext
from ascend_core.errors import NeedsAttention, TryLater
from ascend_sms.plugin import SmsPlugin
from ascend_sms.settings import SmsSettings
from ascend_sms.twilio import TwilioChannel

ADA, BEN = "+12025550111", "+12025550112"
SINCE = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


def inbound(**changes: object) -> dict[str, object]:
    return {"direction": "inbound", "from": ADA, "to": "+12025550100", "body": "Hello", **changes}


def test_the_stand_ins_list_tells_what_its_webhooks_would_have(context: PluginContext, clock: Any) -> None:
    """Oldest first, over pages, keywords and all; our own texts and older ones are left out."""
    (kind,) = SmsPlugin().ascend_register_channels(context)
    sandbox = kind.sandbox(clock=clock, seed=1, journal=None)
    settings = SmsSettings(**sandbox.settings("http://127.0.0.1:4010"))

    def http(*, timeout: httpx.Timeout, follow_redirects: bool = False) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=sandbox.app), timeout=timeout)

    channel = TwilioChannel(PluginContext(plugin="sms", clock=clock, randomness=context.randomness, http=http))
    sandbox.reply("old", ADA, "before we went away")
    clock.time += timedelta(hours=2)
    since = clock.time
    for number in range(60):
        sandbox.reply(f"r{number}", BEN, f"text {number}")
        clock.time += timedelta(minutes=30)
    sandbox.reply("stop", ADA, "Stop!")
    sandbox.reply("again", BEN, "STOP")

    missed = asyncio.run(channel.missed(settings, since))

    told = [(text.phone, text.body, text.keyword, text.provider_answered) for text in missed]
    assert told == [
        *((BEN, f"text {number}", None, False) for number in range(60)),
        (ADA, "Stop!", "stop", False),
        (BEN, "STOP", "stop", True),
    ]


def test_pages_are_followed_with_the_query_alone(channel: TwilioChannel, provider: Any, settings: SmsSettings) -> None:
    """The secret goes to no other address, whatever the list says."""
    provider.page_size = 2
    provider.accepted = [
        provider.record(**inbound(sid=f"SM{number}", date_created=f"Mon, 23 Nov 2026 18:0{number}:00 +0000"))
        for number in range(5)
    ]

    missed = asyncio.run(channel.missed(settings, SINCE))

    assert [text.provider_id for text in missed] == ["SM0", "SM1", "SM2", "SM3", "SM4"]
    assert len(provider.requests) == 3
    assert {request.url.host for request in provider.requests} == {"api.twilio.com"}
    assert provider.requests[0].url.params["DateSent>"] == "2026-11-22"


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (inbound(), ["Hello"]),
        (inbound(body=""), [""]),
        (inbound(body=None), [""]),
        (inbound(body="a\0b"), ["ab"]),
        (inbound(date_created=None), ["Hello"]),
        (inbound(date_created="Mon, 23 Nov 2026 17:56:00 +0000"), ["Hello"]),
        (inbound(date_created="Mon, 23 Nov 2026 17:54:00 +0000"), []),
        (inbound(**{"from": "38438"}), []),
        (inbound(**{"from": None}), []),
        (inbound(sid=None), []),
        ({"direction": "outbound-api"}, []),
        ({"direction": "outbound-reply"}, []),
        ({"direction": None}, []),
    ],
)
def test_only_what_a_person_wrote_counts(
    channel: TwilioChannel, provider: Any, settings: SmsSettings, record: dict[str, Any], expected: list[str]
) -> None:
    """A record that cannot be read stops nobody behind it."""
    provider.accepted = [provider.record(**{"to": "+12025550100", **record})]

    assert [text.body for text in asyncio.run(channel.missed(settings, SINCE))] == expected


def test_a_service_asks_for_all_its_numbers(
    channel: TwilioChannel, provider: Any, settings_with: Callable[..., SmsSettings]
) -> None:
    """Its texts come in at whichever number it wrote from."""
    service = settings_with(from_number="", messaging_service_sid="MG" + "0" * 32)
    provider.accepted = [provider.record(**inbound(sid="SM1", to="+12025550142"))]

    missed = asyncio.run(channel.missed(service, SINCE))

    assert missed == (Inbound(provider_id="SM1", phone=ADA, body="Hello"),)
    assert "To" not in provider.requests[0].url.params


def test_a_list_that_cannot_be_read_says_so(channel: TwilioChannel, provider: Any, settings: SmsSettings) -> None:
    """No answer is not the same as no text."""
    for answer, expected in [
        (httpx.Response(503), TryLater),
        (httpx.Response(200, text="<html>"), TryLater),
        (httpx.ReadTimeout("late"), TryLater),
        (provider.error(401, 20003), NeedsAttention),
    ]:
        provider.next = answer
        with pytest.raises(expected):
            asyncio.run(channel.missed(settings, SINCE))
