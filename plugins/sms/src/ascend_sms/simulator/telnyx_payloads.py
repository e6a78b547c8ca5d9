"""Telnyx's JSON: https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks

The carrier's own ids, codes and words are put into the provider's.
"""

from __future__ import annotations

from typing import Any

from ascend_sms.simulator.accounts import Account
from ascend_sms.simulator.errors import ApiError, message_of
from ascend_sms.simulator.messages import InboundText
from ascend_sms.simulator.segments import count_segments, encoding_of
from ascend_sms.simulator.views import TextView

__all__ = ["error_json", "id_of", "inbound_json", "message_json", "profile_id", "record_json", "sid_of"]

_CODES = {
    20003: 10009,
    20404: 10005,
    20429: 10011,
    20500: 10007,
    21211: 40310,
    21266: 40310,
    21408: 40309,
    21602: 40316,
    21603: 40305,
    21604: 40310,
    21606: 40305,
    21609: 10003,
    21610: 40300,
    21611: 40318,
    21612: 40001,
    21614: 40001,
    21617: 40302,
    30001: 40318,
    30003: 40008,
    30006: 40001,
    30007: 40002,
    30036: 40014,
}
"""By the code the carrier knows."""
_OTHERWISE = 10015
"""Bad request."""
_TITLES = {40300: "Blocked due to STOP message", 40318: "Message queue full", 40001: "Not routable"}
_WORDS = {"undelivered": "delivery_failed", "failed": "sending_failed", "accepted": "queued", "scheduled": "queued"}
_EXPIRED = 30036


def id_of(sid: str) -> str:
    """The UUID that stands for the carrier's *sid*."""
    digits = sid[2:]
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def sid_of(id_: str) -> str:
    """The carrier's sid that *id_* stands for."""
    return "SM" + id_.replace("-", "")


def error_json(error: ApiError) -> dict[str, Any]:
    """The answer to a request that ends with *error*."""
    return {"errors": [_error(error.code, str(error))]}


def message_json(
    account: Account, view: TextView, *, status: str | None = None, error_code: int | None = None
) -> dict[str, Any]:
    """*view*, a text of ours, as the API writes it; *status* and *error_code*: as it was at one moment."""
    word, code = (view.status, view.error_code) if status is None else (status, error_code)
    return {
        "record_type": "message",
        "direction": "outbound",
        "id": id_of(view.sid),
        "type": "SMS",
        "messaging_profile_id": profile_id(account),
        "from": {"phone_number": account.number, "carrier": "SIMULATED", "line_type": "Wireless"},
        "to": [{"phone_number": view.to, "status": _word(word, code), "carrier": "SIMULATED", "line_type": "Wireless"}],
        "cc": [],
        "text": view.body,
        "media": [],
        "encoding": encoding_of(view.body),
        "parts": count_segments(view.body),
        "tags": [],
        "cost": None,
        "received_at": view.created_at.isoformat(),
        "sent_at": view.sent_at.isoformat() if view.sent_at else None,
        "completed_at": None,
        "valid_until": None,
        "errors": [_error(code, message_of(code))] if code else [],
    }


def inbound_json(account: Account, text: InboundText) -> dict[str, Any]:
    """A text a person wrote; ``autoresponse_type`` tells what the provider answered."""
    return {
        "record_type": "message",
        "direction": "inbound",
        "id": id_of(text.sid),
        "type": "MMS" if text.media else "SMS",
        "messaging_profile_id": profile_id(account),
        "from": {"phone_number": text.phone, "carrier": "SIMULATED", "line_type": "Wireless"},
        "to": [
            {"phone_number": text.number, "status": "webhook_delivered", "carrier": "SIMULATED", "line_type": "VoIP"}
        ],
        "cc": [],
        "text": text.body,
        "media": [{"url": url, "content_type": "image/jpeg", "size": 1, "hash_sha256": ""} for url in text.media],
        "encoding": encoding_of(text.body),
        "parts": text.segments,
        "tags": [],
        "autoresponse_type": text.opt_out_type,
        "received_at": text.at.isoformat(),
        "errors": [],
    }


def record_json(account: Account, view: TextView) -> dict[str, Any]:
    """The detail record of *view*: who, when and what it cost, and never a word of it."""
    return {
        "record_type": "message_detail_record",
        "uuid": id_of(view.sid),
        "direction": "inbound" if view.direction == "inbound" else "outbound",
        "message_type": "SMS",
        "cli": view.from_ or account.number,
        "cld": view.to,
        "profile_id": profile_id(account),
        "profile_name": "Simulated",
        "created_at": view.created_at.isoformat(),
        "sent_at": view.sent_at.isoformat() if view.sent_at else None,
        "updated_at": view.updated_at.isoformat(),
        "status": _word(view.status, view.error_code),
        "parts": view.segments,
        "cost": "0.0",
        "currency": "USD",
    }


def profile_id(account: Account) -> str:
    """The messaging profile: the account's service by another name."""
    return id_of(account.service_sid)


def _word(status: str, code: int | None) -> str:
    return "expired" if code == _EXPIRED else _WORDS.get(status, status)


def _error(code: int, detail: str) -> dict[str, Any]:
    theirs = _CODES.get(code, _OTHERWISE)
    return {"code": str(theirs), "title": _TITLES.get(theirs, detail), "detail": detail}
