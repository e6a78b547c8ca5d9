"""Broadcasts: a text or a flow for everybody in some groups (row I1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field

from ascend_core.store.tables.rows import CoreRow, at, document, ref, row_id
from ascend_core.store.types import Key

__all__ = ["Broadcast", "BroadcastGroup"]

_OPEN = text("finished_at IS NULL")


class Broadcast(CoreRow, table=True):
    """One broadcast, and how far it came. Whom it reaches is settled at ``began_at``."""

    __table_args__ = (Index("ix_broadcast_open", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),)

    id: int | None = row_id()
    name: str = Field(unique=True)
    source: str
    """The document, as it was given."""
    version_id: int | None = ref("flow_version", null=True)
    """Of the flow it starts, pinned when it begins; None: it sends a text, or has not begun."""
    form_id: int | None = ref("form", null=True)
    """What ``${event…}`` in its text speaks of."""
    state: str
    """``scheduled``, ``sending``, ``paused``, ``cancelled`` or ``sent``."""
    problem: str | None = None
    """Why it paused by itself."""
    starts_at: datetime = at()
    began_at: datetime | None = at(null=True)
    """Who joined a group later than this is not in it."""
    expires_at: datetime | None = at(null=True)
    position: int = Field(sa_type=Key)
    """The id of the last member it was decided for: the cursor, moved in the transaction of the rows it stands for."""
    queued: int = 0
    """Members it made a text or a run for."""
    skipped: dict[str, Any] = document()
    """How many it made nothing for, by reason."""
    queued_at: datetime | None = at(null=True)
    """When everybody had been decided."""
    finished_at: datetime | None = at(null=True)
    """When nothing of it was left to do."""
    created_at: datetime = at()


class BroadcastGroup(CoreRow, table=True):
    """A group that a broadcast goes to, or leaves out. By id, because groups are renamed (row B6)."""

    __tablename__ = "broadcast_group"

    broadcast_id: int = ref("broadcast", primary=True)
    group_id: int = ref("member_group", primary=True)
    excluded: bool
