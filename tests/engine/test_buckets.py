"""However turns are asked for, no span of time gives out more than it may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ascend_core.engine.buckets import Bucket, Pace

NOW = datetime(2026, 6, 3, 16, tzinfo=UTC)
MICRO = timedelta(microseconds=1)

paces = st.builds(
    Pace,
    per_second=st.sampled_from([0.1, 1, 3, 15, 100, 7.3]),
    burst=st.sampled_from([1.0, 2.0, 10.0]),
)
askings = st.lists(st.tuples(st.integers(0, 3_000_000), st.integers(1, 10)), min_size=1, max_size=40)
"""Microseconds since the asking before, and how much is asked for."""


def most_in_a_span(given_out: list[tuple[datetime, int]], pace: Pace) -> float:
    """The most that any span gave out beyond what came in while it lasted."""
    worst = 0.0
    for first in range(len(given_out)):
        total = 0
        for moment, cost in given_out[first:]:
            total += cost
            came_in = (moment - given_out[first][0]) / timedelta(seconds=1) * pace.per_second
            worst = max(worst, total - came_in)
    return worst


@given(pace=paces, asked=askings)
def test_no_span_gives_out_more_than_came_in_and_the_bucket_held(pace: Pace, asked: list[tuple[int, int]]) -> None:
    """Turns set aside: one may cost more than the bucket holds; then it counts for itself."""
    bucket, now = Bucket(name="b", full_at=NOW), NOW
    turns = []
    for later, cost in asked:
        now += later * MICRO
        bucket, turn = bucket.reserved(cost, pace, now)
        turns.append((turn, cost))

    assert [turn for turn, _ in turns] == sorted(turn for turn, _ in turns)
    assert most_in_a_span(turns, pace) <= max(pace.burst, *(cost for _, cost in turns)) + 1e-6


@given(pace=paces, asked=askings)
def test_taking_when_told_keeps_the_same_law(pace: Pace, asked: list[tuple[int, int]]) -> None:
    """Whoever is told when to come again and comes then gets it; whoever comes a moment sooner does not."""
    bucket, now = Bucket(name="b", full_at=NOW), NOW
    given_out = []
    for later, cost in asked:
        now += later * MICRO
        when = bucket.earliest(cost, pace, now)
        if when > now:
            assert bucket.earliest(cost, pace, when - MICRO) == when
            now = when
        assert bucket.earliest(cost, pace, now) == now
        bucket = bucket.taken(cost, pace, now)
        given_out.append((now, cost))

    assert most_in_a_span(given_out, pace) <= max(pace.burst, *(cost for _, cost in given_out)) + 1e-6


def test_fifteen_a_second_are_fifteen_in_any_second() -> None:
    """What a server that allows fifteen GETs a second sees, at its strictest."""
    bucket, pace = Bucket(name="b", full_at=NOW), Pace(per_second=15)
    turns = []
    for _ in range(100):
        bucket, turn = bucket.reserved(1, pace, NOW)
        turns.append(turn)

    assert max(sum(first <= turn < first + timedelta(seconds=1) for turn in turns) for first in turns) == 15
    assert turns[-1] - NOW < timedelta(seconds=7)


def test_a_pause_holds_everybody_up_and_a_longer_one_stays() -> None:
    """Then turns go on at their pace."""
    pace = Pace(per_second=1)
    bucket = Bucket(name="b", full_at=NOW)
    bucket = bucket.paused(NOW + timedelta(minutes=2), NOW).paused(NOW + timedelta(minutes=1), NOW)

    bucket, first = bucket.reserved(1, pace, NOW)
    bucket, second = bucket.reserved(1, pace, NOW)

    assert [first - NOW, second - NOW] == [timedelta(seconds=120), timedelta(seconds=121)]


def test_a_clock_set_back_holds_nobody_up() -> None:
    """Fault 17: what was written an hour ahead counts as an empty bucket."""
    pace = Pace(per_second=10, burst=5)
    bucket = Bucket(name="b", full_at=NOW + timedelta(hours=1))

    assert bucket.earliest(1, pace, NOW) == NOW + timedelta(seconds=0.1)
    assert bucket.earliest(5, pace, NOW) == NOW + timedelta(seconds=0.5)
    assert bucket.emptied(pace, NOW).earliest(1, pace, NOW + timedelta(seconds=0.1)) == NOW + timedelta(seconds=0.1)


def test_a_pause_written_by_a_clock_set_back_is_over() -> None:
    """Fault 17; and the next pause counts from the time that is."""
    pace, ahead = Pace(per_second=10), NOW + timedelta(hours=1)
    bucket = Bucket(name="b", full_at=NOW).paused(ahead + timedelta(minutes=1), ahead)

    assert bucket.earliest(1, pace, NOW) == NOW
    assert bucket.paused(NOW + timedelta(minutes=1), NOW).free_from(NOW) == NOW + timedelta(minutes=1)
