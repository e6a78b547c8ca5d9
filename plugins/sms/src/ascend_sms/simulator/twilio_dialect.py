"""Twilio's webhooks: forms, signed over URL and fields."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from ascend_sms.simulator.carrier import Carrier
from ascend_sms.simulator.chance import hexadecimal
from ascend_sms.simulator.dialect import Letter
from ascend_sms.simulator.forms import inbound_form, status_form
from ascend_sms.simulator.messages import InboundText, Message, Step
from ascend_sms.simulator.signing import signature_headers

__all__ = ["TwilioDialect"]

_STRANGE = {"MessageStatus": "bewildered", "SmsStatus": "bewildered", "CarrierMood": "invented"}
"""The provider adds parameters without notice."""


class TwilioDialect:
    """Speaks for the account of *carrier*."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    def status(self, url: str, message: Message, step: Step, *, strange: bool = False) -> Letter:
        """A status callback."""
        form = status_form(self._carrier.account, message, step)
        return self._signed(url, form | _STRANGE if strange else form)

    def inbound(self, url: str, text: InboundText, *, retry: bool) -> Letter:
        """A person's text; a retry says so in a header."""
        token = {"I-Twilio-Idempotency-Token": hexadecimal(0, "idempotency", text.sid)} if retry else {}
        return self._signed(url, inbound_form(self._carrier.account, text), token)

    def _signed(self, url: str, form: Mapping[str, str], more: Mapping[str, str] | None = None) -> Letter:
        return Letter(
            body=urlencode(form).encode("ascii"),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                **(more or {}),
                **signature_headers(self._carrier.account, url, form),
            },
            signature_header="X-Twilio-Signature",
        )
