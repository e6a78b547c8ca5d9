"""What a sender has used up of the carriers' day, and what was wrong with its latest texts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, table_of
from ascend_core.store.tables import DeliveryEvent, SenderDay

__all__ = ["latest_outcomes", "segments_used", "use_segments"]

_day = table_of(SenderDay)
_event = table_of(DeliveryEvent)


def segments_used(tx: Connection, sender: str, day: str) -> int:
    """Segments of *sender* in one day of the carriers (an ISO date)."""
    same = (_day.c.sender == sender) & (_day.c.day == day)
    return int(tx.execute(select(_day.c.segments).where(same)).scalar_one_or_none() or 0)


def use_segments(tx: Connection, sender: str, day: str, segments: int) -> None:
    """Count *segments* more."""
    insert_rows(tx, SenderDay, [{"sender": sender, "day": day, "segments": 0}], skip_known=True)
    same = (_day.c.sender == sender) & (_day.c.day == day)
    tx.execute(update(_day).where(same).values(segments=_day.c.segments + segments))


def latest_outcomes(tx: Connection, channel: str, *, since: datetime, most: int) -> list[str | None]:
    """Why the latest texts of *channel* ended as they did, the newest first: a reason, or None where all went well."""
    ended = _event.c.state.in_(("delivered", "undelivered", "failed")) & (_event.c.channel == channel)
    statement = (
        select(_event.c.reason).where(ended, _event.c.received_at >= since).order_by(_event.c.id.desc()).limit(most)
    )
    return list(tx.execute(statement).scalars())
