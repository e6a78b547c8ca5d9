"""Nudges: follow-ups on one bot action, decided when they are due."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from attrs import frozen

__all__ = ["NotOwed", "NudgeCondition", "NudgeType", "NudgeView", "Owed"]


@frozen(kw_only=True)
class NudgeView:
    """What is known, at the moment a nudge is due, of what the member did since reaching the bot action.

    Clicks are those of a person (previews and scanners left out) on the nudge's link; without one, on any link of
    the bot action. Submissions are of the form that link leads to, or came back with its token.
    """

    reached_at: datetime
    clicked_at: datetime | None = None
    submitted_at: datetime | None = None
    replied_at: datetime | None = None


@frozen
class Owed:
    """The condition still holds: send it."""


@frozen
class NotOwed:
    """There is nothing to nudge about; *reason* is one word, for the trace and the counts (``submitted``)."""

    reason: str


class NudgeCondition(Protocol):
    """Whether a nudge is still owed: pure."""

    def __call__(self, view: NudgeView, /) -> Owed | NotOwed: ...


@frozen(kw_only=True)
class NudgeType:
    """A kind of nudge as authors meet it.

    ``needs_link``: the author must name a link of the bot action. ``tracker``: the link tracker that must follow that
    link; without it nothing is known of submissions.
    """

    name: str
    label: str
    still_owed: NudgeCondition
    needs_link: bool = False
    tracker: str | None = None
    least_days: int = 0
    """Lint warns below this many days."""
    help: str = ""
