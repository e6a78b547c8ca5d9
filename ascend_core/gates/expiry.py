"""The expiry gate: a text that is too late is not sent."""

from __future__ import annotations

from datetime import datetime

from ascend_core.contracts import Allow, Deny, GateType, MemberView, PlannedMessage, Verdict

__all__ = ["EXPIRY", "check_expiry"]


def check_expiry(message: PlannedMessage, _member: MemberView, now: datetime, /) -> Verdict:
    """Deny a message from its ``expires_at`` on."""
    if message.expires_at is not None and message.expires_at <= now:
        return Deny("expired")
    return Allow()


EXPIRY = GateType(name="expiry", gate=check_expiry)
