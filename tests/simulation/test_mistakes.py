# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The simulation can see: with any one safeguard taken away, it finds the harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.invariants import problems
from tests.simulation.mistakes import MISTAKES
from tests.simulation.stage import Stage

MOST_SEEDS = 300
"""Schedules tried for one mistake; the first dozen usually do."""

PAGE = Path(__file__).parents[2] / "specs" / "reliability.md"


@pytest.mark.parametrize("name", MISTAKES)
def test_each_safeguard_taken_away_is_found(stage: Stage, name: str) -> None:
    """Ablation: a suite that does not notice the mistake proves nothing about the safeguard."""
    mistake = MISTAKES[name]
    stories = (stage.play(seed, mistake.product(), mistake.weather) for seed in range(MOST_SEEDS))

    assert any(problem.startswith(mistake.finds) for story in stories for problem in problems(story))


def test_the_page_shows_every_safeguard() -> None:
    """Whoever reads the page reads what the suite does."""
    rows = [
        f"| {mistake.safeguard} | {mistake.instead} | {mistake.finds.rstrip(':')} |" for mistake in MISTAKES.values()
    ]
    told = [line for line in PAGE.read_text("utf-8").splitlines() if line in rows]

    assert told == rows
