"""The expiry gate: a text that is too late is not sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from ascend_core.contracts import Allow, Deny, GateType, MemberView, PlannedMessage, Verdict

__all__ = ["EXPIRY", "LEAST_VALID", "check_expiry"]

LEAST_VALID = timedelta(seconds=60)
"""A provider is not given less time than this to deliver."""


def check_expiry(message: PlannedMessage, _member: MemberView, now: datetime, /) -> Verdict:
    """Deny a message that could not be delivered any more before its ``expires_at``."""
    if message.expires_at is not None and message.expires_at < now + LEAST_VALID:
        return Deny("expired")
    return Allow()


EXPIRY = GateType(name="expiry", gate=check_expiry)
