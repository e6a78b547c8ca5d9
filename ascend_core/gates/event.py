"""The event gate: nobody is called to an event that is off."""

from __future__ import annotations

from datetime import datetime

from ascend_core.contracts import Allow, Deny, GateType, MemberView, PlannedMessage, Purpose, Verdict

__all__ = ["EVENT", "check_event"]


def check_event(message: PlannedMessage, _member: MemberView, _now: datetime, /) -> Verdict:
    """Deny what is about a form that was deleted or cancelled; whoever writes to us is answered all the same."""
    if message.form is None or not message.form.deleted or message.purpose in {Purpose.REPLY, Purpose.CONFIRMATION}:
        return Allow()
    return Deny("event_gone")


EVENT = GateType(name="event", gate=check_event)
