"""The consent gate: nobody who left is texted."""

from __future__ import annotations

from datetime import datetime

from ascend_core.contracts import Allow, Deny, GateType, MemberView, PlannedMessage, Purpose, Verdict

__all__ = ["CONSENT", "check_consent"]


def check_consent(message: PlannedMessage, member: MemberView, _now: datetime, /) -> Verdict:
    """Deny everything to an unsubscribed member but the confirmation of STOP, START or HELP."""
    if message.purpose is Purpose.CONFIRMATION or member.subscribed:
        return Allow()
    return Deny("unsubscribed")


CONSENT = GateType(name="consent", gate=check_consent)
