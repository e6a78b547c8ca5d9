"""What a request of Telnyx to our webhook tells: a person's text, news of one of ours, or something else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from ascend_core.contracts import Answer, ChannelEvent, DeliveryState, DeliveryStatus, Inbound, RawRequest
from ascend_core.errors import BadInput
from ascend_sms.heard import heard
from ascend_sms.meanings import problem_of, reason_of
from ascend_sms.own_key import key_in
from ascend_sms.replies import ID
from ascend_sms.telnyx.codes import CODES
from ascend_sms.telnyx.settings import TelnyxSettings

__all__ = ["answer_to", "events_in", "first_code", "state_of"]

_STATES: Final = {
    "sent": DeliveryState.SENT,
    "delivery_unconfirmed": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "delivery_failed": DeliveryState.UNDELIVERED,
    "expired": DeliveryState.FAILED,
    "sending_failed": DeliveryState.FAILED,
}
"""By word. ``queued`` and ``sending`` are steps on the way; an unconfirmed delivery is one of a carrier that tells
nothing."""
_NEWS: Final = frozenset({"message.sent", "message.finalized"})
_CODE: Final = re.compile(r"[1-9][0-9]{2,8}")


def events_in(settings: TelnyxSettings, request: RawRequest) -> tuple[ChannelEvent, ...]:
    """What *request* tells; nothing, for events that are not about texts. Raises BadInput."""
    event = _event(request)
    kind, payload = event.get("event_type"), event.get("payload")
    if not isinstance(kind, str):
        raise BadInput("the request names no event")
    if kind != "message.received" and kind not in _NEWS:
        return ()
    if not isinstance(payload, Mapping):
        raise BadInput(f"the {kind} event has no payload")
    return (_inbound(settings, payload) if kind == "message.received" else _status(payload, key_in(request)),)


def answer_to(request: RawRequest) -> Answer:
    """The provider looks at the status alone, and repeats what is not answered at once."""
    try:
        _event(request)
    except BadInput:
        return Answer(status=400)
    return Answer()


def state_of(word: object) -> DeliveryState | None:
    """How far a text in the provider's state *word* came; None: on its way, or a word we do not know."""
    return _STATES.get(word) if isinstance(word, str) else None


def first_code(record: Mapping[str, Any]) -> str | None:
    """The code of the first error in *record*; None: there is none, or it is no number."""
    errors = record.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    code = str(first.get("code")) if isinstance(first, Mapping) else ""
    return code if _CODE.fullmatch(code) else None


def _event(request: RawRequest) -> Mapping[str, Any]:
    if request.method != "POST":
        raise BadInput(f"the request is a {request.method[:10]}, and a webhook is a POST")
    try:
        document = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadInput("the request's body is not JSON") from error
    event = document.get("data") if isinstance(document, dict) else None
    if not isinstance(event, dict):
        raise BadInput("the request's body has no data")
    return event


def _inbound(settings: TelnyxSettings, payload: Mapping[str, Any]) -> Inbound:
    sender = payload.get("from")
    return heard(
        sid=_id(payload) or "",
        phone=_string(sender.get("phone_number")) if isinstance(sender, Mapping) else "",
        body=_string(payload.get("text")),
        opt_out_type=_string(payload.get("autoresponse_type")),
        answered=settings.answered_words,
    )


def _status(payload: Mapping[str, Any], message_key: str | None) -> DeliveryStatus:
    sid, code = _id(payload), first_code(payload)
    if sid is None and message_key is None:
        raise BadInput("the request names no text: neither an id nor our own key")
    receivers = payload.get("to")
    receiver = receivers[0] if isinstance(receivers, list) and receivers else None
    word = receiver.get("status") if isinstance(receiver, Mapping) else None
    reason = reason_of(CODES, code)
    return DeliveryStatus(
        provider_id=sid,
        message_key=message_key,
        state=state_of(word),
        error_code=code,
        reason="expired" if reason is None and word == "expired" else reason,
        problem=problem_of(CODES, code),
    )


def _id(payload: Mapping[str, Any]) -> str | None:
    sid = _string(payload.get("id"))
    if sid and not ID.fullmatch(sid):
        raise BadInput("the text's id is not an id")
    return sid or None


def _string(value: object) -> str:
    """*value* as it can be stored: no halves of characters."""
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore") if isinstance(value, str) else ""
