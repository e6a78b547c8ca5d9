"""The frequency gates: nobody is texted too often, and no machine keeps us talking to it."""

from __future__ import annotations

from datetime import datetime, timedelta

from ascend_core.contracts import Allow, Deny, GateType, Hold, MemberView, PlannedMessage, Purpose, Verdict

__all__ = ["ANSWERS", "FREQUENCY", "check_answers", "check_frequency"]

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_ANSWERS = {Purpose.REPLY, Purpose.CONFIRMATION}


def check_frequency(message: PlannedMessage, _member: MemberView, now: datetime, /) -> Verdict:
    """Hold what would be one too many within 24 hours, all flows and broadcasts together, until it would not be."""
    most = message.caps.per_day
    if most is None or message.purpose in _ANSWERS:
        return Allow()
    sent = [moment for moment in message.recent.last_day if moment > now - _DAY]
    if len(sent) < most:
        return Allow()
    # when enough of them are a day old; a cap of 0 waits a day and is asked again
    return Hold(sent[len(sent) - most] + _DAY if most else now + _DAY, "member_cap")


def check_answers(message: PlannedMessage, _member: MemberView, now: datetime, /) -> Verdict:
    """Deny an answer when so many went to this member within the hour that it is a machine, or of no use."""
    most = message.caps.answers_per_hour
    if most is None or message.purpose not in _ANSWERS:
        return Allow()
    given = sum(moment > now - _HOUR for moment in message.recent.answers)
    return Allow() if given < most else Deny("too_many_answers")


FREQUENCY = GateType(name="frequency", gate=check_frequency)
ANSWERS = GateType(name="answers", gate=check_answers)
