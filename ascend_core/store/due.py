"""Whether there is work: one cheap look at partial indexes, whose cost follows what is due and not what is pending."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Select, func, select, text
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import table_of
from ascend_core.store.messages import PURPOSES
from ascend_core.store.tables import Broadcast, Click, ClickRequest, InboundText, Message, Timer, WebhookCall

__all__ = ["Waiting", "look"]

_broadcast = table_of(Broadcast)
_click = table_of(Click)
_inbound = table_of(InboundText)
_message = table_of(Message)
_request = table_of(ClickRequest)
_timer = table_of(Timer)
_call = table_of(WebhookCall)


@frozen(kw_only=True)
class Waiting:
    """When the earliest of each kind of work is due; None: there is none."""

    inbound: bool
    timer_at: datetime | None
    ready_at: tuple[datetime | None, ...]
    """By purpose, the most urgent first: when its earliest text is due, whether or not it may go then."""
    unknown_at: datetime | None
    call_at: datetime | None
    broadcast_at: datetime | None
    """When the next scheduled broadcast begins."""
    broadcasting: bool
    """Whether one is under way or being cleared away: it depends on no time."""
    clicks: bool
    """Whether requests for links are to be counted, or clicks compared again."""


def _look() -> Select[Any]:
    inbound = select(func.min(_inbound.c.id)).where(_inbound.c.handled_at.is_(None))
    timer = select(func.min(_timer.c.due_at)).where(_timer.c.settled_at.is_(None))
    ready = [
        select(func.min(_message.c.due_at)).where(text("state = 'ready'"), _message.c.purpose == purpose)
        for purpose in PURPOSES
    ]
    # the state list of the partial index first, so that it is used
    unknown = select(func.min(_message.c.due_at)).where(text("state IN ('sending', 'unknown') AND state = 'unknown'"))
    call = select(func.min(_call.c.due_at)).where(_call.c.settled_at.is_(None))
    left = _broadcast.c.finished_at.is_(None)
    scheduled = select(func.min(_broadcast.c.starts_at)).where(left, _broadcast.c.state == "scheduled")
    busy = select(func.min(_broadcast.c.id)).where(left, _broadcast.c.state.in_(("sending", "cancelled")))
    requested = select(func.min(_request.c.id))
    doubtful = select(func.min(_click.c.id)).where(text("compared = 0"))
    return select(
        inbound.scalar_subquery().label("inbound"),
        timer.scalar_subquery().label("timer_at"),
        *(each.scalar_subquery().label(f"ready_{purpose}") for purpose, each in zip(PURPOSES, ready, strict=True)),
        unknown.scalar_subquery().label("unknown_at"),
        call.scalar_subquery().label("call_at"),
        scheduled.scalar_subquery().label("broadcast_at"),
        busy.scalar_subquery().label("broadcasting"),
        func.coalesce(requested.scalar_subquery(), doubtful.scalar_subquery()).label("clicks"),
    )


_LOOK = _look()
"""Built once: this runs at every tick."""


def look(tx: Connection) -> Waiting:
    """Look at everything that waits, in one statement."""
    row = tx.execute(_LOOK).one()
    return Waiting(
        inbound=row.inbound is not None,
        timer_at=row.timer_at,
        ready_at=tuple(getattr(row, f"ready_{purpose}") for purpose in PURPOSES),
        unknown_at=row.unknown_at,
        call_at=row.call_at,
        broadcast_at=row.broadcast_at,
        broadcasting=row.broadcasting is not None,
        clicks=row.clicks is not None,
    )
