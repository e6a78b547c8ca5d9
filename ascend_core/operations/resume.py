"""A person has put right, or looked at, what stopped a channel."""

from __future__ import annotations

from ascend_core.errors import NotFound
from ascend_core.operations.core import Core
from ascend_core.store.channels import ChannelRecord, channels, lock_channel, set_channel
from ascend_core.store.database import Tx

__all__ = ["resume_channel"]


def resume_channel(core: Core, channel: str, *, skip_missed: bool = False) -> ChannelRecord:
    """Let texts go out through *channel* again. What stopped it before stops it again if it still holds.

    *skip_missed*: without having fetched what came in while nobody listened; whoever wrote STOP then is not heard.
    One that only listens keeps its problem then, and is not asked again until it is connected anew. A channel that is
    frozen stays frozen: see ``restored``. Raises NotFound. Returns the channel as it is now.
    """

    def work(tx: Tx) -> ChannelRecord:
        connected = channels(tx)
        known = [record for record in connected if record.channel == channel]
        if not known:
            raise NotFound(f"{channel} is not connected; run: ascend {channel} connect")
        record = lock_channel(tx, known[0].id)
        deaf_since = None if skip_missed else record.deaf_since
        alarm_seen = core.clock.now() if record.alarm is not None else record.alarm_seen_at
        problem = record.problem if skip_missed and record.id != connected[0].id else None
        works = {"problem": problem, "alarm": None, "failures": 0, "retry_at": None}
        set_channel(tx, record.id, **works, alarm_seen_at=alarm_seen, deaf_since=deaf_since)
        return lock_channel(tx, record.id)

    return core.database.write(work)
