"""``wait``: let time pass."""

from __future__ import annotations

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


@frozen(kw_only=True)
class Until:
    """Until a moment; one that is past, or none at all, is no wait."""

    until: Moment = param(help="A moment: event.start - duration('3h').")  # noqa: RUF009 -- it makes an attrs field


@frozen(kw_only=True)
class WaitParams:
    """What an author writes under ``wait``."""

    length: Duration | Until = main(help="How long (1d), or {until: a moment}.")  # noqa: RUF009 -- it makes an attrs field


def wait(view: StepView, params: WaitParams, /) -> Outcome:
    """Wait, and go on when the time has come."""
    if not isinstance(view.happened, Reached):
        return Outcome(why="the time has come")
    due_at = _due(view, params.length)
    if due_at is None:
        return Outcome(why="there is no such moment: no wait")
    if due_at <= view.now:
        return Outcome(why="the moment is past: no wait")
    return Outcome(effects=(StartTimer(due_at=due_at),), wait=True, why=f"until {due_at.isoformat()}")


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
