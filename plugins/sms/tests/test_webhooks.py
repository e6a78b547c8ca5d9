"""What the provider tells us: texts of people, and news of ours."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_core.contracts import Answer, DeliveryState, DeliveryStatus, Inbound, RawRequest
from ascend_core.errors import BadInput
from ascend_sms.settings import SmsSettings
from ascend_sms.twilio import TwilioChannel
from ascend_sms.webhooks import answer_to, event_in

Post = Callable[..., RawRequest]
ACCOUNT = "AC" + "0" * 32
SID = "SM" + "a" * 32
INBOUND = {
    "ToCountry": "US",
    "ToState": "District Of Columbia",
    "SmsMessageSid": SID,
    "NumMedia": "0",
    "ToCity": "",
    "FromZip": "01022",
    "SmsSid": SID,
    "FromState": "MA",
    "SmsStatus": "received",
    "Body": "Msg",
    "FromCountry": "US",
    "To": "+12025550100",
    "NumSegments": "1",
    "MessageSid": SID,
    "AccountSid": ACCOUNT,
    "From": "+12025550111",
    "ApiVersion": "2010-04-01",
}
STATUS = {
    "SmsStatus": "sent",
    "MessageStatus": "sent",
    "To": "+12025550111",
    "MessageSid": SID,
    "AccountSid": ACCOUNT,
    "From": "+12025550100",
    "ApiVersion": "2010-04-01",
}
TWIML = Answer(body=b'<?xml version="1.0" encoding="UTF-8"?><Response/>', content_type="text/xml; charset=utf-8")
LONG = "Hello, this is a long text about the bus stop on Main Street; see you there at 5 🙂"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"body": "Msg"}),
        ({"NewField": "x"}, {"body": "Msg"}),
        ({"Body": " Hi \n"}, {"body": " Hi \n"}),
        ({"Body": ""}, {"body": ""}),
        ({"Body": "a\0b"}, {"body": "ab"}),
        ({"NumMedia": "abc", "MediaUrl0": "https://a.org/x"}, {"body": "Msg"}),
        ({"Body": base64.b64encode(LONG.encode()).decode()}, {"body": LONG}),
        ({"Body": base64.b64encode(bytes(range(90))).decode()}, {"body": base64.b64encode(bytes(range(90))).decode()}),
        ({"Body": "a" * 64}, {"body": "a" * 64}),
        ({"Body": "STOP"}, {"body": "STOP", "keyword": "stop", "provider_answered": True}),
        ({"Body": " stop\n"}, {"body": " stop\n", "keyword": "stop", "provider_answered": True}),
        ({"Body": "Stop."}, {"body": "Stop.", "keyword": "stop"}),
        ({"Body": "please stop"}, {"body": "please stop", "keyword": "stop"}),
        ({"Body": "STPO"}, {"body": "STPO", "keyword": "doubtful"}),
        ({"Body": "start"}, {"body": "start", "keyword": "start", "provider_answered": True}),
        ({"Body": "HELP"}, {"body": "HELP", "keyword": "help", "provider_answered": True}),
        ({"Body": "Ayuda"}, {"body": "Ayuda", "keyword": "help"}),
        ({"Body": "YES"}, {"body": "YES"}),
        ({"Body": "YES", "OptOutType": "START"}, {"body": "YES", "keyword": "start", "provider_answered": True}),
        (
            {"Body": "basta ya", "OptOutType": "STOP"},
            {"body": "basta ya", "keyword": "stop", "provider_answered": True},
        ),
        ({"Body": "odd", "OptOutType": "HELP"}, {"body": "odd", "keyword": "help", "provider_answered": True}),
        ({"Body": "odd", "OptOutType": "NEW"}, {"body": "odd"}),
    ],
)
def test_reads_a_persons_text(
    channel: TwilioChannel, settings: SmsSettings, posted: Post, changes: dict[str, str], expected: dict[str, Any]
) -> None:
    """Its words, who wrote it, whether it is a keyword, and whether the provider has answered already."""
    request = posted({**INBOUND, **changes})

    assert channel.is_genuine(settings, request)
    assert channel.read(settings, request) == (Inbound(provider_id=SID, phone="+12025550111", **expected),)
    assert channel.answer(settings, request) == TWIML


def test_answers_itself_where_the_provider_was_told_not_to(
    channel: TwilioChannel, settings_with: Callable[..., SmsSettings], posted: Post
) -> None:
    """One confirmation, from whoever is to give it."""
    settings = settings_with(keyword_replies="plugin")

    (alone,) = channel.read(settings, posted({**INBOUND, "Body": "STOP"}))
    (answered,) = channel.read(settings, posted({**INBOUND, "Body": "STOP", "OptOutType": "STOP"}))

    assert alone == Inbound(provider_id=SID, phone="+12025550111", body="STOP", keyword="stop")
    assert answered == Inbound(
        provider_id=SID, phone="+12025550111", body="STOP", keyword="stop", provider_answered=True
    )


def test_a_get_is_read_from_its_url(channel: TwilioChannel, settings: SmsSettings, posted: Post) -> None:
    """A sender configured to GET loses no text."""
    request = posted(b"", query="?" + urlencode({**INBOUND, "Body": "hi"}), method="GET")

    assert channel.is_genuine(settings, request)
    assert channel.read(settings, request) == (Inbound(provider_id=SID, phone="+12025550111", body="hi"),)


@pytest.mark.parametrize(
    ("changes", "query", "expected"),
    [
        ({}, "?m=k-1", {"message_key": "k-1", "state": DeliveryState.SENT}),
        ({}, "?a=b&m=k%2F%201", {"message_key": "k/ 1", "state": DeliveryState.SENT}),
        ({}, "", {"message_key": None, "state": DeliveryState.SENT}),
        ({"MessageStatus": "delivered"}, "?m=k-1", {"message_key": "k-1", "state": DeliveryState.DELIVERED}),
        ({"MessageStatus": "read"}, "?m=k-1", {"message_key": "k-1", "state": DeliveryState.DELIVERED}),
        ({"MessageStatus": "partially_delivered"}, "?m=k", {"message_key": "k", "state": DeliveryState.DELIVERED}),
        ({"MessageStatus": "queued"}, "?m=k-1", {"message_key": "k-1", "state": None}),
        ({"MessageStatus": "sending"}, "?m=k-1", {"message_key": "k-1", "state": None}),
        ({"MessageStatus": "accepted"}, "?m=k-1", {"message_key": "k-1", "state": None}),
        ({"MessageStatus": "teleported"}, "?m=k-1", {"message_key": "k-1", "state": None}),
        ({"MessageStatus": "canceled"}, "?m=k-1", {"message_key": "k-1", "state": DeliveryState.FAILED}),
        (
            {"MessageStatus": "failed", "ErrorCode": "21610"},
            "?m=k-1",
            {"message_key": "k-1", "state": DeliveryState.FAILED, "error_code": "21610", "reason": "opted_out"},
        ),
        (
            {"MessageStatus": "undelivered", "ErrorCode": "30003"},
            "?m=k-1",
            {"message_key": "k-1", "state": DeliveryState.UNDELIVERED, "error_code": "30003", "reason": "unreachable"},
        ),
        (
            {"MessageStatus": "undelivered", "ErrorCode": "30007"},
            "?m=k-1",
            {"message_key": "k-1", "state": DeliveryState.UNDELIVERED, "error_code": "30007", "reason": "filtered"},
        ),
        (
            {"MessageStatus": "failed", "ErrorCode": "30036"},
            "?m=k-1",
            {"message_key": "k-1", "state": DeliveryState.FAILED, "error_code": "30036", "reason": "expired"},
        ),
        (
            {"MessageStatus": "failed", "ErrorCode": "12345"},
            "?m=k-1",
            {"message_key": "k-1", "state": DeliveryState.FAILED, "error_code": "12345"},
        ),
        ({"MessageStatus": "failed", "ErrorCode": ""}, "?m=k", {"message_key": "k", "state": DeliveryState.FAILED}),
        ({"MessageStatus": "failed", "ErrorCode": "0"}, "?m=k", {"message_key": "k", "state": DeliveryState.FAILED}),
        ({"MessageStatus": "failed", "ErrorCode": "٣٠"}, "?m=k", {"message_key": "k", "state": DeliveryState.FAILED}),
        ({"MessageStatus": "failed", "ErrorCode": "oops"}, "?m=k", {"message_key": "k", "state": DeliveryState.FAILED}),
    ],
)
def test_reads_news_of_our_texts(
    channel: TwilioChannel,
    settings: SmsSettings,
    posted: Post,
    changes: dict[str, str],
    query: str,
    expected: dict[str, Any],
) -> None:
    """How far a text came, which text it was, and why it did not arrive."""
    request = posted({**STATUS, **changes}, query=query)

    assert channel.is_genuine(settings, request)
    assert channel.read(settings, request) == (DeliveryStatus(provider_id=SID, **expected),)
    assert channel.answer(settings, request) == Answer(status=204)


def test_our_key_alone_is_enough_and_is_read_from_the_url_alone(
    channel: TwilioChannel, settings: SmsSettings, posted: Post
) -> None:
    """A status that comes before the create call's answer finds its text."""
    form = {"MessageStatus": "sent", "m": "somebody-elses"}

    assert channel.read(settings, posted(form, query="?m=k-1")) == (
        DeliveryStatus(provider_id=None, message_key="k-1", state=DeliveryState.SENT),
    )


