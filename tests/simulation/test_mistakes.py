# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The simulation can see: with any one safeguard taken away, it finds the harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.invariants import doubled, problems
from tests.simulation.mistakes import MISTAKES
from tests.simulation.scripts import SCRIPTS
from tests.simulation.stage import Stage
from tests.simulation.story import Weather

MOST_SEEDS = 300
"""Schedules tried for one mistake; the first dozen usually do."""

CALM = Weather(meanwhile=0.0, stops=0.2, silent=True, cap=10)

PAGE = Path(__file__).parents[2] / "specs" / "reliability.md"


@pytest.mark.parametrize("name", MISTAKES)
def test_each_safeguard_taken_away_is_found(stage: Stage, name: str) -> None:
    """Ablation: a suite that does not notice the mistake proves nothing about the safeguard."""
    mistake = MISTAKES[name]
    if mistake.script is not None:
        story = stage.begin(0, mistake.product(), CALM)
        SCRIPTS[mistake.script](story)
        assert any(problem.startswith(mistake.finds) for problem in [*story.wrong, *doubled(story)])
        return
    stories = (stage.play(seed, mistake.product(), mistake.weather) for seed in range(MOST_SEEDS))

    assert any(problem.startswith(mistake.finds) for story in stories for problem in problems(story))


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("where", ["stage", "postgres_stage"])
def test_the_invariants_hold_in_every_script(request: pytest.FixtureRequest, where: str, name: str) -> None:
    """What chance hardly ever draws does no harm either."""
    story = request.getfixturevalue(where).begin(0, weather=CALM)

    SCRIPTS[name](story)

    assert [*story.wrong, *doubled(story)] == []
    assert story.carrier.taken


def test_the_page_shows_every_safeguard() -> None:
    """Whoever reads the page reads what the suite does."""
    rows = [
        f"| {mistake.safeguard} | {mistake.instead} | {mistake.finds.rstrip(':')} |" for mistake in MISTAKES.values()
    ]
    told = [line for line in PAGE.read_text("utf-8").splitlines() if line in rows]

    assert told == rows
