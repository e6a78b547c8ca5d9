"""Time and chance as tests rule them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ascend_core.runtime.system import SystemClock, SystemRandomness
from ascend_core.testing import SeededRandomness, VirtualClock

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ALPHABET = "23456789abcdef"


def test_the_clock_stands_still_until_it_is_told() -> None:
    """A test says what time it is."""
    clock = VirtualClock(NOON)

    assert (clock.now(), clock.now(), clock.monotonic()) == (NOON, NOON, 0.0)


def test_advancing_moves_the_calendar_and_the_monotonic_side() -> None:
    """An hour later is an hour later on both."""
    clock = VirtualClock(NOON)

    clock.advance(timedelta(hours=1))

    assert (clock.now(), clock.monotonic()) == (NOON + timedelta(hours=1), 3600.0)


def test_sleeping_costs_no_time_and_changes_no_date() -> None:
    """Pacing of a million texts neither waits nor carries the test into quiet hours."""
    clock = VirtualClock(NOON)

    asyncio.run(clock.sleep(86_400))

    assert (clock.now(), clock.monotonic()) == (NOON, 86_400.0)


def test_the_calendar_may_jump_back_and_monotonic_time_never_does() -> None:
    """As a machine's clock does when it is put right."""
    clock = VirtualClock(NOON)

    clock.set(NOON + timedelta(days=1))
    clock.set(NOON)

    assert (clock.now(), clock.monotonic()) == (NOON, 86_400.0)


def test_times_are_utc_whatever_zone_they_were_given_in() -> None:
    """Everything that is stored is UTC."""
    clock = VirtualClock(datetime(2026, 5, 4, 8, tzinfo=timezone(timedelta(hours=-4))))

    assert (clock.now(), clock.now().tzinfo) == (NOON, UTC)


def test_what_makes_no_sense_is_refused() -> None:
    """A naive time, a negative step and a negative sleep are mistakes of the test."""
    clock = VirtualClock(NOON)

    with pytest.raises(ValueError, match="aware"):
        VirtualClock(NOON.replace(tzinfo=None))
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(timedelta(seconds=-1))
    with pytest.raises(ValueError, match="less than no time"):
        asyncio.run(clock.sleep(-1))
    assert (clock.now(), clock.monotonic()) == (NOON, 0.0)


def test_many_threads_may_move_one_clock() -> None:
    """No step is lost."""
    clock = VirtualClock(NOON)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(clock.advance, [timedelta(seconds=1)] * 1_000))

    assert clock.now() == NOON + timedelta(seconds=1_000)


def test_one_seed_gives_one_course_of_events() -> None:
    """A failure of the simulation can be played again; another seed is another story."""
    first, again, other = SeededRandomness(7), SeededRandomness(7), SeededRandomness(8)

    drawn = [(each.token(9, ALPHABET), each.fraction()) for each in (first, again, other)]

    assert drawn[0] == drawn[1] != drawn[2]
    assert first.token(9, ALPHABET) != drawn[0][0]


@pytest.mark.parametrize("randomness", [SystemRandomness(), SeededRandomness(1)])
def test_tokens_and_fractions_have_their_shape(randomness: SystemRandomness | SeededRandomness) -> None:
    """Whoever gives the chance, it fits."""
    token = randomness.token(200, ALPHABET)

    assert len(token) == 200
    assert set(token) <= set(ALPHABET)
    assert all(0 <= randomness.fraction() < 1 for _ in range(100))


def test_the_systems_clock_is_aware_and_goes_on() -> None:
    """The real one keeps the same promises."""
    clock = SystemClock()
    before = clock.monotonic()

    asyncio.run(clock.sleep(0))

    assert clock.now().tzinfo is UTC
    assert clock.monotonic() >= before