TWICE = urlencode({**INBOUND, "Body": "Yes"}).encode() + b"&Body=No"


@pytest.mark.parametrize(
    ("form", "more"),
    [
        (b"", {}),
        ({}, {}),
        ({"MessageSid": SID}, {}),
        ({"MessageStatus": "sent"}, {}),
        ({**STATUS, "MessageSid": "../x", "SmsSid": ""}, {}),
        ({**STATUS, "AccountSid": "AC" + "9" * 32}, {}),
        ({**INBOUND, "From": ""}, {}),
        ({**INBOUND, "From": "384387"}, {}),
        ({**INBOUND, "From": "CAMPAIGN"}, {}),
        ({**INBOUND, "From": "whatsapp:+12025550111"}, {}),
        ({"Body": "hi", "From": "+12025550111"}, {}),
        (TWICE, {}),
        (b"Body=%ff&From=%2B12025550111&MessageSid=SM1", {}),
        (b"Body=\xff\xfe", {}),
        (b"&a=1" * 2_000, {}),
        (b"Body=" + b"a" * 10_000_000, {}),
        (b'{"Body": "hi"}', {}),
        (INBOUND, {"method": "PUT"}),
        (INBOUND, {"method": "GET"}),
        (STATUS, {"query": "?m=a&m=b"}),
        (STATUS, {"query": "?m=" + "k" * 201}),
        (STATUS, {"query": "?m=%00"}),
        (STATUS, {"query": "?m=%ff"}),
    ],
)
def test_what_cannot_be_read_is_bad_input(
    channel: TwilioChannel, settings: SmsSettings, posted: Post, form: Any, more: dict[str, str]
) -> None:
    """One odd request is one refused request, and its message tells nothing about anybody."""
    request = posted(form, **more)

    with pytest.raises(BadInput) as caught:
        channel.read(settings, request)

    assert "+12025550111" not in str(caught.value)


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_another_content_type_is_bad_input(
    channel: TwilioChannel, settings: SmsSettings, posted: Post, content_type: str
) -> None:
    """What the signature would not cover is not read."""
    good = posted(INBOUND)
    request = RawRequest(method="POST", url=good.url, headers=(("content-type", content_type),), body=good.body)

    with pytest.raises(BadInput):
        channel.read(settings, request)
    assert channel.answer(settings, request) == Answer(status=400)


