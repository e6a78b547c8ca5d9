"""Which of the five things happened between two looks at an attendance."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_core.contracts import State
from ascend_mobilize.activities import STATUS_TABLE, Standing, activities, kept
from ascend_mobilize.triggers import TRIGGERS

SPEC = Path(__file__).parents[3] / "specs" / "activities.md"
UNSEEN = "not seen before"
WORDS = {"empty or unknown": "PENDING_REVIEW"}
FLAGS = {UNSEEN: None, "unset": None, "false": False, "true": True}

STATUSES = st.sampled_from(
    ["REGISTERED", "CONFIRMED", "CANCELLED", "WAITLISTED", "registered", "Waitlisted", "PENDING_REVIEW", None]
)
HISTORIES = st.lists(
    st.fixed_dictionaries({"status": STATUSES, "attended": st.sampled_from([None, True, False])}),
    min_size=1,
    max_size=9,
)


def _told(history: list[State]) -> list[str]:
    """The activities that are told of when exactly the states of *history* are looked at, in order."""
    told: list[str] = []
    before: State | None = None
    for state in history:
        after = state if before is None else kept(before, state)
        told += activities(before, after)
        before = after
    return told


def _seen(history: list[State]) -> Counter[str]:
    """How often each is."""
    return Counter(_told(history))


def _rows(section: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """The rows of one table of the specification: before, now, and what happened."""
    written = SPEC.read_text("utf-8").partition(f"## {section}\n")[2].partition("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in written.splitlines() if line[:1] == "|"]
    return [(before, now, () if told == "–" else tuple(told.split(", "))) for before, now, told in cells[2:]]


@pytest.mark.skipif(not SPEC.exists(), reason="the specification is not beside the tests of an installed plugin")
def test_the_specification_is_what_the_code_does() -> None:
    """Every row of both tables, with every kind of attendance beside it; and the tables leave nothing out."""
    statuses, attended = _rows("Status"), _rows("Attended")

    assert len(statuses) == len(STATUS_TABLE)
    assert len(attended) == 4 * 3
    for before, now, happened in statuses:
        for was, came, attends in attended:
            if (before == UNSEEN) == (was == UNSEEN):
                seen = None if before == UNSEEN else {"status": WORDS.get(before, before), "attended": FLAGS[was]}
                found = activities(seen, {"status": WORDS.get(now, now), "attended": FLAGS[came]})
                assert found == (*happened, *attends), (before, now, was, came)


def test_the_table_covers_every_change_of_status() -> None:
    """No pair of standings is left to chance, and none comes to be unseen again."""
    to = [standing for standing in Standing if standing is not Standing.UNSEEN]

    assert set(STATUS_TABLE) == set(product(Standing, to))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, ("REGISTERED", None), ("registers",)),
        (None, ("CONFIRMED", None), ("registers", "confirms")),
        (None, ("CONFIRMED", True), ("registers", "confirms", "attends")),
        (None, ("REGISTERED", True), ("registers", "attends")),
        (None, ("CANCELLED", None), ()),
        (None, ("CANCELLED", True), ("attends",)),
        (None, ("WAITLISTED", None), ("waitlisted",)),
        (None, ("SOMETHING_NEW", None), ()),
        (None, (None, True), ("attends",)),
        (("REGISTERED", None), ("CONFIRMED", None), ("confirms",)),
        (("REGISTERED", None), ("CANCELLED", None), ("cancels",)),
        (("CONFIRMED", None), ("CONFIRMED", True), ("attends",)),
        (("CONFIRMED", True), ("CONFIRMED", True), ()),
        (("CONFIRMED", True), ("CONFIRMED", False), ()),
        (("CONFIRMED", False), ("CONFIRMED", True), ("attends",)),
        (("CONFIRMED", None), ("REGISTERED", None), ()),
        (("CANCELLED", None), ("REGISTERED", None), ("registers",)),
        (("CANCELLED", None), ("CONFIRMED", True), ("registers", "confirms", "attends")),
        (("WAITLISTED", None), ("REGISTERED", None), ("registers",)),
        (("WAITLISTED", None), ("CONFIRMED", None), ("registers", "confirms")),
        (("WAITLISTED", None), ("CANCELLED", None), ("cancels",)),
        (("REGISTERED", None), ("waitlisted", None), ("waitlisted",)),
        (("Registered", None), ("REGISTERED", None), ()),
        (("REGISTERED", None), ("SOMETHING_NEW", None), ()),
        (("SOMETHING_NEW", None), ("CANCELLED", None), ()),
    ],
)
def test_stories(
    before: tuple[str | None, bool | None] | None, after: tuple[str | None, bool | None], expected: tuple[str, ...]
) -> None:
    """Skipped steps are made up for, going back is quiet, and what we do not know is not guessed at."""
    names = ("status", "attended")

    found = activities(dict(zip(names, before, strict=True)) if before else None, dict(zip(names, after, strict=True)))

    assert found == expected


@given(history=HISTORIES, chosen=st.data())
def test_looking_more_often_never_shows_less(history: list[State], chosen: st.DataObject) -> None:
    """A slow poll may miss something short; it never tells of anything that a quick one would not."""
    keep = chosen.draw(st.lists(st.booleans(), min_size=len(history), max_size=len(history)))

    some = _seen([state for state, kept in zip(history, keep, strict=True) if kept])

    assert some <= _seen(history)


@given(history=HISTORIES)
def test_each_change_tells_once(history: list[State]) -> None:
    """Looking twice at one state tells nothing new, and no single change names an activity twice."""
    twice = [state for state in history for _ in range(2)]

    assert _seen(twice) == _seen(history)
    for before, after in pairwise([None, *history]):
        assert after is not None
        assert len(set(activities(before, after))) == len(activities(before, after))


@given(history=HISTORIES)
def test_a_status_that_says_nothing_is_as_if_nobody_had_looked(history: list[State]) -> None:
    """Missing from an answer for once, or a word that nobody knows: it welcomes nobody anew, and hides nothing."""
    says = [state for state in history if str(state["status"]).upper() in Standing.__members__]
    marks: list[State] = [{"status": "REGISTERED", "attended": state["attended"]} for state in history]

    assert [told for told in _told(history) if told != "attends"] == [told for told in _told(says) if told != "attends"]
    assert _seen(history)["attends"] == _seen(marks)["attends"]


@given(history=HISTORIES)
def test_nobody_confirms_without_having_registered(history: list[State]) -> None:
    """However late we look, a registration comes before its confirmation."""
    told = _told(history)

    if "confirms" in told:
        assert "registers" in told[: told.index("confirms")]


def test_every_activity_has_its_trigger() -> None:
    """An automation can wait for each thing that can happen, and for nothing that cannot."""
    possible = {activity for happened in STATUS_TABLE.values() for activity in happened} | {"attends"}

    assert {trigger.activity for trigger in TRIGGERS} == possible
