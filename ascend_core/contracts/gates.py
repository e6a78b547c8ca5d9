"""Gates: what may stop a text at the moment it is claimed for sending. The strictest answer wins."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum
from typing import Protocol

from attrs import field, frozen

from ascend_core.contracts.flows import QuietHours
from ascend_core.contracts.hours import HoursByLaw
from ascend_core.contracts.members import FormView, MemberView

__all__ = ["Allow", "Caps", "Deny", "Gate", "GateType", "Hold", "PlannedMessage", "Purpose", "RecentTexts", "Verdict"]


class Purpose(IntEnum):
    """Why a text is sent; the value is its priority, lower first (row J5)."""

    CONFIRMATION = 0
    """Answers STOP, START or HELP: allowed although the member has left."""
    REPLY = 1
    """Answers what the member just wrote."""
    FLOW = 2
    BULK = 3


@frozen(kw_only=True)
class Caps:
    """How much one member is texted, whoever sends it. None: as much as there is."""

    per_day: int | None = 10
    """Texts of flows and broadcasts in any 24 hours; answers are free."""
    answers_per_hour: int | None = 20
    """Answers in any hour: a machine that answers us must not keep us talking."""
    repeat_after: timedelta | None = timedelta(minutes=10)
    """The same words to the same number again only after so long; answers may repeat themselves."""


@frozen(kw_only=True)
class RecentTexts:
    """What a member was sent lately: the times of the claims, oldest first, and what they say of this text."""

    last_day: tuple[datetime, ...] = ()
    """Of flows and broadcasts."""
    answers: tuple[datetime, ...] = ()
    """In the last hour."""
    same_words_at: datetime | None = None
    """When the same words went to the same number last."""
    forgotten: bool = False
    """The provider has sent these words for us already, and the database was restored from a copy that is older."""


@frozen(kw_only=True)
class PlannedMessage:
    """A text that waits to be sent."""

    id: int
    purpose: Purpose
    created_at: datetime
    expires_at: datetime | None = None
    quiet_hours: QuietHours | None = None
    form: FormView | None = None
    recent: RecentTexts = field(factory=RecentTexts)
    caps: Caps = field(factory=Caps)
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
