"""What runs leave behind for people and for reports: conversations that wait, and the arms that members took."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from ascend_core.store.tables.rows import CoreRow, at, ref, row_id

__all__ = ["Conversation", "RunArm"]

_OPEN = text("resolved_at IS NULL")


class Conversation(CoreRow, table=True):
    """A member who waits for a person. There is one open at most for each member."""

    __table_args__ = (
        Index("ix_conversation_open", "member_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: int | None = row_id()
    member_id: int = ref("member")
    reason: str
    """``handoff``, ``reply``, or ``doubtful``: they may have asked to be left alone, and texts to them wait."""
    note: str = ""
    run_id: int | None = ref("run", null=True)
    opened_at: datetime = at()
    resolved_at: datetime | None = at(null=True)


class RunArm(CoreRow, table=True):
    """Which arm of an A/B test a run took at a ``split``."""

    __tablename__ = "run_arm"
    __table_args__ = (UniqueConstraint("run_id", "test"),)

    id: int | None = row_id()
    run_id: int = ref("run")
    test: str = Field(index=True)
    arm: str
    step: str | None = None
    taken_at: datetime = at()
