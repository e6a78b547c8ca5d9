"""How the work stands: who does it, what waits, and how late the oldest of it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ascend_core.operations.core import Core
from ascend_core.operations.fan_out import open_broadcast_ids
from ascend_core.operations.workers import DEAD_AFTER
from ascend_core.store.database import Tx
from ascend_core.store.due import look
from ascend_core.store.queues import queue_sizes
from ascend_core.store.workers import workers_seen

__all__ = ["work_state"]


def work_state(core: Core) -> dict[str, Any]:
    """The living workers, how much of each kind waits, when the next timer is due, and by kind of work how many seconds
    its oldest piece is late; None: none is due.

    A worker that keeps up is a second or two late. Without a worker everything only waits.
    """
    now = core.clock.now()

    def work(tx: Tx) -> dict[str, Any]:
        waiting = look(tx)
        texts = min((moment for moment in waiting.ready_at if moment is not None), default=None)
        alive = workers_seen(tx, since=core.moment(tx) - DEAD_AFTER)
        return {
            "workers": [{"name": worker.name, "since": worker.started_at} for worker in alive],
            "texts_in_wait": waiting.inbound,
            "queues": queue_sizes(tx),
            "next_timer_at": waiting.timer_at,
            "late_seconds": {
                "timers": _late(waiting.timer_at, now),
                "texts": _late(texts, now),
                "texts_in_doubt": _late(waiting.unknown_at, now),
                "calls": _late(waiting.call_at, now),
                "broadcasts": _late(waiting.broadcast_at, now),
            },
        }

    return {**core.database.read(work), "broadcasts_under_way": len(open_broadcast_ids(core))}


def _late(due_at: datetime | None, now: datetime) -> int | None:
    return None if due_at is None or due_at > now else int((now - due_at).total_seconds())
