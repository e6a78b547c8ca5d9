"""Delivery statuses that came before we knew the provider's id of their text: they are kept, and join it later."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from ascend_core.contracts import DeliveryState
from ascend_core.store import messages as rows
from ascend_core.store.database import Tx

__all__ = ["UPWARD", "join_orphans", "move_up"]

_UNSENT = ("ready", "sending", "unknown", "held", "suppressed", "expired")
UPWARD = {
    DeliveryState.SENT: _UNSENT,
    DeliveryState.DELIVERED: (*_UNSENT, "sent"),
    DeliveryState.UNDELIVERED: (*_UNSENT, "sent"),
    DeliveryState.FAILED: (*_UNSENT, "sent"),
}
"""From which states a status moves a message on. Whatever we thought of it: a status proves that it was sent, even one
that was looked up in vain (``ready``) or given up since. From the lowest state to the highest."""


def join_orphans(tx: Tx, channel: str, provider_ids: Collection[str], now: datetime) -> None:
    """Apply what came in under these ids alone, now that messages have them."""
    orphans = rows.orphaned_deliveries(tx, channel, provider_ids) if provider_ids else []
    if not orphans:
        return
    messages = {
        message.provider_id: message for message in rows.messages_by_key(tx, (), {o.provider_id for o in orphans})
    }
    told = []
    for orphan in orphans:
        message, state = messages.get(orphan.provider_id), DeliveryState(orphan.state)
        if message is None:
            continue
        row = {
            "id": message.id,
            "state": state.value,
            "reason": orphan.reason,
            "error_code": orphan.error_code,
            "settled_at": None if state is DeliveryState.SENT else now,
        }
        told.append((state, row))
    move_up(tx, told)


def move_up(tx: Tx, told: Iterable[tuple[DeliveryState, dict[str, Any]]]) -> None:
    """Move messages on by statuses, in the order they were told: rows with ``id``. One move for each state.

    The first final status of a message is the last that moves it; *sent* moves it only before that.
    """
    moves: dict[DeliveryState, dict[int, dict[str, Any]]] = {state: {} for state in UPWARD}
    settled: set[int] = set()
    for state, row in told:
        if row["id"] in settled:
            continue
        moves[state].setdefault(row["id"], row)
        if state is not DeliveryState.SENT:
            settled.add(row["id"])
    for state, its in moves.items():
        if its:
            rows.move_messages(tx, list(its.values()), from_states=UPWARD[state])
