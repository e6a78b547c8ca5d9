"""What a flow is read against: the built-in types and stand-ins for what plugins add."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from ascend_core.actions import BUILT_IN_ACTIONS
from ascend_core.contracts import ChannelType, NudgeType, NudgeView, Offending, Owed, Segments
from ascend_core.nudges import BUILT_IN_NUDGES


def telegram_cost(text: str, /) -> Segments:
    """As an old office counts: a hundred letters of A to Z and signs each, and whatever else ten each."""
    strange = tuple(Offending(letter, at, None) for at, letter in enumerate(text) if not letter.isascii())
    per_segment = 10 if strange else 100
    segments = max(1, -(-len(text) // per_segment))
    return Segments(
        encoding="strange" if strange else "plain",
        segments=segments,
        units=len(text),
        per_segment=per_segment,
        remaining=segments * per_segment - len(text),
        offending=strange,
    )


def telegram_word(text: str, /) -> Literal["stop", "start", "help", "doubtful"] | None:
    """The office's own words."""
    words: dict[str, Literal["stop", "doubtful"]] = {"stop": "stop", "cancel": "stop", "end?": "doubtful"}
    return words.get(text.lower())


class Telegraph:
    """A channel that lint asks for costs and words, and nothing else."""


def always_owed(_view: NudgeView, /) -> Owed:
    """A nudge that is never in vain."""
    return Owed()


@pytest.fixture(scope="session")
def registered() -> dict[str, Any]:
    """The arguments of ``load_flow`` that say what is registered."""
    telegraph = ChannelType(
        name="telegraph",
        label="Telegraph",
        settings=Telegraph,
        channel=Telegraph(),  # type: ignore[arg-type]  # -- lint calls no method of it
        measure=telegram_cost,
        keyword_of=telegram_word,
    )
    unsubmitted = NudgeType(
        name="mobilize.link_clicked_no_submission",
        label="Link Clicked No Form Submission",
        still_owed=always_owed,
        needs_link=True,
        least_days=1,
    )
    return {
        "actions": {action.name: action for action in BUILT_IN_ACTIONS},
        "nudges": {nudge.name: nudge for nudge in (*BUILT_IN_NUDGES, unsubmitted)},
        "trackers": {"mobilize"},
        "triggers": {"mobilize.registers", "mobilize.cancels"},
        "channels": [telegraph],
    }


@pytest.fixture(scope="session")
def example() -> str:
    """The flow that the language's own description shows."""
    return (Path(__file__).parent / "example.yaml").read_text("utf-8")
