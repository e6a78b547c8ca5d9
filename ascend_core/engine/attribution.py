"""Which click is the likely cause of a submission that brought no token back (row F4). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

__all__ = ["WINDOW", "likely_cause"]

WINDOW = timedelta(days=7)
"""A click this long before a submission of the same form is taken for its cause when no token came back."""


def likely_cause(submitted_at: datetime, clicks: Iterable[tuple[datetime, int]]) -> int | None:
    """The link of the last click before *submitted_at*, at most ``WINDOW`` before it; None: there is none.

    *clicks* are a person's on links to that form: time and link, in any order.
    """
    likely = [(at, link) for at, link in clicks if submitted_at - WINDOW <= at <= submitted_at]
    return max(likely)[1] if likely else None
