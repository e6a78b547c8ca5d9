"""The provider's error codes: ``specs/carrier-codes.md`` is the whole rule, and the code is wrong where it differs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from ascend_core.contracts import DeliveryState, DeliveryStatus, RawRequest, Secret
from ascend_core.errors import NeedsAttention, Refused, RunTimeError, TryLater, Unsure
from ascend_sms.codes import CODES as TWILIO
from ascend_sms.meanings import Codes
from ascend_sms.replies import problem, receipt_in
from ascend_sms.settings import SmsSettings
from ascend_sms.telnyx.codes import CODES as TELNYX
from ascend_sms.telnyx.settings import TelnyxSettings
from ascend_sms.telnyx.webhooks import events_in
from ascend_sms.webhooks import event_in
from ascend_sms.wire import Reply

SPEC = Path(__file__).parents[3] / "specs" / "carrier-codes.md"
ROW = re.compile(r"^\| (\d{5}) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
TEXT = SPEC.read_text("utf-8") if SPEC.exists() else "## Telnyx"
TWILIO_ROWS, TELNYX_ROWS = ([tuple(row) for row in ROW.findall(part)] for part in TEXT.split("## Telnyx"))
ROWS = [(TWILIO, *row) for row in TWILIO_ROWS] + [(TELNYX, *row) for row in TELNYX_ROWS]
NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not SPEC.exists(), reason="the specifications are not beside the wheels")


def refusal(status: int, body: bytes, codes: Codes = TWILIO) -> RunTimeError:
    return problem(Reply(status=status, headers=httpx.Headers(), body=body), NOW, codes)


def described(error: RunTimeError) -> str:
    """What happens next, in the words of the table."""
    match error:
        case TryLater(after_seconds=None):
            return "again later"
        case TryLater(after_seconds=seconds):
            return f"again after {seconds / 60:.0f} min"
        case NeedsAttention():
            return "the channel stops"
        case Refused(reason=reason):
            return f"never: {reason}"
        case Unsure():
            return "looked up"
    raise AssertionError(error)


def told(event: DeliveryStatus) -> str:
    assert event.state is DeliveryState.FAILED
    words = "failed" if event.reason is None else f"failed: {event.reason}"
    return words if event.problem is None else f"{words}, the channel stops"


def test_the_table_is_complete() -> None:
    """No code is handled that nobody can look up, and none is promised that is not handled."""
    for codes, rows in ((TWILIO, TWILIO_ROWS), (TELNYX, TELNYX_ROWS)):
        assert [int(code) for code, *_ in rows] == sorted(codes)
        assert {int(code): says for code, says, *_ in rows} == {code: meaning.says for code, meaning in codes.items()}


@pytest.mark.parametrize(("codes", "code", "says", "asked", "status"), ROWS)
def test_a_refused_text_goes_on_as_the_table_says(codes: Codes, code: str, says: str, asked: str, status: str) -> None:
    """In each shape that errors come in, as a number and as a string."""
    own = {"code": int(code), "message": "no", "more_info": "https://example.org", "status": 400}
    rfc = {"type": "https://example.org", "title": "no", "status": 400, "code": code, "detail": "no", "errors": []}
    listed = {"errors": [{"code": code, "title": "no", "detail": "no"}]}

    errors = [refusal(400, json.dumps(body).encode(), codes) for body in (own, rfc, listed)]

    assert [described(error) for error in errors] == [asked] * 3
    assert all(code in str(error) and says in str(error) for error in errors)


@pytest.mark.parametrize(("code", "says", "asked", "status"), TWILIO_ROWS)
def test_a_failed_text_ends_as_the_table_says(
    code: str, says: str, asked: str, status: str, settings: SmsSettings, posted: Callable[..., RawRequest]
) -> None:
    """The same code may come after the text was accepted, in a delivery status."""
    form = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "failed", "ErrorCode": code}

    event = event_in(settings, posted(form, query="?m=k-1"))

    assert isinstance(event, DeliveryStatus)
    assert told(event) == status
    assert event.error_code == code


@pytest.mark.parametrize(("code", "says", "asked", "status"), TELNYX_ROWS)
def test_a_text_that_telnyx_failed_ends_as_the_table_says(code: str, says: str, asked: str, status: str) -> None:
    """In an event, where the code is a string in a list."""
    payload = {"id": "a1", "to": [{"status": "sending_failed"}], "errors": [{"code": code, "title": "no"}]}
    body = json.dumps({"data": {"event_type": "message.finalized", "payload": payload}}).encode()
    settings = TelnyxSettings(api_key=Secret("k"), public_key="A" * 43 + "=", from_number="+12025550100")

    (event,) = events_in(settings, RawRequest(method="POST", url="https://example.org/?m=k-1", headers=(), body=body))

    assert isinstance(event, DeliveryStatus)
    assert (told(event), event.error_code, event.message_key) == (status, code, "k-1")


@pytest.mark.parametrize("code", ["", "0", "99999", "x", "٣", "-1", "1" * 50, "21610.0"])
def test_unknown_codes_are_safe(code: str, settings: SmsSettings, posted: Callable[..., RawRequest]) -> None:
    """A code the provider invents tomorrow fails one text, stops nobody and opts nobody out."""
    form = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "undelivered", "ErrorCode": code}

    event = event_in(settings, posted(form))

    assert isinstance(event, DeliveryStatus)
    assert (event.state, event.reason, event.problem) == (DeliveryState.UNDELIVERED, None, None)


BODIES = [
    b"",
    b"<html><body><h1>Bad Request</h1></body></html>",
    b'{"code": 999999, "message": "new", "status": 400}',
    b'{"code": "999999", "title": "new", "type": "about:blank"}',
    b'{"code": true}',
    b'{"code": 1e400}',
    b'{"code": "21610',
    b"[21610]",
    b"\xff\xfe",
    b"[" * 100_000,
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, "never: refused"),
        (401, "the channel stops"),
        (403, "the channel stops"),
        (404, "the channel stops"),
        (408, "looked up"),
        (413, "never: bad_text"),
        (422, "never: refused"),
        (429, "again later"),
        (301, "the channel stops"),
        (500, "looked up"),
        (502, "looked up"),
        (503, "looked up"),
        (504, "looked up"),
    ],
)
def test_answers_that_name_no_known_code_go_by_their_status(body: bytes, status: int, expected: str) -> None:
    """HTML of a proxy, nothing, half a body: what may have been sent is looked up, and never repeated blindly."""
    assert described(refusal(status, body)) == expected


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_success_that_names_no_text_may_have_been_sent(body: bytes) -> None:
    """It is looked up as well."""
    with pytest.raises(Unsure):
        receipt_in(Reply(status=201, headers=httpx.Headers(), body=body), NOW)
