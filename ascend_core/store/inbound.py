"""Texts from people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from attrs import field, frozen
from sqlalchemy import Integer, Select, bindparam, case, func, select
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, reserve_ids, table_of, update_rows
from ascend_core.store.reading import among, fetch, pairs, pick, value_of
from ascend_core.store.tables import InboundText, Message

__all__ = [
    "InboundRecord",
    "Said",
    "handle_inbound",
    "inbound_counts",
    "keep_inbound",
    "known_provider_ids",
    "last_said",
    "last_words",
    "latest_replies",
    "still_unhandled",
    "unhandled_inbound",
]

_inbound = table_of(InboundText)
_message = table_of(Message)


@frozen(kw_only=True)
class InboundRecord:
    """A text as it came in."""

    id: int
    channel: str
    provider_id: str
    phone: str
    body: str = field(repr=False)
    keyword: str | None = None
    provider_answered: bool = False
    received_at: datetime


def known_provider_ids(tx: Connection, channel: str, ids: Collection[str]) -> set[str]:
    """Which of these texts are kept already."""
    if not ids:
        return set()
    return set(tx.execute(_known(), {"its_channel": channel, "ids": sorted(ids)}).scalars())


@cache
def _known() -> Select[Any]:
    same = (_inbound.c.channel == value_of(_inbound.c.channel, "its_channel")) & among(_inbound.c.provider_id, "ids")
    return select(_inbound.c.provider_id).where(same)


def keep_inbound(tx: Connection, rows: Sequence[dict[str, Any]]) -> int:
    """Keep texts, each once however often the provider tells it. Returns how many were new."""
    ids = reserve_ids(tx, InboundText, len(rows))
    full = [{"id": id_, **row} for id_, row in zip(ids, rows, strict=True)]
    return insert_rows(tx, InboundText, full, skip_known=True)


def unhandled_inbound(tx: Connection, limit: int) -> list[InboundRecord]:
    """Texts nothing was done about yet, in the order they came, of each phone the first one.

    On PostgreSQL they are locked and those of another worker passed over; whoever wrote one of those waits for it.
    """
    return fetch(tx, InboundRecord, _unhandled(lock=tx.dialect.name == "postgresql"), most=limit)


def still_unhandled(tx: Connection, ids: Collection[int]) -> list[InboundRecord]:
    """Those of the texts with these ids that nothing was done about yet, as ``unhandled_inbound`` gives them."""
    return fetch(tx, InboundRecord, _unhandled(lock=tx.dialect.name == "postgresql", some=True), ids=sorted(ids))


@cache
def _unhandled(*, lock: bool, some: bool = False) -> Select[Any]:
    before = _inbound.alias("before")
    earlier = select(before.c.id).where(
        before.c.handled_at.is_(None), before.c.phone == _inbound.c.phone, before.c.id < _inbound.c.id
    )
    first = _inbound.c.handled_at.is_(None) & ~earlier.exists()
    statement = pick(InboundRecord, InboundText).where(first).order_by(_inbound.c.id)
    if some:
        statement = statement.where(among(_inbound.c.id, "ids"))
    else:
        statement = statement.limit(bindparam("most", type_=Integer))
    return statement.with_for_update(skip_locked=True) if lock else statement


def handle_inbound(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write what was done: rows of ``id, member_id, handled_at, outcome, run_id``."""
    update_rows(tx, InboundText, sorted(rows, key=lambda row: int(row["id"])))


def latest_replies(tx: Connection, member_ids: Collection[int]) -> dict[int, datetime]:
    """When each member last wrote something that was no keyword."""
    return pairs(tx.execute(_latest(), {"members": sorted(member_ids)}))


@cache
def _latest() -> Select[Any]:
    mine = among(_inbound.c.member_id, "members") & _inbound.c.keyword.is_(None)
    return select(_inbound.c.member_id, func.max(_inbound.c.received_at)).where(mine).group_by(_inbound.c.member_id)


@frozen(kw_only=True)
class Said:
    """What a run has texted at one of its steps. *claimed_at*: when the newest was handed over; None: none was yet.

    *due_at*: when one that waits is due; None: none waits.
    """

    run_id: int
    step: str | None
    claimed_at: datetime | None
    due_at: datetime | None
    message_id: int
    """The newest."""


def last_said(tx: Connection, run_ids: Collection[int]) -> list[Said]:
    """What these runs have texted, step by step; nothing of a step that texts nothing."""
    return fetch(tx, Said, _said(), runs=sorted(run_ids)) if run_ids else []


@cache
def _said() -> Select[Any]:
    # what was sent while this database, restored from an older copy, forgot it, was said too
    before = case((_message.c.reason == "sent_before", _message.c.settled_at))
    claimed, newest = func.max(func.coalesce(_message.c.claimed_at, before)), func.max(_message.c.id)
    due = func.max(case((_message.c.state == "ready", _message.c.due_at)))
    columns = (claimed.label("claimed_at"), due.label("due_at"), newest.label("message_id"))
    said = select(_message.c.run_id, _message.c.step, *columns)
    return said.where(among(_message.c.run_id, "runs")).group_by(_message.c.run_id, _message.c.step)


def last_words(tx: Connection, member_ids: Collection[int]) -> dict[int, tuple[str, datetime]]:
    """What each of these members wrote last, and when."""
    mine = _inbound.c.member_id.in_(sorted(member_ids))
    newest = select(func.max(_inbound.c.id)).where(mine).group_by(_inbound.c.member_id)
    found = select(_inbound.c.member_id, _inbound.c.body, _inbound.c.received_at).where(_inbound.c.id.in_(newest))
    return {member_id: (body, received_at) for member_id, body, received_at in tx.execute(found)}


def inbound_counts(tx: Connection) -> dict[str, int]:
    """What became of the texts that came in."""
    outcome = func.coalesce(_inbound.c.outcome, "waiting")
    return pairs(tx.execute(select(outcome, func.count()).group_by(outcome).order_by(outcome)))
