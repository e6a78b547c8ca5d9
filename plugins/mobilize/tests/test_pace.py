"""How fast Mobilize is asked."""

from __future__ import annotations

import asyncio

from ascend_mobilize.pace import Pace


def test_no_second_holds_more_than_fifteen_turns(clock) -> None:
    """All accounts of one process together keep to the limit of the address they share."""
    pace = Pace(clock)
    turns = []

    async def ask() -> None:
        for _ in range(60):
            await pace.turn("https://api.mobilize.us:443")
            turns.append(clock.monotonic())

    asyncio.run(ask())

    assert all(later - turn > 1.0 for turn, later in zip(turns, turns[15:], strict=False))
    assert turns[-1] < 60 / 14


def test_an_idle_origin_is_asked_at_once_and_saves_up_nothing(clock) -> None:
    """A quiet night is no reason for a burst, and another origin has a queue of its own."""
    pace = Pace(clock, every_seconds=0.5)

    async def ask() -> None:
        await pace.turn("a")
        clock.elapsed = 100.0
        await pace.turn("a")
        await pace.turn("b")
        await pace.turn("a")

    asyncio.run(ask())

    assert clock.slept == [0.5]
