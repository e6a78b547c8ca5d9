"""``wait``: let time pass."""

from __future__ import annotations

import re
from datetime import datetime

from attrs import frozen

from ascend_core.contracts import (
    BotActionType,
    Duration,
    Moment,
    Outcome,
    Reached,
    StartTimer,
    StepView,
    main,
    param,
)

__all__ = ["WAIT", "Until", "WaitParams", "wait"]

_UNTIL = "until"
_NOW = re.compile(r"\bnow\b")


@frozen(kw_only=True)
class Until:
    """Until a moment; one that is past, or none at all, is no wait. It follows an event that is moved."""

    until: Moment = param(help="A moment: event.start - duration('3h').")  # noqa: RUF009 -- it makes an attrs field


@frozen(kw_only=True)
class WaitParams:
    """What an author writes under ``wait``."""

    length: Duration | Until = main(help="How long (1d), or {until: a moment}.")  # noqa: RUF009 -- it makes an attrs field


def wait(view: StepView, params: WaitParams, /) -> Outcome:
    """Wait, and go on when the time has come."""
    reached = isinstance(view.happened, Reached)
    waited_for = None if reached else _kept(view)
    if not reached and (waited_for is None or (waited_for <= view.now and not _stands_still(params.length))):
        return Outcome(why="the time has come")
    due_at = _due(view, params.length) or waited_for
    if due_at is None:
        return Outcome(why="there is no such moment: no wait")
    if due_at <= view.now:
        return Outcome(why="the moment is past: no wait" if reached else "the time has come")
    follows = isinstance(params.length, Until) and "event" in params.length.until.source
    timer = StartTimer(due_at=due_at, follows_event=follows)
    memory = {_UNTIL: due_at.isoformat()} if follows else {}
    return Outcome(effects=(timer,), wait=True, memory=memory, why=f"until {due_at.isoformat()}")


def _kept(view: StepView) -> datetime | None:
    """Until when it waits, where its event may be moved."""
    kept = view.memory.get(_UNTIL)
    return datetime.fromisoformat(kept) if isinstance(kept, str) else None


def _stands_still(length: Duration | Until) -> bool:
    """Whether the moment is the same whenever it is worked out, as long as the event is not moved."""
    return isinstance(length, Until) and _NOW.search(length.until.source) is None


def _due(view: StepView, length: Duration | Until) -> datetime | None:
    return view.now + length.length if isinstance(length, Duration) else view.moment(length.until)


WAIT = BotActionType(
    name="wait",
    label="Wait",
    params=WaitParams,
    run=wait,
    help="Goes on after a time, or at a moment.",
    waits=True,
)
