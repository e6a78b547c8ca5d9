"""Who is nudged for a link that was opened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ascend_core.contracts import NotOwed, NudgeView, Owed
from ascend_mobilize.nudges import LINK_CLICKED_NO_SUBMISSION

REACHED = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
LATER = REACHED + timedelta(hours=2)


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (NudgeView(reached_at=REACHED, clicked_at=LATER), Owed()),
        (NudgeView(reached_at=REACHED, clicked_at=LATER, replied_at=LATER), Owed()),
        (NudgeView(reached_at=REACHED), NotOwed("no_click")),
        (NudgeView(reached_at=REACHED, clicked_at=LATER, submitted_at=LATER), NotOwed("submitted")),
        (NudgeView(reached_at=REACHED, clicked_at=LATER, submitted_at=REACHED), NotOwed("submitted")),
        (NudgeView(reached_at=REACHED, submitted_at=LATER), NotOwed("submitted")),
    ],
)
def test_only_who_clicked_and_did_not_submit_is_nudged(view: NudgeView, expected: Owed | NotOwed) -> None:
    """Nobody is nudged for a form they filled in, or for a link they never opened."""
    assert LINK_CLICKED_NO_SUBMISSION.still_owed(view) == expected


def test_the_author_names_a_link_and_waits_a_day() -> None:
    """The editor asks for the link, and lint warns below the day that the guide recommends."""
    assert LINK_CLICKED_NO_SUBMISSION.needs_link
    assert LINK_CLICKED_NO_SUBMISSION.least_days == 1
    assert LINK_CLICKED_NO_SUBMISSION.label == "Link Clicked No Form Submission"
