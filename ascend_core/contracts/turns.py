"""Turns: how often something may be done, counted for all workers together."""

from __future__ import annotations

from typing import Protocol

__all__ = ["FREE_TURNS", "Turns"]


class Turns(Protocol):
    """Gives out turns from named token buckets. Every worker on the database draws from the same ones.

    A source that may ask a server fifteen times a second writes, before each request::

        await context.turns.turn("mobilize:api.mobilize.us", per_second=15)

    The name says what is limited (an origin, not an account), so that all who are limited together share it.
    """

    async def turn(self, name: str, *, per_second: float, burst: float = 1.0, cost: float = 1.0) -> None:
        """Wait until *cost* may be taken from the bucket *name*, in the order of the calls.

        In any span of time no more is given out than the span times *per_second*, and *burst* on top (or *cost*,
        where one turn costs more than *burst*). With a *burst* of 1 turns are evenly spread.
        """
        ...

    async def pause(self, name: str, seconds: float) -> None:
        """Give out no turn of *name* for *seconds*: its server said 429. A longer pause stays, up to an hour."""
        ...


class _FreeTurns:
    async def turn(self, name: str, *, per_second: float, burst: float = 1.0, cost: float = 1.0) -> None:
        """Nobody waits."""

    async def pause(self, name: str, seconds: float) -> None:
        """Nobody waits."""


FREE_TURNS: Turns = _FreeTurns()
"""For a plugin's own tests; the product hands in real ones."""
