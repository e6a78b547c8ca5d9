"""When there is something to do next."""

from __future__ import annotations

from datetime import datetime

from ascend_core.operations.core import Core
from ascend_core.store.due import look

__all__ = ["next_due"]


def next_due(core: Core) -> datetime | None:
    """When the next timer, call, broadcast or text is due; None: nothing waits. Sources are not in it."""
    waiting = core.database.read(look)
    moments = (waiting.timer_at, waiting.ready_at, waiting.unknown_at, waiting.call_at, waiting.broadcast_at)
    return min((moment for moment in moments if moment is not None), default=None)
