"""A text as the API shows it at one moment, whichever direction it went."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from ascend_sms.simulator.messages import InboundText, Message
from ascend_sms.simulator.state import CarrierState

__all__ = ["TextView", "inbound_view", "message_view"]


@frozen(kw_only=True)
class TextView:
    """What the API tells of a text."""

    sid: str
    direction: str
    from_: str | None
    to: str
    body: str
    status: str
    segments: int
    media: int
    service_sid: str | None
    error_code: int | None
    created_at: datetime
    sent_at: datetime | None
    updated_at: datetime


def message_view(state: CarrierState, message: Message, now: datetime) -> TextView:
    """*message* as it is at *now*. A service picks its sender later: until then there is none, and no segments."""
    step = state.status_of(message, now)
    waits = message.service_sid is not None and step.status in {"accepted", "scheduled", "canceled"}
    sent = message.steps[0] if step.status not in {message.status, "canceled", "failed"} else None
    changed = state.changes.get(message.sid, {}).values()
    return TextView(
        sid=message.sid,
        direction="outbound-api",
        from_=None if waits else message.number,
        to=message.to,
        body=state.body_of(message),
        status=step.status,
        segments=0 if waits else message.segments,
        media=len(message.media),
        service_sid=message.service_sid,
        error_code=step.error_code,
        created_at=message.accepted_at,
        sent_at=sent.due_at if sent else None,
        updated_at=max((step.due_at, *changed)),
    )


def inbound_view(state: CarrierState, text: InboundText) -> TextView:
    """*text*, which only changes when it is redacted."""
    return TextView(
        sid=text.sid,
        direction="inbound",
        from_=text.phone,
        to=text.number,
        body=state.body_of(text),
        status="received",
        segments=text.segments,
        media=len(text.media),
        service_sid=None,
        error_code=None,
        created_at=text.at,
        sent_at=text.at,
        updated_at=max((text.at, *state.changes.get(text.sid, {}).values())),
    )
