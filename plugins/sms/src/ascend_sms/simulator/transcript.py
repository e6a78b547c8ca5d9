"""The transcript: every text in both directions, as the phones saw them."""

from __future__ import annotations

from typing import Any

from ascend_sms.simulator.carrier import Carrier
from ascend_sms.simulator.messages import CarrierText, InboundText
from ascend_sms.simulator.segments import count_segments

__all__ = ["transcript"]


def transcript(carrier: Carrier, phone: str | None = None) -> list[dict[str, Any]]:
    """The texts, oldest first; only those with *phone* when it is given.

    ``by`` tells who wrote: ``account`` (us), ``person``, or ``carrier`` when it answered STOP, START or HELP by itself.
    """
    with carrier.lock:
        state, now = carrier.state, carrier.now()
        rows: list[dict[str, Any]] = []
        for text in state.log if phone is None else state.log_by_phone.get(phone, []):
            if isinstance(text, CarrierText):
                row: dict[str, Any] = {"direction": "out", "by": "carrier", "phone": text.phone}
                row |= {"at": text.at, "sid": None, "status": "delivered", "error_code": None}
            elif isinstance(text, InboundText):
                row = {"direction": "in", "by": "person", "phone": text.phone, "at": text.at, "sid": text.sid}
                row |= {"status": "received", "error_code": None, "opt_out_type": text.opt_out_type}
                row |= {"webhook_status": state.inbound_status.get(text.sid)}
            else:
                step = state.status_of(text, now)
                row = {"direction": "out", "by": "account", "phone": text.to, "at": text.accepted_at, "sid": text.sid}
                row |= {"status": step.status, "error_code": step.error_code}
            counted = {"segments": count_segments(text.body), "at": row["at"].isoformat()}
            rows.append(row | {"number": text.number, "body": text.body} | counted)
        return rows
