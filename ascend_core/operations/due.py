"""When there is something to do next."""

from __future__ import annotations

from datetime import datetime

from ascend_core.operations.connect import open_channel
from ascend_core.operations.core import Core
from ascend_core.operations.senders import standing_of
from ascend_core.store.due import Waiting, look

__all__ = ["next_due", "next_send"]


def next_due(core: Core) -> datetime | None:
    """When the next timer, call, broadcast or text is due; None: nothing waits. Sources are not in it."""
    waiting = core.database.read(look)
    moments = (
        waiting.timer_at,
        next_send(core, waiting),
        waiting.unknown_at,
        waiting.call_at,
        waiting.broadcast_at,
    )
    return min((moment for moment in moments if moment is not None), default=None)


def next_send(core: Core, waiting: Waiting) -> datetime | None:
    """When the next of the texts that wait may go out, as far as their channel and its sender let them.

    None: none by itself. Without a channel they are due all the same: whoever looks is told that nothing goes.
    """
    if not any(waiting.ready_at):
        return None
    opened = open_channel(core)
    if opened is None:
        return min(moment for moment in waiting.ready_at if moment is not None)
    record, type_, settings = opened
    if record.stopped:
        return None
    standing = core.database.read(lambda tx: standing_of(core, tx, record, type_, settings))
    return standing.next_send(waiting, core.database.read(core.moment))
