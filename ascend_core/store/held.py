"""Texts that wait for a person's word, and what people decided."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen
from sqlalchemy import func, literal_column, select
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, reserve_ids, table_of
from ascend_core.store.messages import MessageRecord
from ascend_core.store.reading import fetch, pick
from ascend_core.store.tables import DeliveryEvent, Message, MessageDecision

__all__ = [
    "DecisionRecord",
    "StatusRecord",
    "count_held",
    "decisions_about",
    "held_messages",
    "keep_decision",
    "message_by_key",
    "statuses_of",
]

_decision = table_of(MessageDecision)
_event = table_of(DeliveryEvent)
_message = table_of(Message)


@frozen(kw_only=True)
class DecisionRecord:
    """What a person decided about a text."""

    message_id: int
    decision: str
    decided_by: str
    why: str
    decided_at: datetime


@frozen(kw_only=True)
class StatusRecord:
    """What the provider told of a text."""

    provider_id: str | None
    state: str | None
    error_code: str | None
    reason: str | None
    received_at: datetime


_HELD = _message.c.state == literal_column("'held'")
"""As in the partial index, so that it is used."""


def count_held(tx: Connection) -> int:
    """How many texts are held."""
    return int(tx.execute(select(func.count()).select_from(_message).where(_HELD)).scalar_one())


def held_messages(tx: Connection, limit: int) -> list[MessageRecord]:
    """The oldest texts that are held."""
    return fetch(tx, MessageRecord, pick(MessageRecord, Message).where(_HELD).order_by(_message.c.id).limit(limit))


def message_by_key(tx: Connection, key: str) -> MessageRecord | None:
    """The text with that key."""
    found = fetch(tx, MessageRecord, pick(MessageRecord, Message).where(_message.c.key == key))
    return found[0] if found else None


def statuses_of(tx: Connection, message: MessageRecord) -> list[StatusRecord]:
    """What the provider told of a text, as it came."""
    named = _event.c.message_key == message.key
    if message.provider_id is not None:
        named |= _event.c.message_key.is_(None) & (_event.c.provider_id == message.provider_id)
    return fetch(tx, StatusRecord, pick(StatusRecord, DeliveryEvent).where(named).order_by(_event.c.id))


def keep_decision(tx: Connection, record: DecisionRecord) -> None:
    """Write down what was decided; it is never changed."""
    (id_,) = reserve_ids(tx, MessageDecision, 1)
    row = {
        "id": id_,
        "message_id": record.message_id,
        "decision": record.decision,
        "decided_by": record.decided_by,
        "why": record.why,
        "decided_at": record.decided_at,
    }
    insert_rows(tx, MessageDecision, [row])


def decisions_about(tx: Connection, message_id: int) -> list[DecisionRecord]:
    """Everything that was decided about a text, the oldest first."""
    mine = select(_decision).where(_decision.c.message_id == message_id).order_by(_decision.c.id)
    columns = ("message_id", "decision", "decided_by", "why", "decided_at")
    return [DecisionRecord(**{name: row[name] for name in columns}) for row in tx.execute(mine).mappings()]
