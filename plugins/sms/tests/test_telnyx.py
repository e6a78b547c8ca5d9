"""What is special to Telnyx: its settings, how fresh a webhook must be, and its other events."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ascend_core.contracts import DeliveryState, DeliveryStatus, RawRequest, Secret
from ascend_core.errors import BadInput
from ascend_sms.telnyx.settings import TelnyxSettings
from ascend_sms.telnyx.signature import is_signed
from ascend_sms.telnyx.webhooks import events_in

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
FIRST, SECOND = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))

PUBLIC_KEY_IS_WRONG = "Public key is not the base64 of 32 bytes. It is in the portal under Keys & Credentials."


def public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def settings_with(**changes: Any) -> TelnyxSettings:
    known = {"api_key": Secret("KEY1"), "public_key": public(FIRST), "from_number": "+1 (202) 555-0100"}
    return TelnyxSettings(**{**known, **changes})


def signed(key: Ed25519PrivateKey, *, at: datetime = NOW, body: bytes = b"{}", **headers: str) -> RawRequest:
    timestamp = str(int(at.timestamp()))
    signature = base64.b64encode(key.sign(timestamp.encode() + b"|" + body)).decode()
    found = {"telnyx-timestamp": timestamp, "telnyx-signature-ed25519": signature, **headers}
    return RawRequest(method="POST", url="https://example.org/", headers=tuple(found.items()), body=body)


def told(kind: str, payload: Any, query: str = "?m=k-1") -> tuple[Any, ...]:
    body = json.dumps({"data": {"event_type": kind, "payload": payload}}).encode()
    request = RawRequest(method="POST", url=f"https://example.org/{query}", headers=(), body=body)
    return events_in(settings_with(), request)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"api_key": Secret(" ")}, "API key is missing. It is in the portal under Keys & Credentials."),
        ({"public_key": ""}, "Public key is not the base64 of 32 bytes. It is in the portal under Keys & Credentials."),
        (
            {"public_key": "x"},
            "Public key is not the base64 of 32 bytes. It is in the portal under Keys & Credentials.",
        ),
        ({"second_public_key": "AAAA"}, PUBLIC_KEY_IS_WRONG),
        ({"from_number": "5"}, "From number is neither a number like +12025550100 nor a short code of 5 or 6 digits."),
        ({"from_number": ""}, "Give a from number or a messaging profile id: something must be the sender."),
        ({"messaging_profile_id": "main"}, "Messaging profile id does not look right: it is a UUID."),
        ({"base_url": "http://example.org"}, "Base URL must begin with https:// because the secret is sent there."),
        ({"base_url": "nonsense"}, "Base URL must look like https://api.telnyx.com."),
        ({"keyword_replies": "both"}, "Keyword replies must be 'provider' or 'plugin'."),
    ],
)
def test_says_what_is_wrong_in_a_sentence(changes: dict[str, Any], message: str) -> None:
    """Whoever connects knows what to do."""
    with pytest.raises(BadInput) as caught:
        settings_with(**changes)

    assert str(caught.value) == message


def test_takes_what_people_paste() -> None:
    """Spaces, brackets and a slash at the end."""
    settings = settings_with(base_url=" https://api.telnyx.com/ ", keyword_replies=" Plugin")

    assert (settings.from_number, settings.base_url, settings.answered_words) == (
        "+12025550100",
        "https://api.telnyx.com",
        frozenset(),
    )


@pytest.mark.parametrize(("seconds", "believed"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_a_recording_is_not_believed(seconds: int, believed: bool) -> None:
    """What was signed five minutes ago, or will be in five, is."""
    request = signed(FIRST, at=NOW + timedelta(seconds=seconds))

    assert is_signed(request, (public(FIRST), ""), NOW) is believed


def test_two_keys_are_believed_while_one_replaces_the_other() -> None:
    """And no third."""
    keys = (public(FIRST), public(SECOND))

    assert is_signed(signed(SECOND), keys, NOW)
    assert not is_signed(signed(Ed25519PrivateKey.generate()), keys, NOW)
    assert not is_signed(signed(FIRST), ("", ""), NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {"telnyx-timestamp": ""},
        {"telnyx-timestamp": "-1"},
        {"telnyx-timestamp": "1e9"},
        {"telnyx-timestamp": "9" * 5000},
        {"telnyx-timestamp": "١٢٣"},
        {"telnyx-signature-ed25519": ""},
        {"telnyx-signature-ed25519": "!!!"},
        {"telnyx-signature-ed25519": "AAAA"},
        {"telnyx-signature-ed25519": "é"},
    ],
)
def test_odd_headers_are_not_believed(headers: dict[str, str]) -> None:
    """And raise nothing."""
    assert not is_signed(signed(FIRST, **headers), (public(FIRST),), NOW)


@pytest.mark.parametrize(
    ("word", "state", "reason"),
    [
        ("queued", None, None),
        ("sending", None, None),
        ("sent", DeliveryState.SENT, None),
        ("delivered", DeliveryState.DELIVERED, None),
        ("delivery_unconfirmed", DeliveryState.SENT, None),
        ("delivery_failed", DeliveryState.UNDELIVERED, None),
        ("sending_failed", DeliveryState.FAILED, None),
        ("expired", DeliveryState.FAILED, "expired"),
        ("bewildered", None, None),
        (None, None, None),
    ],
)
def test_how_far_a_text_came(word: str | None, state: DeliveryState | None, reason: str | None) -> None:
    """A carrier that confirms nothing leaves a text sent."""
    (event,) = told("message.finalized", {"id": "a-1", "to": [{"status": word}], "errors": []})

    assert event == DeliveryStatus(provider_id="a-1", message_key="k-1", state=state, reason=reason)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"to": []},
        {"to": {}},
        {"to": [None]},
        {"to": [{"status": 7}]},
        {"errors": {}},
        {"errors": [None]},
        {"errors": [{"code": None}]},
        {"errors": [{"code": "x"}]},
    ],
)
def test_damaged_news_still_names_our_text(payload: dict[str, Any]) -> None:
    """By the key in the address; it says nothing else."""
    assert told("message.sent", payload) == (DeliveryStatus(provider_id=None, message_key="k-1", state=None),)


@pytest.mark.parametrize("kind", ["message.link_clicked", "call.initiated", "10dlc.campaign.update"])
def test_events_that_are_not_about_texts_are_none(kind: str) -> None:
    """They come to the same address."""
    assert told(kind, {}) == ()


@pytest.mark.parametrize(
    ("kind", "payload", "query"),
    [
        (7, {}, ""),
        ("message.sent", None, ""),
        ("message.sent", {}, ""),
        ("message.sent", {"id": "a b"}, ""),
        ("message.sent", {"id": "a"}, "?m=1&m=2"),
        ("message.received", {"from": {"phone_number": "+12025550123"}, "text": "Hi"}, ""),
        ("message.received", {"id": "a", "from": "+12025550123", "text": "Hi"}, ""),
        ("message.received", {"id": "a", "from": {"phone_number": "38438"}, "text": "Hi"}, ""),
    ],
)
def test_what_cannot_be_read_is_refused(kind: Any, payload: Any, query: str) -> None:
    """With nothing else than BadInput."""
    with pytest.raises(BadInput):
        told(kind, payload, query)
