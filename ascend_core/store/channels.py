"""Connected channels."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import field, frozen
from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, reserve_ids, table_of
from ascend_core.store.reading import fetch, pick
from ascend_core.store.tables import ChannelAccount

__all__ = ["ChannelRecord", "channels", "save_channel", "set_channel"]

_channel = table_of(ChannelAccount)


@frozen(kw_only=True)
class ChannelRecord:
    """A connected channel as stored; ``sealed`` is opened by the vault only."""

    id: int
    channel: str
    settings: dict[str, Any] = field(factory=dict)
    sealed: str = field(repr=False)
    connected_at: datetime
    paused_until: datetime | None = None
    problem: str | None = None


def channels(tx: Connection) -> list[ChannelRecord]:
    """Every connected channel. The first, connected last, is the one that sends; the others only listen."""
    newest = (_channel.c.connected_at.desc(), _channel.c.id.desc())
    return fetch(tx, ChannelRecord, pick(ChannelRecord, ChannelAccount).order_by(*newest))


def save_channel(tx: Connection, channel: str, *, settings: dict[str, Any], sealed: str, now: datetime) -> None:
    """Connect a channel, or give the connected one new settings."""
    values = {"settings": settings, "sealed": sealed, "connected_at": now, "problem": None, "paused_until": None}
    known = tx.execute(select(_channel.c.id).where(_channel.c.channel == channel)).scalar_one_or_none()
    if known is not None:
        tx.execute(update(_channel).where(_channel.c.id == known).values(**values))
        return
    (id_,) = reserve_ids(tx, ChannelAccount, 1)
    insert_rows(tx, ChannelAccount, [{"id": id_, "channel": channel, **values}])


def set_channel(tx: Connection, channel_id: int, **values: Any) -> None:
    """Change some values of a channel."""
    tx.execute(update(_channel).where(_channel.c.id == channel_id).values(**values))
