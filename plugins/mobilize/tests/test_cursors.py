"""Where a pull stands, kept as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_core.errors import Refused
from ascend_mobilize.cursors import OVERLAP_SECONDS, Pull, dump_pulls, load_pulls

SECONDS = st.integers(min_value=0, max_value=2**40)
PULLS = st.builds(
    Pull,
    asked=st.none() | SECONDS,
    high=st.none() | SECONDS,
    started=SECONDS,
    next=st.none() | st.just("https://api.mobilize.us/v1/organizations/4310/attendances?cursor=a%2Fb"),
)


@given(pulls=st.dictionaries(st.sampled_from(["events", "deleted"]), PULLS), at=st.sampled_from(["events", "deleted"]))
def test_a_cursor_comes_back_as_it_went(pulls: dict[str, Pull], at: str) -> None:
    """What a restart reads is what the last page wrote."""
    assert load_pulls(dump_pulls(pulls, at=at)) == (at, pulls)


@given(pull=PULLS, newest=st.none() | SECONDS, now=SECONDS)
def test_the_mark_never_falls_and_never_passes_the_start(pull: Pull, newest: int | None, now: int) -> None:
    """Nothing is asked for again for ever, and what changes during a pull is met by the next one."""
    finished = pull.read(newest=newest, following=None)

    after = finished.again(now=now)

    assert (finished.high or 0) >= (pull.high or 0)
    assert finished.high in {pull.high, newest, pull.started}
    assert finished.high is None or finished.high <= max(pull.high or 0, pull.started)
    assert after.asked == (None if finished.high is None else max(0, finished.high - OVERLAP_SECONDS))


@pytest.mark.parametrize("cursor", ["", "{", "[]", "null", "7", '{"at": "x", "lists": {"a": {}}}', '{"lists": [1]}'])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    """Says what a person can do."""
    with pytest.raises(Refused, match="Fetch everything again"):
        load_pulls(cursor)
