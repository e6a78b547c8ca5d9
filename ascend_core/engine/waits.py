"""Waits that a server asked for, or that we took upon ourselves, as they stand in the database. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

__all__ = ["LONGEST_WAIT", "heeded", "over"]

LONGEST_WAIT = timedelta(hours=1)
"""No server is left alone for longer, whatever it asks for. A wait that ends later than this was written by a clock
that has been set back since, and is over: nobody waits for the old time to come again."""


def heeded(seconds: float) -> timedelta:
    """The wait that we take upon ourselves when a server asks for so many seconds."""
    return timedelta(seconds=min(seconds, LONGEST_WAIT.total_seconds()))


def over(until: datetime | None, now: datetime) -> bool:
    """Whether a wait that lasts *until* then (None: there is none) is over."""
    return until is None or not now < until <= now + LONGEST_WAIT
