"""What one member's rows say, in the order it happened: for people who ask, and for rehearsals. No hot path."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen
from sqlalchemy import select
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import table_of
from ascend_core.store.messages import MessageRecord
from ascend_core.store.reading import fetch, pick
from ascend_core.store.runs import RunRecord
from ascend_core.store.tables import InboundText, Link, Message, Run, Url

__all__ = ["HeardText", "MemberLink", "heard_from", "links_of_member", "messages_to", "runs_of_member"]

_inbound = table_of(InboundText)
_link = table_of(Link)
_message = table_of(Message)
_run = table_of(Run)
_url = table_of(Url)


@frozen(kw_only=True)
class MemberLink:
    """A link in a text to a member."""

    id: int
    code: str
    token: str
    name: str
    target: str
    tracker: str
    first_click_at: datetime | None
    submitted_at: datetime | None


@frozen(kw_only=True)
class HeardText:
    """A text from a member, and what became of it."""

    id: int
    body: str = field(repr=False)
    keyword: str | None
    received_at: datetime
    outcome: str | None
    run_id: int | None


def links_of_member(tx: Connection, member_id: int) -> list[MemberLink]:
    """Every link in a member's texts, in the order they were made."""
    statement = (
        pick(MemberLink, Link, _url.c.target, _url.c.tracker)
        .join(_url, _url.c.id == _link.c.url_id)
        .where(_link.c.member_id == member_id)
        .order_by(_link.c.id)
    )
    return fetch(tx, MemberLink, statement)


def messages_to(tx: Connection, member_id: int, *, limit: int = 1_000) -> list[MessageRecord]:
    """The newest *limit* messages to a member, in order."""
    newest = (
        select(_message.c.id).where(_message.c.member_id == member_id).order_by(_message.c.id.desc()).limit(limit)
    )  # fmt: skip
    statement = pick(MessageRecord, Message).where(_message.c.id.in_(newest)).order_by(_message.c.id)
    return fetch(tx, MessageRecord, statement)


def heard_from(tx: Connection, member_id: int, *, limit: int = 1_000) -> list[HeardText]:
    """The newest *limit* texts from a member, in order."""
    newest = (
        select(_inbound.c.id).where(_inbound.c.member_id == member_id).order_by(_inbound.c.id.desc()).limit(limit)
    )  # fmt: skip
    return fetch(tx, HeardText, pick(HeardText, InboundText).where(_inbound.c.id.in_(newest)).order_by(_inbound.c.id))


def runs_of_member(tx: Connection, member_id: int, *, limit: int = 1_000) -> list[RunRecord]:
    """The newest *limit* runs of a member, in order."""
    newest = select(_run.c.id).where(_run.c.member_id == member_id).order_by(_run.c.id.desc()).limit(limit)
    return fetch(tx, RunRecord, pick(RunRecord, Run).where(_run.c.id.in_(newest)).order_by(_run.c.id))
