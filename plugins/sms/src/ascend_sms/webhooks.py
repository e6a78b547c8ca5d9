"""What a request to our webhook tells: a person's text, or news of one of ours. One address gets both kinds."""

from __future__ import annotations

import base64
import binascii
import re
from enum import Enum
from typing import Final

from ascend_core.contracts import Answer, ChannelEvent, DeliveryStatus, Inbound, RawRequest
from ascend_core.errors import BadInput
from ascend_sms.codes import reason_of
from ascend_sms.keywords import Keyword, keyword_in
from ascend_sms.outgoing import MESSAGE_KEY
from ascend_sms.replies import ID
from ascend_sms.settings import SmsSettings
from ascend_sms.states import state_of
from ascend_sms.vocabulary import PROVIDER_WORDS
from ascend_sms.webform import Form, query_pairs, read_form

__all__ = ["Kind", "answer_to", "event_in"]

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_CODE: Final = re.compile(r"[1-9][0-9]{2,8}")
_LONGEST_KEY: Final = 200
_ARRIVED: Final = frozenset({"received", "receiving"})
_OPT_OUT: Final[dict[str, Keyword]] = {"STOP": "stop", "START": "start", "HELP": "help"}

_SHORTEST_ENCODED: Final = 60
"""Characters. Long texts of some carriers arrive as base64 of the whole; nothing shorter has been seen."""
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
            return _status(form, _message_key(request))


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
    """A text. Short codes and names write too; whoever has no number that can be answered is not a person."""
    sid, phone = _provider_id(form), form.get("From")
    if sid is None:
        raise BadInput("the request has no MessageSid")
    if not _E164.fullmatch(phone):
        raise BadInput("the request's From is not an E.164 number")
    body = _unwrapped(form.get("Body").replace("\0", ""))
    said = _OPT_OUT.get(form.get("OptOutType").strip().upper())
    keyword = said or keyword_in(body)
    answers = settings.keyword_replies == "provider" and body.strip().upper() in PROVIDER_WORDS
    return Inbound(
        provider_id=sid,
        phone=phone,
        body=body,
        keyword=keyword,
        provider_answered=said is not None or answers,
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
        reason=reason_of(error_code),
    )


def _provider_id(form: Form) -> str | None:
    """The provider's own id of the text; None when there is none. Raises BadInput for one that cannot be."""
    sid = form.get("MessageSid") or form.get("SmsMessageSid") or form.get("SmsSid")
    if sid and not ID.fullmatch(sid):
        raise BadInput("the request's MessageSid is not an id")
    return sid or None


def _message_key(request: RawRequest) -> str | None:
    """Our own key, from the URL alone: the form is the provider's. Raises BadInput."""
    keys = {value for name, value in query_pairs(request) if name == MESSAGE_KEY and value}
    if len(keys) > 1 or any(len(key) > _LONGEST_KEY or not key.isprintable() for key in keys):
        raise BadInput("the request's URL does not hold one key of ours")
    return next(iter(keys), None)


def _unwrapped(body: str) -> str:
    """*body*, decoded where it is base64 of a readable text of several words."""
    packed = "".join(body.split("\r\n")).strip()
    if len(packed) < _SHORTEST_ENCODED or not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", packed):
        return body
    try:
        text = base64.b64decode(packed, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return body
    readable = all(char.isprintable() or char.isspace() for char in text)
    return text if readable and len(text.split()) > 1 else body
