"""Conversations that wait for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs
from attrs import field, frozen
from sqlalchemy import update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, reserve_ids, table_of
from ascend_core.store.reading import fetch, pick
from ascend_core.store.tables import Conversation

__all__ = [
    "ConversationRecord",
    "NewConversation",
    "open_conversations",
    "resolve_conversation",
    "start_conversations",
]

_conversation = table_of(Conversation)


@frozen(kw_only=True)
class NewConversation:
    """A member who needs a person from now on. *reason* is ``handoff`` or ``reply``."""

    member_id: int
    reason: str
    note: str = field(default="", repr=False)
    run_id: int | None = None
    opened_at: datetime


@frozen(kw_only=True)
class ConversationRecord:
    """A conversation as stored."""

    id: int
    member_id: int
    reason: str
    note: str = field(repr=False)
    run_id: int | None
    opened_at: datetime
    resolved_at: datetime | None


def start_conversations(tx: Connection, new: Sequence[NewConversation]) -> int:
    """Open conversations; a member with an open one keeps that. Returns how many are new."""
    first: dict[int, NewConversation] = {}
    for each in new:
        first.setdefault(each.member_id, each)
    ids = reserve_ids(tx, Conversation, len(first))
    rows = [
        {"id": id_, **attrs.asdict(each), "resolved_at": None}
        for id_, each in zip(ids, first.values(), strict=True)
    ]  # fmt: skip
    return insert_rows(tx, Conversation, rows, skip_known=True)


def open_conversations(tx: Connection, limit: int = 100) -> list[ConversationRecord]:
    """Conversations that wait for a person, the longest waiting first."""
    statement = pick(ConversationRecord, Conversation).where(_conversation.c.resolved_at.is_(None))
    return fetch(tx, ConversationRecord, statement.order_by(_conversation.c.opened_at, _conversation.c.id).limit(limit))


def resolve_conversation(tx: Connection, id_: int, *, now: datetime) -> bool:
    """Close a conversation; False: there is none of that id open."""
    mine = (_conversation.c.id == id_) & _conversation.c.resolved_at.is_(None)
    return tx.execute(update(_conversation).where(mine).values(resolved_at=now)).rowcount == 1
