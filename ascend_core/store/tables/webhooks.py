"""Calls to other servers that runs asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field

from ascend_core.store.tables.rows import CoreRow, at, document, ref, row_id

__all__ = ["WebhookCall"]

_PENDING = text("settled_at IS NULL")


class WebhookCall(CoreRow, table=True):
    """One call that a run waits for. Committed before it is made; made again after a crash, with the same key."""

    __tablename__ = "webhook_call"
    __table_args__ = (Index("ix_webhook_call_due", "due_at", "id", sqlite_where=_PENDING, postgresql_where=_PENDING),)

    id: int | None = row_id()
    key: str = Field(unique=True)
    """Sent as ``Idempotency-Key``."""
    run_id: int = ref("run", index=True)
    sprint: int
    """The sprint that waits for it; a run that has moved on does not hear the answer."""
    step: str
    url: str
    request: dict[str, Any] = document()
    """Method, headers and JSON; emptied once the call is over."""
    attempts: int = 0
    due_at: datetime = at()
    """When it is to be made, or made again if whoever makes it now never comes back."""
    created_at: datetime = at()
    settled_at: datetime | None = at(null=True)
    outcome: str | None = None
    """``answered``, ``failed`` or ``stale``."""
    reason: str | None = None
