"""What members were sent lately, for the gates that count it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from attrs import frozen
from sqlalchemy import Select, delete
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, table_of
from ascend_core.store.reading import among, fetch, pick, value_of
from ascend_core.store.tables import ForgottenText, Message

__all__ = ["ForgottenRecord", "SentRecord", "forget_no_more", "forgotten_texts", "keep_forgotten", "sent_lately"]

_message = table_of(Message)
_forgotten = table_of(ForgottenText)

_TAKEN = ("sending", "unknown", "held", "sent", "delivered", "undelivered")
"""The provider has the text, or may have it."""


@frozen(kw_only=True)
class SentRecord:
    """A text that was handed over, or may have been."""

    member_id: int
    purpose: int
    body: str
    claimed_at: datetime


@frozen(kw_only=True)
class ForgottenRecord:
    """A text that was sent and is not among the messages."""

    provider_id: str
    phone: str
    words: str


def sent_lately(tx: Connection, member_ids: Collection[int], *, since: datetime) -> list[SentRecord]:
    """What these members were sent since then, the oldest first."""
    return fetch(tx, SentRecord, _sent(), members=sorted(member_ids), since=since)


@cache
def _sent() -> Select[Any]:
    claimed_at = _message.c.claimed_at
    lately = among(_message.c.member_id, "members") & (claimed_at >= value_of(claimed_at, "since"))
    statement = pick(SentRecord, Message).where(lately, claimed_at.is_not(None), _message.c.state.in_(_TAKEN))
    return statement.order_by(claimed_at, _message.c.id)


def keep_forgotten(tx: Connection, rows: Sequence[dict[str, Any]]) -> int:
    """Keep texts that were sent and forgotten, each once. Returns how many were new."""
    return insert_rows(tx, ForgottenText, rows, skip_known=True)


def forgotten_texts(tx: Connection, phones: Collection[str]) -> list[ForgottenRecord]:
    """Those that went to these phones, the oldest first."""
    return fetch(tx, ForgottenRecord, _forgotten_to(), phones=sorted(phones))


@cache
def _forgotten_to() -> Select[Any]:
    statement = pick(ForgottenRecord, ForgottenText).where(among(_forgotten.c.phone, "phones"))
    return statement.order_by(_forgotten.c.sent_at, _forgotten.c.provider_id)


def forget_no_more(tx: Connection, provider_ids: Collection[str]) -> None:
    """The messages that these were have turned up again: each stands for one text only."""
    if provider_ids:
        tx.execute(delete(_forgotten).where(_forgotten.c.provider_id.in_(sorted(provider_ids))))
