"""A breaker opens after so many failures, tries once, waits longer each time, and forgets all when it worked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ascend_core.engine.breaker import Breaker, Patience

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
PATIENCE = Patience(opens_after=3, first_seconds=10, longest_seconds=100)


def waits(patience: Patience, count: int, chance: float = 0.0) -> list[float]:
    """How long each of so many failures in a row makes everybody wait."""
    breaker, now, found = Breaker(), NOON, []
    for _ in range(count):
        breaker = breaker.failed(patience, now, chance=chance)
        found.append(0.0 if breaker.retry_at is None else (breaker.retry_at - now).total_seconds())
        now = breaker.retry_at or now
    return found


def test_it_opens_after_so_many_and_waits_twice_as_long_each_time() -> None:
    """Up to a limit, however long it lasts."""
    assert waits(PATIENCE, 8) == [0, 0, 10, 20, 40, 80, 100, 100]
    assert waits(PATIENCE, 3_000)[-1] == 100
    assert waits(Patience(opens_after=1, first_seconds=30, longest_seconds=900), 7) == [30, 60, 120, 240, 480, 900, 900]


def test_it_is_open_then_half_open() -> None:
    """Until it is tried; and while it is, for nobody else."""
    breaker = Breaker(failures=2).failed(PATIENCE, NOON, chance=0)
    moments = [NOON + timedelta(seconds=seconds) for seconds in (0, 9, 10, 11)]
    tried = breaker.trying(NOON + timedelta(seconds=60))

    assert [breaker.state(moment) for moment in moments] == ["open", "open", "half_open", "half_open"]
    assert tried.state(moments[-1]) == "open"
    assert Breaker().state(NOON) == Breaker(failures=2).state(NOON) == "closed"


def test_one_that_a_clock_set_back_left_open_is_half_open() -> None:
    """Fault 17: nobody waits for the old time to come again."""
    breaker = Breaker(failures=2).failed(PATIENCE, NOON, chance=0)

    assert breaker.state(NOON - timedelta(hours=1)) == "half_open"


def test_no_server_is_left_alone_for_more_than_an_hour() -> None:
    """Whatever it asks for: a sign-up is promised within minutes."""
    breaker = Breaker(failures=2).failed(PATIENCE, NOON, chance=0, after_seconds=1e12)

    assert breaker.retry_at == NOON + timedelta(hours=1)


def test_a_batch_that_fails_at_once_is_one_opening() -> None:
    """A hundred calls that met the same outage do not make it a long one."""
    breaker = Breaker().failed(PATIENCE, NOON, chance=0, times=100)

    assert breaker == Breaker(failures=3, retry_at=NOON + timedelta(seconds=10))


@given(count=some.integers(1, 50), chance=some.floats(0, 1, exclude_max=True), least=some.floats(0, 1_000))
def test_chance_makes_a_wait_a_little_longer_and_what_the_server_asked_for_holds(
    count: int, chance: float, least: float
) -> None:
    """Never shorter, and by a tenth at most."""
    plain, jittered = waits(PATIENCE, count)[-1], waits(PATIENCE, count, chance)[-1]
    asked = Breaker(failures=5, retry_at=NOON).failed(PATIENCE, NOON, chance=chance, after_seconds=least)

    assert plain <= jittered <= plain * 1.1 + 1e-6
    assert asked.retry_at is not None
    assert (asked.retry_at - NOON).total_seconds() == pytest.approx(max(least, 80 * (1 + 0.1 * chance)), abs=1e-5)
