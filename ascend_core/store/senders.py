"""What a sender has used up of the carriers' day, and what was wrong with its latest texts."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, select, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, table_of
from ascend_core.store.reading import value_of
from ascend_core.store.tables import DeliveryEvent, SenderDay

__all__ = ["latest_outcomes", "segments_used", "use_segments"]

_day = table_of(SenderDay)
_event = table_of(DeliveryEvent)


def segments_used(tx: Connection, sender: str, day: str) -> int:
    """Segments of *sender* in one day of the carriers (an ISO date)."""
    return int(tx.execute(_used(), {"its_sender": sender, "its_day": day}).scalar_one_or_none() or 0)


def _same() -> ColumnElement[bool]:
    return (_day.c.sender == value_of(_day.c.sender, "its_sender")) & (_day.c.day == value_of(_day.c.day, "its_day"))


@cache
def _used() -> Select[Any]:
    return select(_day.c.segments).where(_same())


def use_segments(tx: Connection, sender: str, day: str, segments: int) -> None:
    """Count *segments* more."""
    insert_rows(tx, SenderDay, [{"sender": sender, "day": day, "segments": 0}], skip_known=True)
    tx.execute(_more(), {"its_sender": sender, "its_day": day, "more": segments})


@cache
def _more() -> Update:
    return update(_day).where(_same()).values(segments=_day.c.segments + value_of(_day.c.segments, "more"))


def latest_outcomes(tx: Connection, channel: str, *, since: datetime, most: int) -> list[str | None]:
    """Why the latest texts of *channel* ended as they did, the newest first: a reason, or None where all went well."""
    ended = _event.c.state.in_(("delivered", "undelivered", "failed")) & (_event.c.channel == channel)
    statement = (
        select(_event.c.reason).where(ended, _event.c.received_at >= since).order_by(_event.c.id.desc()).limit(most)
    )
    return list(tx.execute(statement).scalars())
