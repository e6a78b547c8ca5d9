"""Flows, automations, runs, timers and traces."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from ascend_core.store.tables.rows import CoreRow, at, document, ref, row_id
from ascend_core.store.types import Key

__all__ = ["Automation", "AutomationEntry", "Flow", "FlowDraft", "FlowVersion", "Run", "Timer", "TraceLine"]

_PENDING = text("settled_at IS NULL")
_ACTIVE = text("ended_at IS NULL")
_OF_BROADCAST = text("broadcast_id IS NOT NULL")


class Flow(CoreRow, table=True):
    """A flow by name, and which version of it is live."""

    id: int | None = row_id()
    name: str = Field(unique=True)
    live_version_id: int | None = Field(default=None, nullable=True, sa_type=Key)
    created_at: datetime = at()


class FlowVersion(CoreRow, table=True):
    """One published version. A run stays on the version it started on (row E3)."""

    __tablename__ = "flow_version"
    __table_args__ = (UniqueConstraint("flow_id", "number"),)

    id: int | None = row_id()
    flow_id: int = ref("flow")
    number: int
    digest: str
    source: str
    published_at: datetime = at()


class FlowDraft(CoreRow, table=True):
    """What an author is working on; nobody runs it. Dirty is what has another digest than the live version."""

    __tablename__ = "flow_draft"

    name: str = Field(primary_key=True)
    """Of the flow, which need not be live yet."""
    source: str
    digest: str | None = None
    """None: it does not hold yet."""
    saved_at: datetime = at()


class Automation(CoreRow, table=True):
    """A trigger joined to a flow (row D2)."""

    id: int | None = row_id()
    name: str = Field(unique=True)
    trigger: str = Field(index=True)
    form_id: int | None = ref("form", null=True)
    """None: any synced form."""
    source: str
    """The document, as it was given."""
    paused: bool = False
    created_at: datetime = at()


class AutomationEntry(CoreRow, table=True):
    """What an automation did about one activity: started a run, or why not (rows D4, D6)."""

    __tablename__ = "automation_entry"
    __table_args__ = (UniqueConstraint("automation_id", "once_key"), UniqueConstraint("automation_id", "activity_id"))

    id: int | None = row_id()
    automation_id: int = ref("automation")
    activity_id: int = ref("activity")
    member_id: int = ref("member", index=True)
    once_key: str | None = None
    """What must happen only once; None on an entry that started nothing."""
    outcome: str
    """``started`` or ``skipped``."""
    reason: str | None = None
    run_id: int | None = ref("run", null=True)
    arm: str | None = None
    entered_at: datetime = at()


class Run(CoreRow, table=True):
    """One member's way through one version of a flow."""

    __table_args__ = (
        Index("ix_run_active", "member_id", sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
        Index("ix_run_version", "version_id"),
        Index(
            "ix_run_broadcast",
            "broadcast_id",
            "member_id",
            unique=True,
            sqlite_where=_OF_BROADCAST,
            postgresql_where=_OF_BROADCAST,
        ),
    )

    id: int | None = row_id()
    flow_id: int = ref("flow")
    version_id: int = ref("flow_version")
    automation_id: int | None = ref("automation", null=True)
    arm: str | None = None
    broadcast_id: int | None = ref("broadcast", null=True)
    member_id: int = ref("member")
    form_id: int | None = ref("form", null=True)
    submission_id: int | None = ref("submission", null=True)
    state: dict[str, Any] = document()
    started_at: datetime = at()
    ended_at: datetime | None = at(null=True)
    end_reason: str | None = None


class Timer(CoreRow, table=True):
    """Something due later. Settled ones stay as the record of what was decided (nudges above all)."""

    __table_args__ = (
        Index("ix_timer_due", "due_at", "id", sqlite_where=_PENDING, postgresql_where=_PENDING),
        Index("ix_timer_run", "run_id", sqlite_where=_PENDING, postgresql_where=_PENDING),
        Index("ix_timer_member", "member_id", sqlite_where=_PENDING, postgresql_where=_PENDING),
    )

    id: int | None = row_id()
    kind: str
    """``wait``, ``until`` (a wait that follows its event), ``nudge`` or ``lapse``."""
    run_id: int = ref("run")
    member_id: int = ref("member")
    sprint: int
    """The sprint that started it; a wait of an older sprint is stale."""
    step: str | None = None
    nudge_index: int | None = None
    nudge_type: str | None = None
    reached_at: datetime = at()
    due_at: datetime = at()
    expires_at: datetime | None = at(null=True)
    settled_at: datetime | None = at(null=True)
    outcome: str | None = None
    """``fired``, ``sent``, ``skipped``, ``cancelled`` or ``stale``."""
    reason: str | None = None


class TraceLine(CoreRow, table=True):
    """One line of a run's trace; only ever added (row E5)."""

    __tablename__ = "trace_line"

    id: int | None = row_id()
    run_id: int = ref("run", index=True)
    sprint: int
    happened_at: datetime = at()
    kind: str
    step: str | None = None
    detail: dict[str, Any] = document()
