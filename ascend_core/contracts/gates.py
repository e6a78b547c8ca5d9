"""Gates: what may stop a text at the moment it is claimed for sending. The strictest answer wins."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Protocol

from attrs import field, frozen

from ascend_core.contracts.flows import QuietHours
from ascend_core.contracts.hours import HoursByLaw
from ascend_core.contracts.members import FormView, MemberView

__all__ = ["Allow", "Deny", "Gate", "GateType", "Hold", "PlannedMessage", "Purpose", "Verdict"]


class Purpose(Enum):
    """Why a text is sent; the value is its priority, lower first (row J5)."""

    CONFIRMATION = 0
    """Answers STOP, START or HELP: allowed although the member has left."""
    REPLY = 1
    """Answers what the member just wrote."""
    FLOW = 2
    BULK = 3


@frozen(kw_only=True)
class PlannedMessage:
    """A text that waits to be sent."""

    id: int
    purpose: Purpose
    created_at: datetime
    expires_at: datetime | None = None
    quiet_hours: QuietHours | None = None
    form: FormView | None = None
    hours: HoursByLaw = field(factory=HoursByLaw)
    """What the law leaves (see ``ascend_core.laws``)."""


@frozen
class Allow:
    """Nothing against it."""


@frozen
class Hold:
    """Not now; decide again at *until*."""

    until: datetime
    why: str


@frozen
class Deny:
    """Never; *why* is one word, kept on the message (``unsubscribed``, ``expired``)."""

    why: str


Verdict = Allow | Hold | Deny


class Gate(Protocol):
    """One rule about sending: pure."""

    def __call__(self, message: PlannedMessage, member: MemberView, now: datetime, /) -> Verdict: ...


@frozen(kw_only=True)
class GateType:
    """A named gate."""

    name: str
    gate: Gate
