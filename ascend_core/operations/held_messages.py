"""Texts of which nobody can tell whether they were sent: a person looks at the provider, and decides.

A decision is kept with who made it and why. Resending is one more attempt under the same key, through all the gates:
whoever left meanwhile gets nothing.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from ascend_core.errors import BadInput, NotFound
from ascend_core.operations.core import Core
from ascend_core.store import held as rows
from ascend_core.store.database import Tx
from ascend_core.store.held import DecisionRecord, StatusRecord
from ascend_core.store.messages import MessageRecord, move_messages

__all__ = ["MessageStory", "drop_held", "held_list", "resend_held", "story_of"]

LONGEST_WHY = 500


@frozen(kw_only=True)
class MessageStory:
    """All there is to know of one text."""

    message: MessageRecord
    statuses: list[StatusRecord]
    decisions: list[DecisionRecord]


def held_list(core: Core, limit: int = 100) -> list[MessageRecord]:
    """The oldest texts that wait for a person's word."""
    return core.database.read(lambda tx: rows.held_messages(tx, limit))


def story_of(core: Core, key: str) -> MessageStory:
    """What happened to a text. Raises NotFound."""

    def work(tx: Tx) -> MessageStory:
        message = _the_message(tx, key)
        return MessageStory(
            message=message,
            statuses=rows.statuses_of(tx, message),
            decisions=rows.decisions_about(tx, message.id),
        )

    return core.database.read(work)


def resend_held(core: Core, key: str, *, by: str, why: str) -> MessageRecord:
    """*by* is sure that the provider does not have the text: let it be sent once more, if nothing speaks against it.

    One that has expired meanwhile gets the usual time again. Raises NotFound, and BadInput when it is not held.
    """
    now = core.clock.now()

    def change(message: MessageRecord) -> dict[str, Any]:
        fresh = now + core.options.message_life
        expires_at = message.expires_at
        return {
            "state": "ready",
            "reason": "resend",
            "due_at": now,
            "attempts": 0,
            "expires_at": fresh if expires_at is not None and expires_at <= now else expires_at,
        }

    return _decide(core, key, "resend", by, why, change)


def drop_held(core: Core, key: str, *, by: str, why: str) -> MessageRecord:
    """*by* lets the text be: it is not sent again. Raises NotFound, and BadInput when it is not held."""
    now = core.clock.now()
    return _decide(
        core, key, "drop", by, why, lambda _message: {"state": "suppressed", "reason": "dropped", "settled_at": now}
    )


def _decide(core: Core, key: str, decision: str, by: str, why: str, change: Any) -> MessageRecord:
    if not by.strip() or not why.strip():
        raise BadInput("say who decides and why: the decision is kept with both")

    def work(tx: Tx) -> MessageRecord:
        message = _the_message(tx, key)
        row = {"id": message.id, "claim": message.claim, **change(message)}
        if not move_messages(tx, [row], from_states=("held",), same_claim=True):
            raise BadInput(f"the text {key} is {message.state}, not held: there is nothing to decide")
        rows.keep_decision(
            tx,
            DecisionRecord(
                message_id=message.id,
                decision=decision,
                decided_by=by.strip()[:LONGEST_WHY],
                why=why.strip()[:LONGEST_WHY],
                decided_at=core.clock.now(),
            ),
        )
        return _the_message(tx, key)

    return core.database.write(work)


def _the_message(tx: Tx, key: str) -> MessageRecord:
    message = rows.message_by_key(tx, key)
    if message is None:
        raise NotFound(f"there is no text with the key {key}; see: ascend messages held")
    return message
