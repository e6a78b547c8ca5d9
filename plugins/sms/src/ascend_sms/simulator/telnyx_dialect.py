"""Telnyx's webhooks: JSON events, signed with Ed25519 over ``timestamp|body``."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ascend_sms.simulator.accounts import Account
from ascend_sms.simulator.carrier import Carrier
from ascend_sms.simulator.chance import hexadecimal
from ascend_sms.simulator.dialect import Letter
from ascend_sms.simulator.messages import InboundText, Message, Step
from ascend_sms.simulator.telnyx_payloads import id_of, inbound_json, message_json
from ascend_sms.simulator.views import message_view

__all__ = ["TelnyxDialect", "public_key"]


def public_key(account: Account) -> str:
    """What webhooks of *account* are checked with, base64."""
    raw = _private_key(account).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode("ascii")


class TelnyxDialect:
    """Speaks for the account of *carrier*."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._key = _private_key(carrier.account)

    def status(self, url: str, message: Message, step: Step, *, strange: bool = False) -> Letter:
        """``message.sent``, or ``message.finalized`` for the last step."""
        with self._carrier.lock:
            view = message_view(self._carrier.state, message, self._carrier.now())
        payload = message_json(self._carrier.account, view, status=step.status, error_code=step.error_code)
        kind = "message.sent" if step.status == "sent" and step != message.steps[-1] else "message.finalized"
        if strange:
            kind, payload = "message.bewildered", {**payload, "carrier_mood": "invented"}
        return self._signed(url, kind, payload, (message.sid, step.status))

    def inbound(self, url: str, text: InboundText, *, retry: bool) -> Letter:
        """``message.received``; a retry is another attempt."""
        payload = inbound_json(self._carrier.account, text)
        return self._signed(url, "message.received", payload, (text.sid, "received"), attempt=2 if retry else 1)

    def _signed(self, url: str, kind: str, payload: dict[str, Any], about: tuple[str, str], attempt: int = 1) -> Letter:
        now = self._carrier.now()
        event = {
            "event_type": kind,
            "id": id_of("SM" + hexadecimal(0, "event", kind, *about)),
            "occurred_at": now.isoformat(),
            "payload": payload,
            "record_type": "event",
        }
        document = {"data": event, "meta": {"attempt": attempt, "delivered_to": url}}
        body = json.dumps(document, ensure_ascii=False).encode("utf-8")
        timestamp = str(int(now.timestamp()))
        signature = self._key.sign(timestamp.encode("ascii") + b"|" + body)
        return Letter(
            body=body,
            headers={
                "Content-Type": "application/json",
                "Telnyx-Timestamp": timestamp,
                "Telnyx-Signature-Ed25519": base64.b64encode(signature).decode("ascii"),
            },
            signature_header="Telnyx-Signature-Ed25519",
        )


def _private_key(account: Account) -> Ed25519PrivateKey:
    """Made from the account's token, so that it outlives a restart."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(account.token.reveal().encode()).digest())
