"""How fast Mobilize may be asked."""

from __future__ import annotations

from ascend_core.contracts import Clock

__all__ = ["SECONDS_BETWEEN_GETS", "Pace"]

SECONDS_BETWEEN_GETS = 1.05 / 15
"""Mobilize allows 15 GET a second to one address (API README, *Rate limiting*). Spread evenly, with 5 % to spare for
requests that bunch up on their way."""


class Pace:
    """Gives out turns, one queue for each origin, whatever the number of accounts behind it."""

    def __init__(self, clock: Clock, *, every_seconds: float = SECONDS_BETWEEN_GETS) -> None:
        self._clock = clock
        self._every_seconds = every_seconds
        self._next_turns: dict[str, float] = {}

    async def turn(self, origin: str) -> None:
        """Wait until *origin* may be asked again, in the order of the calls."""
        now = self._clock.monotonic()
        mine = max(now, self._next_turns.get(origin, now))
        self._next_turns[origin] = mine + self._every_seconds
        if mine > now:
            await self._clock.sleep(mine - now)
