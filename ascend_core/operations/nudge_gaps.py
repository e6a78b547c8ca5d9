"""How close two nudges to one member may come: known from the outbox, decided in the transaction of the send."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from attrs import define, field

from ascend_core.flow.document import Flow
from ascend_core.operations.core import Core
from ascend_core.store.database import Tx
from ascend_core.store.messages import last_nudges

__all__ = ["NudgeGaps", "load_gaps"]


@define
class NudgeGaps:
    """When members were nudged last."""

    core: Core
    last: dict[int, datetime] = field(factory=dict)

    def clear_at(self, member_id: int, flow: Flow) -> datetime | None:
        """When a nudge of *flow* may follow the member's last one; None: there was none."""
        gap = flow.min_gap if flow.min_gap is not None else self.core.options.nudge_gap
        last = self.last.get(member_id)
        return None if last is None else last + gap

    def note(self, member_id: int, at: datetime) -> None:
        """One more nudge to a member, in this very batch."""
        self.last[member_id] = at


def load_gaps(
    core: Core, tx: Tx, member_ids: Collection[int], *, flows: Collection[Flow], now: datetime, claimed: bool
) -> NudgeGaps:
    """The last nudge to each of these members, as far back as a gap of *flows* reaches. One query.

    *claimed*: only nudges that were claimed for sending count, and since when; else those in the outbox too.
    """
    longest = max((flow.min_gap or core.options.nudge_gap for flow in flows), default=timedelta(0))
    if not member_ids or longest <= timedelta(0):
        return NudgeGaps(core)
    found: Mapping[int, datetime] = last_nudges(tx, member_ids, since=now - longest, claimed=claimed)
    return NudgeGaps(core, dict(found))
