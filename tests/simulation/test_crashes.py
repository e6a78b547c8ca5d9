# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""A small world in which the product dies at any instant, again and again, and nobody is texted twice.

Each seed is one schedule. After each death the product starts again over the same database. What the carrier accepted
is the truth.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation.fate import PLACES
from tests.simulation.invariants import problems
from tests.simulation.stage import Stage

PARTS = 30
SCHEDULES = 100
"""In each part: 3,000 schedules."""
POSTGRES_PARTS = 6
POSTGRES_SCHEDULES = 50
"""In each part: 300 schedules."""


def play_all(stage: Stage, seeds: range) -> None:
    """Play these schedules: every invariant holds in each, and the simulator did kill, everywhere."""
    deaths: Counter[str] = Counter()
    accepted = 0

    for seed in seeds:
        story = stage.play(seed)
        assert problems(story) == [], f"seed {seed}"
        deaths += story.fate.deaths
        accepted += len(story.carrier.taken)

    assert min(deaths[place] for place in PLACES) > 0
    assert accepted > 2 * len(seeds)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_invariants_hold_whenever_the_process_dies(stage: Stage, part: int) -> None:
    """No text doubled, none lost, none after STOP; whatever dies, is lost on the way, comes late or comes twice."""
    play_all(stage, range(part * SCHEDULES, (part + 1) * SCHEDULES))


@pytest.mark.parametrize("part", range(POSTGRES_PARTS))
def test_the_invariants_hold_on_postgresql_too(postgres_stage: Stage, part: int) -> None:
    """Which database holds the data changes nothing of the promises."""
    play_all(postgres_stage, range(part * POSTGRES_SCHEDULES, (part + 1) * POSTGRES_SCHEDULES))


def test_a_schedule_repeats(stage: Stage) -> None:
    """Invariant 24: a seed that failed can be played again."""
    first, second = ([each.text for each in stage.play(7).carrier.taken] for _ in range(2))

    assert first == second
