"""The gates against repeats: the same words do not reach the same number twice, whoever asked for them."""

from __future__ import annotations

from datetime import datetime

from ascend_core.contracts import Allow, Deny, GateType, MemberView, PlannedMessage, Purpose, Verdict

__all__ = ["FORGOTTEN", "REPEATS", "check_forgotten", "check_repeats"]


def check_repeats(message: PlannedMessage, _member: MemberView, now: datetime, /) -> Verdict:
    """Deny the same words to the same number within a while; whoever asks twice is answered twice."""
    after, last = message.caps.repeat_after, message.recent.same_words_at
    if after is None or last is None or message.purpose in {Purpose.REPLY, Purpose.CONFIRMATION}:
        return Allow()
    return Deny("repeated") if last > now - after else Allow()


def check_forgotten(message: PlannedMessage, _member: MemberView, _now: datetime, /) -> Verdict:
    """Deny what the provider has sent already while this database, restored from an older copy, forgot it."""
    return Deny("sent_before") if message.recent.forgotten else Allow()


REPEATS = GateType(name="repeats", gate=check_repeats)
FORGOTTEN = GateType(name="forgotten", gate=check_forgotten)
