"""The form that hands one text to the provider, and what is refused before any call."""

from __future__ import annotations

import re
from typing import Final

from ascend_core.contracts import Outbound
from ascend_core.errors import Refused
from ascend_sms.own_key import callback_with_key
from ascend_sms.settings import SmsSettings

__all__ = ["LONGEST_BODY", "body_of", "form_of", "sendable"]

LONGEST_BODY: Final = 1_600
"""Characters the provider takes (its error 21617). Whether an emoji is one is not documented: we count two."""
_LONGEST_VALIDITY_SECONDS: Final = 36_000
"""Ten hours: the provider's largest and its default."""
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def form_of(settings: SmsSettings, text: Outbound) -> dict[str, str]:
    """The fields of the create call for *text*. Raises Refused for what the provider could only refuse."""
    body = body_of(text)
    fields = {
        "To": text.phone,
        "From": settings.from_number,
        "MessagingServiceSid": settings.messaging_service_sid,
        "Body": body,
        "StatusCallback": callback_with_key(text.callback_url, text.message_key) if text.callback_url else "",
        "ValidityPeriod": str(min(text.valid_seconds, _LONGEST_VALIDITY_SECONDS)) if text.valid_seconds else "",
    }
    return {name: value for name, value in fields.items() if value}


def body_of(text: Outbound) -> str:
    """The words of *text* as they can travel. Raises Refused for what no provider takes."""
    if not _E164.fullmatch(text.phone):
        raise Refused("the member's phone is not an E.164 number", reason="bad_phone")
    body = sendable(text.body)
    if not body.strip():
        raise Refused("the text is empty", reason="bad_text")
    units = len(body.encode("utf-16-le")) // 2
    if units > LONGEST_BODY:
        raise Refused(f"the text has {units} characters; the provider takes {LONGEST_BODY}", reason="bad_text")
    if text.valid_seconds is not None and text.valid_seconds < 1:
        raise Refused("the text's time is over", reason="expired")
    return body


def sendable(body: str) -> str:
    """*body* as it can travel: without NUL, and without halves of characters."""
    return body.replace("\0", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
