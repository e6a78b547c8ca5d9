"""Conversations that wait for a person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import attrs
from attrs import field, frozen
from sqlalchemy import Select, select, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, reserve_ids, table_of
from ascend_core.store.reading import among, fetch, pick
from ascend_core.store.tables import Conversation

__all__ = [
    "DOUBTFUL",
    "ConversationRecord",
    "NewConversation",
    "conversation_of",
    "doubt_members",
    "doubtful_members",
    "open_conversations",
    "resolve_conversation",
    "settle_doubts",
    "start_conversations",
]

_conversation = table_of(Conversation)

DOUBTFUL = "doubtful"
"""The reason of a conversation with somebody who may have asked to be left alone."""


@frozen(kw_only=True)
class NewConversation:
    """A member who needs a person from now on. *reason* is ``handoff``, ``reply`` or ``doubtful``."""

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


def doubt_members(tx: Connection, member_ids: Collection[int], *, now: datetime) -> None:
    """These members may have asked to be left alone: a person must tell. An open conversation becomes that one."""
    wanted = sorted(member_ids)
    waiting = _conversation.c.member_id.in_(wanted) & _conversation.c.resolved_at.is_(None)
    tx.execute(update(_conversation).where(waiting).values(reason=DOUBTFUL))
    start_conversations(tx, [NewConversation(member_id=id_, reason=DOUBTFUL, opened_at=now) for id_ in wanted])


def doubtful_members(tx: Connection, member_ids: Collection[int]) -> set[int]:
    """Of these members, those who may have asked to be left alone and of whom nobody has told yet."""
    return set(tx.execute(_doubtful(), {"members": sorted(member_ids)}).scalars())


@cache
def _doubtful() -> Select[Any]:
    waiting = _conversation.c.resolved_at.is_(None) & (_conversation.c.reason == DOUBTFUL)
    return select(_conversation.c.member_id).where(waiting & among(_conversation.c.member_id, "members"))


def settle_doubts(tx: Connection, member_ids: Collection[int], *, now: datetime) -> None:
    """These members have told themselves: what was doubtful about them is over."""
    mine = _conversation.c.member_id.in_(sorted(member_ids)) & _conversation.c.resolved_at.is_(None)
    tx.execute(update(_conversation).where(mine & (_conversation.c.reason == DOUBTFUL)).values(resolved_at=now))


def conversation_of(tx: Connection, id_: int) -> ConversationRecord | None:
    """The open conversation *id_*; None: there is none."""
    statement = pick(ConversationRecord, Conversation).where(_conversation.c.id == id_)
    return next(iter(fetch(tx, ConversationRecord, statement.where(_conversation.c.resolved_at.is_(None)))), None)


def open_conversations(tx: Connection, limit: int = 100) -> list[ConversationRecord]:
    """Conversations that wait for a person, the longest waiting first."""
    statement = pick(ConversationRecord, Conversation).where(_conversation.c.resolved_at.is_(None))
    return fetch(tx, ConversationRecord, statement.order_by(_conversation.c.opened_at, _conversation.c.id).limit(limit))


def resolve_conversation(tx: Connection, id_: int, *, now: datetime) -> bool:
    """Close a conversation; False: there is none of that id open."""
    mine = (_conversation.c.id == id_) & _conversation.c.resolved_at.is_(None)
    return tx.execute(update(_conversation).where(mine).values(resolved_at=now)).rowcount == 1
