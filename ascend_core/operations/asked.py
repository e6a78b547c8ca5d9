"""What runs asked for beyond texts and timers: people, other flows, arms to keep, and to leave."""

from __future__ import annotations

from attrs import define, field, frozen

from ascend_core.store.arms import ArmRecord, record_arms
from ascend_core.store.database import Tx
from ascend_core.store.inbox import NewConversation, start_conversations
from ascend_core.store.webhooks import NewCall, insert_calls

__all__ = ["Asked", "AskedFlow"]


@frozen
class AskedFlow:
    """A run wants another flow started for its member."""

    run_id: int
    step: str | None
    flow: str


@define(eq=False)
class Asked:
    """The wishes of one batch."""

    flows: list[AskedFlow] = field(factory=list, init=False)
    """Started by ``operations.follow_ups`` before the batch is written."""
    leavers: dict[int, int] = field(factory=dict, init=False)
    """Members to unsubscribe, and the run that says so."""
    conversations: list[NewConversation] = field(factory=list, init=False)
    arms: list[ArmRecord] = field(factory=list, init=False)
    calls: list[NewCall] = field(factory=list, init=False)

    def write(self, tx: Tx) -> None:
        """Write what is written as it was asked for; runs and members are there by then."""
        if self.flows or self.leavers:
            raise AssertionError("a batch with wishes is ended by operations.follow_ups.finish")
        start_conversations(tx, self.conversations)
        record_arms(tx, self.arms)
        insert_calls(tx, self.calls)
