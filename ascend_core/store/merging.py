"""Two members become one: whatever belonged to the one belongs to the other afterwards."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import table_of
from ascend_core.store.inbox import DOUBTFUL, doubt_members
from ascend_core.store.reading import pairs
from ascend_core.store.tables import (
    Activity,
    AutomationEntry,
    Broadcast,
    Click,
    Conversation,
    GroupMember,
    InboundText,
    Link,
    Member,
    Message,
    Run,
    Submission,
    Timer,
)

__all__ = ["broadcast_between", "clicks_of_members", "move_everything", "unread_texts"]

_OWNED = (Activity, AutomationEntry, InboundText, Link, Message, Run, Submission, Timer)
"""Rows that simply change hands; groups and conversations, of which a member has one each, are looked at singly."""

_broadcast = table_of(Broadcast)
_click = table_of(Click)
_conversation = table_of(Conversation)
_entry = table_of(AutomationEntry)
_in_group = table_of(GroupMember)
_inbound = table_of(InboundText)
_link = table_of(Link)
_member = table_of(Member)
_run = table_of(Run)
_submission = table_of(Submission)


def broadcast_between(tx: Connection, keep: int, other: int) -> str | None:
    """A broadcast that was decided for the member *other* and will yet be for *keep*: they would get it twice."""
    under_way = _broadcast.c.began_at.is_not(None) & _broadcast.c.queued_at.is_(None)
    between = (_broadcast.c.position >= other) & (_broadcast.c.position < keep)
    open_ = _broadcast.c.state.in_(("sending", "paused"))
    statement = select(_broadcast.c.name).where(open_ & under_way & between).order_by(_broadcast.c.id).limit(1)
    return tx.execute(statement.with_for_update()).scalar_one_or_none()


def unread_texts(tx: Connection, phones: tuple[str, str]) -> int:
    """How many texts of theirs nothing was done about yet: there may be a STOP among them."""
    waiting = _inbound.c.phone.in_(phones) & _inbound.c.handled_at.is_(None)
    return int(tx.execute(select(func.count()).select_from(_inbound).where(waiting)).scalar_one())


def clicks_of_members(tx: Connection, member_ids: tuple[int, int]) -> list[int]:
    """Every click on their links."""
    query = select(_click.c.id).join(_link, _link.c.id == _click.c.link_id).where(_link.c.member_id.in_(member_ids))
    return list(tx.execute(query.order_by(_click.c.id)).scalars())


def move_everything(tx: Connection, *, keep: int, other: int, now: datetime) -> set[int]:
    """Give all that *other* has to *keep*, and remove *other*. Inside ``figures_kept``, which holds both.

    Returns the links whose sums may have changed: what one brought to the other's form is no forwarded link any more.
    """
    _move_keys(tx, keep, other)
    _move_conversations(tx, keep, other, now)
    of_keep = select(_run.c.broadcast_id).where((_run.c.member_id == keep) & _run.c.broadcast_id.is_not(None))
    both = (_run.c.member_id == other) & _run.c.broadcast_id.in_(of_keep)
    tx.execute(update(_run).where(both).values(broadcast_id=None))  # a broadcast has one run a member
    for row_type in _OWNED:
        table = table_of(row_type)
        tx.execute(update(table).where(table.c.member_id == other).values(member_id=keep))
    inside = select(_in_group.c.group_id).where(_in_group.c.member_id == keep)
    mine = _in_group.c.member_id == other
    tx.execute(update(_in_group).where(mine & _in_group.c.group_id.not_in(inside)).values(member_id=keep))
    tx.execute(delete(_in_group).where(mine))
    tx.execute(delete(_member).where(_member.c.id == other))
    return _unshared(tx, keep)


def _move_keys(tx: Connection, keep: int, other: int) -> None:
    """What an automation has done once for either, it has done for both."""
    entries = tx.execute(
        select(_entry.c.id, _entry.c.automation_id, _entry.c.member_id, _entry.c.once_key)
        .where(_entry.c.member_id.in_((keep, other)) & _entry.c.once_key.is_not(None))
        .order_by(_entry.c.id)
    ).all()
    taken = {(automation, key) for _, automation, member, key in entries if member == keep}
    for id_, automation, member, key in entries:
        if member == keep:
            continue
        parts = [f"member:{keep}" if part == f"member:{other}" else part for part in key.split("|")]
        moved: str | None = "|".join(parts)
        if moved != key and (automation, moved) in taken:
            moved = None
        taken.add((automation, str(moved)))
        tx.execute(update(_entry).where(_entry.c.id == id_).values(once_key=moved))


def _move_conversations(tx: Connection, keep: int, other: int, now: datetime) -> None:
    """One open conversation is left; whoever may have asked to be left alone still may have."""
    open_ = _conversation.c.resolved_at.is_(None)
    theirs = open_ & _conversation.c.member_id.in_((keep, other))
    waiting = pairs(tx.execute(select(_conversation.c.member_id, _conversation.c.reason).where(theirs)))
    if keep in waiting and other in waiting:
        tx.execute(update(_conversation).where(open_ & (_conversation.c.member_id == other)).values(resolved_at=now))
    tx.execute(update(_conversation).where(_conversation.c.member_id == other).values(member_id=keep))
    if DOUBTFUL in waiting.values():
        doubt_members(tx, {keep}, now=now)


def _unshared(tx: Connection, keep: int) -> set[int]:
    """Tokens of the one that the other's submissions brought back: now it is one person's."""
    mine = select(_link.c.id).where(_link.c.member_id == keep)
    brought = (_submission.c.member_id == keep) & _submission.c.link_id.in_(mine)
    shared = brought & (_submission.c.matched_by == "shared")
    tx.execute(update(_submission).where(shared).values(matched_by="exact"))
    return set(tx.execute(select(_submission.c.link_id).where(brought)).scalars())
