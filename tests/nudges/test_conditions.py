"""When a nudge is owed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ascend_core.contracts import NotOwed, NudgeView, Owed
from ascend_core.nudges import BUILT_IN_NUDGES

NOW = datetime(2026, 11, 5, 20, tzinfo=UTC)
NUDGES = {nudge.name: nudge for nudge in BUILT_IN_NUDGES}

CASES: dict[str, list[tuple[NudgeView, Owed | NotOwed]]] = {
    "no_reply": [
        (NudgeView(reached_at=NOW), Owed()),
        (NudgeView(reached_at=NOW, clicked_at=NOW, submitted_at=NOW), Owed()),
        (NudgeView(reached_at=NOW, replied_at=NOW), NotOwed("replied")),
    ],
    "no_link_click": [
        (NudgeView(reached_at=NOW), Owed()),
        (NudgeView(reached_at=NOW, replied_at=NOW), Owed()),
        (NudgeView(reached_at=NOW, clicked_at=NOW), NotOwed("clicked")),
        (NudgeView(reached_at=NOW, submitted_at=NOW), NotOwed("submitted")),
    ],
}


@pytest.mark.parametrize("name", NUDGES)
def test_a_nudge_is_owed_until_the_member_did_it(name: str) -> None:
    """Every built-in type has its cases here, and is decided as they say."""
    for view, owed in CASES[name]:
        assert NUDGES[name].still_owed(view) == owed


def test_the_types_say_what_they_need() -> None:
    """An author must say which link; there are no other needs."""
    assert {name: nudge.needs_link for name, nudge in NUDGES.items()} == {"no_link_click": True, "no_reply": False}
