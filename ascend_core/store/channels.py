"""Connected channels."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import field, frozen
from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, reserve_ids, table_of
from ascend_core.store.reading import fetch, pick
from ascend_core.store.tables import ChannelAccount, InboundText, Message

__all__ = [
    "ChannelRecord",
    "anybody_deaf",
    "channels",
    "count_claim",
    "lock_channel",
    "newest_trace",
    "save_channel",
    "set_channel",
]

_channel = table_of(ChannelAccount)
_inbound = table_of(InboundText)
_message = table_of(Message)


@frozen(kw_only=True)
class ChannelRecord:
    """A connected channel as stored; ``sealed`` is opened by the vault only."""

    id: int
    channel: str
    settings: dict[str, Any] = field(factory=dict)
    sealed: str = field(repr=False)
    connected_at: datetime
    problem: str | None = None
    alarm: str | None = None
    alarm_seen_at: datetime | None = None
    frozen: str | None = None
    claims: int = 0
    heard_until: datetime | None = None
    deaf_since: datetime | None = None

    @property
    def stopped(self) -> str | None:
        """Why nothing at all goes out; None: texts may go."""
        deaf = "texts that came in while nobody listened are fetched first" if self.deaf_since else None
        return self.frozen or self.problem or deaf


def channels(tx: Connection) -> list[ChannelRecord]:
    """Every connected channel. The first, connected last, is the one that sends; the others only listen."""
    newest = (_channel.c.connected_at.desc(), _channel.c.id.desc())
    return fetch(tx, ChannelRecord, pick(ChannelRecord, ChannelAccount).order_by(*newest))


def lock_channel(tx: Connection, channel_id: int) -> ChannelRecord:
    """The channel as it is now, held until the transaction ends: one worker at a time claims texts for it."""
    statement = pick(ChannelRecord, ChannelAccount).where(_channel.c.id == channel_id)
    if tx.dialect.name == "postgresql":
        statement = statement.with_for_update()
    (found,) = fetch(tx, ChannelRecord, statement)
    return found


def count_claim(tx: Connection, channel_id: int) -> int:
    """Count one more batch that was claimed; how many there are now."""
    counted = update(_channel).where(_channel.c.id == channel_id).values(claims=_channel.c.claims + 1)
    return int(tx.execute(counted.returning(_channel.c.claims)).scalar_one())


def anybody_deaf(tx: Connection) -> bool:
    """Whether texts may have been missed that were not fetched yet, on any channel: a STOP counts for them all."""
    deaf = select(_channel.c.id).where(_channel.c.deaf_since.is_not(None)).limit(1)
    return tx.execute(deaf).first() is not None


def newest_trace(tx: Connection) -> datetime | None:
    """When something was last claimed or heard, as far as the database knows."""
    claimed = tx.execute(select(func.max(_message.c.claimed_at))).scalar_one_or_none()
    heard = tx.execute(select(func.max(_inbound.c.received_at))).scalar_one_or_none()
    return max((moment for moment in (claimed, heard) if moment is not None), default=None)


def save_channel(tx: Connection, channel: str, *, settings: dict[str, Any], sealed: str, now: datetime) -> None:
    """Connect a channel, or give the connected one new settings."""
    values = {"settings": settings, "sealed": sealed, "connected_at": now, "problem": None, "alarm": None}
    known = tx.execute(select(_channel.c.id).where(_channel.c.channel == channel)).scalar_one_or_none()
    if known is not None:
        tx.execute(update(_channel).where(_channel.c.id == known).values(**values))
        return
    (id_,) = reserve_ids(tx, ChannelAccount, 1)
    insert_rows(tx, ChannelAccount, [{"id": id_, "channel": channel, **values}])


def set_channel(tx: Connection, channel_id: int, **values: Any) -> None:
    """Change some values of a channel."""
    tx.execute(update(_channel).where(_channel.c.id == channel_id).values(**values))
