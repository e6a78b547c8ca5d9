"""The gates that ask whether a text may go out at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ascend_core.contracts import Allow, Deny, MemberView, PlannedMessage, Purpose, Verdict
from ascend_core.gates import BUILT_IN_GATES
from ascend_core.gates.consent import check_consent
from ascend_core.gates.expiry import check_expiry

NOW = datetime(2026, 11, 5, 20, tzinfo=UTC)


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("subscribed", [True, False])
def test_who_left_gets_the_confirmation_and_nothing_else(purpose: Purpose, subscribed: bool) -> None:
    """Row A4: nothing but the answer to STOP reaches an unsubscribed phone."""
    message = PlannedMessage(id=1, purpose=purpose, created_at=NOW)
    member = MemberView(id=1, phone="+12025550101", subscribed=subscribed)

    passes = subscribed or purpose is Purpose.CONFIRMATION
    assert check_consent(message, member, NOW) == (Allow() if passes else Deny("unsubscribed"))


@pytest.mark.parametrize(
    ("expires_at", "verdict"),
    [
        (None, Allow()),
        (NOW + timedelta(seconds=60), Allow()),
        (NOW + timedelta(seconds=59), Deny("expired")),
        (NOW, Deny("expired")),
        (NOW - timedelta(days=1), Deny("expired")),
    ],
)
def test_a_late_text_is_not_sent(expires_at: datetime | None, verdict: Verdict) -> None:
    """A reminder of yesterday's event helps nobody."""
    message = PlannedMessage(id=1, purpose=Purpose.FLOW, created_at=NOW, expires_at=expires_at)

    assert check_expiry(message, MemberView(id=1, phone="+12025550101"), NOW) == verdict


def test_the_gates_are_named() -> None:
    """The names that traces, counts and the console show."""
    assert [gate.name for gate in BUILT_IN_GATES] == [
        "consent",
        "event",
        "forgotten",
        "repeats",
        "answers",
        "frequency",
        "quiet_hours",
        "lawful_hours",
        "expiry",
    ]
