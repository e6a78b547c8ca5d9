"""When there is something to do next."""

from __future__ import annotations

from datetime import datetime

from ascend_core.operations.core import Core
from ascend_core.store.database import Tx
from ascend_core.store.messages import next_ready_at
from ascend_core.store.runs import next_timer_at

__all__ = ["next_due"]


def next_due(core: Core) -> datetime | None:
    """When the next timer is due or the next text may go out; None: nothing waits. Sources are not in it."""

    def work(tx: Tx) -> datetime | None:
        moments = [moment for moment in (next_timer_at(tx), next_ready_at(tx)) if moment is not None]
        return min(moments, default=None)

    return core.database.read(work)
