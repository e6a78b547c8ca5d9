"""What a request to our webhook tells: a person's text, or news of one of ours. One address gets both kinds."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from ascend_core.contracts import Answer, ChannelEvent, DeliveryStatus, Inbound, RawRequest
from ascend_core.errors import BadInput
from ascend_sms.codes import CODES
from ascend_sms.heard import heard
from ascend_sms.meanings import problem_of, reason_of
from ascend_sms.own_key import key_in
from ascend_sms.replies import ID
from ascend_sms.settings import SmsSettings
from ascend_sms.states import state_of
from ascend_sms.webform import Form, read_form

__all__ = ["Kind", "answer_to", "event_in"]

_CODE: Final = re.compile(r"[1-9][0-9]{2,8}")
_ARRIVED: Final = frozenset({"received", "receiving"})
_TWIML: Final = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""No reply: every text of ours goes through the API, where it is claimed, gated and counted."""


class Kind(Enum):
    """What a request is about."""

    INBOUND = "inbound"
    STATUS = "status"


def event_in(settings: SmsSettings, request: RawRequest) -> ChannelEvent:
    """What *request* tells. Raises BadInput."""
    form = read_form(request)
    if form.get("AccountSid") not in ("", settings.account_sid):
        raise BadInput("the request is about another account")
    match _kind(form):
        case Kind.INBOUND:
            return _inbound(settings, form)
        case Kind.STATUS:
            return _status(form, key_in(request))


def answer_to(request: RawRequest) -> Answer:
    """What the provider wants to hear: an empty TwiML document for a person's text, nothing for a status."""
    try:
        kind = _kind(read_form(request))
    except BadInput:
        return Answer(status=400)
    match kind:
        case Kind.INBOUND:
            return Answer(body=_TWIML, content_type="text/xml; charset=utf-8")
        case Kind.STATUS:
            return Answer(status=204)


def _kind(form: Form) -> Kind:
    """Which of the two *form* is. Raises BadInput."""
    word = form.get("MessageStatus") or form.get("SmsStatus")
    if word in _ARRIVED or (not word and "Body" in form):
        return Kind.INBOUND
    if word:
        return Kind.STATUS
    raise BadInput("the request has neither a Body nor a MessageStatus")


def _inbound(settings: SmsSettings, form: Form) -> Inbound:
    """A person's text. Raises BadInput."""
    sid = _provider_id(form)
    if sid is None:
        raise BadInput("the request has no MessageSid")
    return heard(
        sid=sid,
        phone=form.get("From"),
        body=form.get("Body"),
        opt_out_type=form.get("OptOutType"),
        answered=settings.answered_words,
    )


def _status(form: Form, message_key: str | None) -> DeliveryStatus:
    """News of a text of ours. An error code that is no number is left out."""
    sid, code = _provider_id(form), form.get("ErrorCode").strip()
    if sid is None and message_key is None:
        raise BadInput("the request names no text: neither MessageSid nor our own key")
    error_code = code if _CODE.fullmatch(code) else None
    return DeliveryStatus(
        provider_id=sid,
        message_key=message_key,
        state=state_of(form.get("MessageStatus") or form.get("SmsStatus")),
        error_code=error_code,
        reason=reason_of(CODES, error_code),
        problem=problem_of(CODES, error_code),
    )


def _provider_id(form: Form) -> str | None:
    """The provider's own id of the text; None when there is none. Raises BadInput for one that cannot be."""
    sid = form.get("MessageSid") or form.get("SmsMessageSid") or form.get("SmsSid")
    if sid and not ID.fullmatch(sid):
        raise BadInput("the request's MessageSid is not an id")
    return sid or None
