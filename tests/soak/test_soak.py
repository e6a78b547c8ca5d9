# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The soak in its short form: a few seconds of load, with something killed again and again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.soak.__main__ import show
from tests.soak.play import Plan, play

pytestmark = pytest.mark.xdist_group("processes")

SEED = int(os.environ.get("ASCEND_SOAK_SEED", "1"))


@pytest.mark.parametrize("distributed", [True, False], ids=["three processes", "one process"])
def test_some_seconds_of_trouble_end_well(tmp_path: Path, *, distributed: bool) -> None:
    """0 lost, 0 doubled, 0 after STOP, clicks as answered, reports as counted, and all done soon after the trouble."""
    rates = {name: rate * 3 for name, rate in Plan().per_second.items()}
    plan = Plan(
        minutes=0.35 if distributed else 0.2,
        seed=SEED,
        distributed=distributed,
        trouble_every=(3.0, 6.0),
        nudges=False,
        poll_seconds=2,
        per_second=rates | {"broadcast": 0.1},
    )

    played = play(plan, tmp_path, print)

    show(played)
    assert played.verdict.wrong == {}
    assert played.figures["texts accepted"] > 0
    assert sum(played.figures["troubles"].values()) >= 2