NAMES = st.sampled_from([*INBOUND, *STATUS, "OptOutType", "ErrorCode", "m"])
VALUES = st.one_of(st.text(max_size=30), st.sampled_from([*INBOUND.values(), "STOP", "sent", "received", "\0"]))
SETTINGS = SmsSettings(account_sid=ACCOUNT, auth_token="token-1", from_number="+12025550100")


@given(
    sample=st.sampled_from([INBOUND, STATUS]),
    changes=st.dictionaries(NAMES, VALUES.filter(str.isprintable), max_size=4),
    cut=st.integers(0, 400),
    junk=st.binary(max_size=8),
    url=st.one_of(st.sampled_from(["https://a.org/h?m=k", "https://a.org/h", "https://[", ""]), st.text(max_size=30)),
    method=st.sampled_from(["POST", "GET", "HEAD", ""]),
)
def test_a_damaged_request_is_read_or_refused(
    sample: dict[str, str], changes: dict[str, str], cut: int, junk: bytes, url: str, method: str
) -> None:
    """However a request is damaged, the worker goes on."""
    whole = urlencode({**sample, **changes}).encode()
    request = RawRequest(method=method, url=url, headers=(), body=whole[:cut] + junk + whole[cut:])

    try:
        event = event_in(SETTINGS, request)
    except BadInput:
        event = None

    assert event is None or isinstance(event, Inbound | DeliveryStatus)
    assert answer_to(request).status in {200, 204, 400}
