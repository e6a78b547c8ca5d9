"""What kind of sender texts come from says how fast they may leave; and what the provider says left from it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from ascend_sms.senders import sender_of
from ascend_sms.settings import SmsSettings
from ascend_sms.twilio import TwilioChannel

ACCOUNT: dict[str, Any] = {"account_sid": "AC" + "0" * 32, "auth_token": "invented"}
SERVICE = "MG" + "1" * 32


@pytest.mark.parametrize(
    ("sender", "key", "kind", "per_second"),
    [
        ({"from_number": "+12125550100"}, "+12125550100", "long code", 1),
        ({"from_number": "+18885550100"}, "+18885550100", "toll-free", 3),
        ({"from_number": "55555"}, "55555", "short code", 100),
        ({"from_number": "+12125550100", "messaging_service_sid": SERVICE}, SERVICE, "pool", 1),
    ],
)
def test_a_sender_has_the_pace_of_its_kind(sender: dict[str, str], key: str, kind: str, per_second: float) -> None:
    """One that is wrong would be throttled by the carriers, or kept waiting for nothing."""
    found = sender_of(SmsSettings(**ACCOUNT, **sender))

    assert (found.key, found.kind, found.per_second) == (key, kind, per_second)


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({}, True),
        ({"body": None}, True),
        ({"date_created": None}, True),
        ({"date_created": "Mon, 23 Nov 2026 17:54:00 +0000"}, False),
        ({"direction": "inbound"}, False),
        ({"direction": "outbound-reply"}, False),
        ({"from": "+12025550199"}, False),
        ({"sid": None}, False),
    ],
)
def test_what_our_sender_sent_is_read_from_the_providers_list(
    channel: TwilioChannel, provider: Any, settings: SmsSettings, record: dict[str, Any], told: bool
) -> None:
    """After a backup was restored this is all that is known of the texts since."""
    first = {"direction": "outbound-api", "date_created": "Mon, 23 Nov 2026 18:01:00 +0000", "body": "Hi"}
    provider.accepted = [provider.record(**{"to": "+12025550111", "sid": "SM1", **first, **record})]

    sent = asyncio.run(channel.sent(settings, datetime(2026, 11, 23, 18, 0, tzinfo=UTC)))

    assert [(text.provider_id, text.phone) for text in sent] == ([("SM1", "+12025550111")] if told else [])
