"""The forms the carrier posts to webhooks, parameter by parameter."""

from __future__ import annotations

from datetime import datetime

from ascend_sms.simulator.accounts import Account
from ascend_sms.simulator.errors import message_of
from ascend_sms.simulator.messages import InboundText, Message, Step

__all__ = ["inbound_form", "status_form"]

_API_VERSION = "2010-04-01"


def status_form(account: Account, message: Message, step: Step) -> dict[str, str]:
    """What a status callback tells about *message* at *step*."""
    form = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "MessageStatus": step.status,
        "SmsStatus": step.status,
        "AccountSid": account.sid,
        "From": message.number,
        "To": message.to,
        "ApiVersion": _API_VERSION,
    }
    if message.service_sid is not None:
        form["MessagingServiceSid"] = message.service_sid
    if step.error_code is not None:
        form |= {"ErrorCode": str(step.error_code), "ErrorMessage": message_of(step.error_code)}
    if step.status in {"delivered", "undelivered"}:
        form["RawDlrDoneDate"] = _raw_date(step.due_at)
    return form


def inbound_form(account: Account, text: InboundText) -> dict[str, str]:
    """What the inbound webhook tells about *text*. Where a number is registered says little: it is left empty."""
    form = {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": text.sid,
        "NumMedia": str(len(text.media)),
        "ToCity": "",
        "FromZip": "",
        "SmsSid": text.sid,
        "FromState": "",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": text.body,
        "FromCountry": "US",
        "To": text.number,
        "ToZip": "",
        "NumSegments": str(text.segments),
        "MessageSid": text.sid,
        "AccountSid": account.sid,
        "From": text.phone,
        "ApiVersion": _API_VERSION,
    }
    if text.opt_out_type is not None:
        form["OptOutType"] = text.opt_out_type
    for place, url in enumerate(text.media):
        form |= {f"MediaUrl{place}": url, f"MediaContentType{place}": "image/jpeg"}
    return form


def _raw_date(moment: datetime) -> str:
    """YYMMDDhhmm, without a zone: https://www.twilio.com/en-us/changelog (2023-02-14)"""
    return moment.strftime("%y%m%d%H%M")
