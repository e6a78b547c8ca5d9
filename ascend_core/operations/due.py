"""When there is something to do next."""

from __future__ import annotations

from datetime import datetime

from ascend_core.engine.waits import over
from ascend_core.operations.connect import OpenChannel, open_channel
from ascend_core.operations.core import Core
from ascend_core.operations.senders import standing_of
from ascend_core.store.database import Tx
from ascend_core.store.due import Waiting, look
from ascend_core.store.messages import ready_messages

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


def next_send(core: Core, waiting: Waiting, opened: OpenChannel | None = None) -> datetime | None:
    """When the next of the texts that wait may go out, as far as their channel and its sender let them.

    None: none by itself. Without a channel they are due all the same: whoever looks is told that nothing goes.
    """
    if not any(waiting.ready_at):
        return None
    opened = opened or open_channel(core)
    if opened is None:
        return min(moment for moment in waiting.ready_at if moment is not None)
    record, type_, settings = opened
    if record.stopped:
        return None

    def work(tx: Tx) -> datetime | None:
        turn = by_itself(tx)
        # a server that does not answer is tried again when its time has come
        if turn is None or record.retry_at is None or over(record.retry_at, core.moment(tx)):
            return turn
        return max(turn, record.retry_at)

    def by_itself(tx: Tx) -> datetime | None:
        standing, moment = standing_of(core, tx, record, type_, settings), core.moment(tx)
        due = standing.next_send(waiting, moment)
        least_urgent = standing.least_urgent(moment)
        if due is None or due > moment or least_urgent is None:
            return due
        head = ready_messages(tx, core.clock.now(), 1, least_urgent=least_urgent.value, lock=False)
        costs = [standing.cost(type_, message.body) for message in head]
        turn = max((standing.earliest(cost, moment) for cost in costs), default=due)
        return turn if turn > moment else due

    return core.database.read(work)
