"""Connected channels."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from attrs import field, frozen
from sqlalchemy import Select, Update, func, select, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, reserve_ids, table_of, update_rows
from ascend_core.store.reading import fetch, pick, value_of
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
    failures: int = 0
    retry_at: datetime | None = None

    @property
    def stopped(self) -> str | None:
        """Why nothing at all goes out; None: texts may go."""
        deaf = "texts that came in while nobody listened are fetched first" if self.deaf_since else None
        return self.frozen or self.problem or deaf


def channels(tx: Connection) -> list[ChannelRecord]:
    """Every connected channel. The first, connected last, is the one that sends; the others only listen."""
    return fetch(tx, ChannelRecord, _newest_first())


@cache
def _newest_first() -> Select[Any]:
    newest = (_channel.c.connected_at.desc(), _channel.c.id.desc())
    return pick(ChannelRecord, ChannelAccount).order_by(*newest)


def lock_channel(tx: Connection, channel_id: int) -> ChannelRecord:
    """The channel as it is now, held until the transaction ends: one worker at a time claims texts for it."""
    (found,) = fetch(tx, ChannelRecord, _one(lock=tx.dialect.name == "postgresql"), its_id=channel_id)
    return found


@cache
def _one(*, lock: bool) -> Select[Any]:
    statement = pick(ChannelRecord, ChannelAccount).where(_channel.c.id == value_of(_channel.c.id, "its_id"))
    return statement.with_for_update() if lock else statement


def count_claim(tx: Connection, channel_id: int) -> int:
    """Count one more batch that was claimed; how many there are now."""
    return int(tx.execute(_counted(), {"its_id": channel_id}).scalar_one())


@cache
def _counted() -> Update:
    one = update(_channel).where(_channel.c.id == value_of(_channel.c.id, "its_id"))
    return one.values(claims=_channel.c.claims + 1).returning(_channel.c.claims)


def anybody_deaf(tx: Connection) -> bool:
    """Whether texts may have been missed that were not fetched yet, on any channel: a STOP counts for them all."""
    return tx.execute(_deaf()).first() is not None


@cache
def _deaf() -> Select[Any]:
    return select(_channel.c.id).where(_channel.c.deaf_since.is_not(None)).limit(1)


def newest_trace(tx: Connection) -> datetime | None:
    """When something was last claimed or heard, as far as the database knows."""
    claimed = tx.execute(select(func.max(_message.c.claimed_at))).scalar_one_or_none()
    heard = tx.execute(select(func.max(_inbound.c.received_at))).scalar_one_or_none()
    return max((moment for moment in (claimed, heard) if moment is not None), default=None)


def save_channel(tx: Connection, channel: str, *, settings: dict[str, Any], sealed: str, now: datetime) -> None:
    """Connect a channel, or give the connected one new settings."""
    values = {"settings": settings, "sealed": sealed, "connected_at": now, "problem": None, "alarm": None}
    values |= {"failures": 0, "retry_at": None}
    known = tx.execute(select(_channel.c.id).where(_channel.c.channel == channel)).scalar_one_or_none()
    if known is not None:
        tx.execute(update(_channel).where(_channel.c.id == known).values(**values))
        return
    (id_,) = reserve_ids(tx, ChannelAccount, 1)
    insert_rows(tx, ChannelAccount, [{"id": id_, "channel": channel, **values}])


def set_channel(tx: Connection, channel_id: int, **values: Any) -> None:
    """Change some values of a channel."""
    update_rows(tx, ChannelAccount, [{"id": channel_id, **values}])
