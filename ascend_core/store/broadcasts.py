"""Broadcasts, whom they reach, and how far they came (row I1)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import frozen
from sqlalchemy import ColumnElement, Select, case, exists, func, select, union, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, reserve_ids, table_of
from ascend_core.store.reading import fetch, pairs, pick
from ascend_core.store.tables import (
    Broadcast,
    BroadcastGroup,
    Consent,
    GroupMember,
    Member,
    MemberGroup,
    Message,
    Run,
)

__all__ = [
    "OPEN_TEXTS",
    "UNTIL_RESUMED",
    "Audience",
    "BroadcastRecord",
    "Recipient",
    "audience_count",
    "broadcast_by_id",
    "broadcast_by_name",
    "broadcast_groups",
    "broadcasts",
    "group_ids",
    "halted",
    "hold_texts",
    "insert_broadcast",
    "message_counts",
    "move_broadcast",
    "open_broadcasts",
    "open_texts",
    "recipients",
    "release_texts",
    "stop_runs",
    "stop_texts",
    "zone_counts",
]

_broadcast = table_of(Broadcast)
_of_broadcast = table_of(BroadcastGroup)
_in_group = table_of(GroupMember)
_group = table_of(MemberGroup)
_member = table_of(Member)
_consent = table_of(Consent)
_message = table_of(Message)
_run = table_of(Run)

OPEN_TEXTS = ("ready", "sending", "unknown")
"""States of texts that are not settled yet."""

UNTIL_RESUMED = datetime(9999, 1, 1, tzinfo=UTC)
"""When the texts of a paused broadcast are due: not before somebody resumes it."""

BULK = 3
"""The purpose of a broadcast's texts (``contracts.Purpose.BULK``)."""


@frozen(kw_only=True)
class BroadcastRecord:
    """A broadcast as stored; ``source`` is its document."""

    id: int
    name: str
    source: str
    version_id: int | None = None
    form_id: int | None = None
    state: str
    problem: str | None = None
    starts_at: datetime
    began_at: datetime | None = None
    expires_at: datetime | None = None
    position: int = 0
    queued: int = 0
    skipped: dict[str, int]
    queued_at: datetime | None = None
    finished_at: datetime | None = None
    created_at: datetime


@frozen(kw_only=True)
class Audience:
    """The groups of a broadcast, and since when nobody joins it any more (None: it has not begun)."""

    group_ids: tuple[int, ...]
    excluded_ids: tuple[int, ...] = ()
    joined_by: datetime | None = None


@frozen(kw_only=True)
class Recipient:
    """A member whom a broadcast reaches, with what a text may say of them."""

    id: int
    phone: str
    first_name: str | None
    last_name: str | None
    email: str | None
    zip: str | None
    fields: dict[str, Any]
    consent: str | None


def insert_broadcast(
    tx: Connection, values: dict[str, Any], *, group_ids: Collection[int], excluded_ids: Collection[int]
) -> int:
    """Add a broadcast with its groups. IntegrityError when there is one of that name."""
    (id_,) = reserve_ids(tx, Broadcast, 1)
    insert_rows(tx, Broadcast, [{"id": id_, "position": 0, "queued": 0, "skipped": {}, **values}])
    rows = [{"broadcast_id": id_, "group_id": group_id, "excluded": False} for group_id in sorted(set(group_ids))]
    rows += [{"broadcast_id": id_, "group_id": group_id, "excluded": True} for group_id in sorted(set(excluded_ids))]
    insert_rows(tx, BroadcastGroup, rows)
    return id_


def broadcast_by_id(tx: Connection, id_: int, *, lock: bool = False) -> BroadcastRecord | None:
    """The broadcast; with *lock* held until the transaction ends, and None when another worker holds it."""
    statement = pick(BroadcastRecord, Broadcast).where(_broadcast.c.id == id_)
    if lock and tx.dialect.name == "postgresql":
        statement = statement.with_for_update(skip_locked=True)
    found = fetch(tx, BroadcastRecord, statement)
    return found[0] if found else None


def broadcast_by_name(tx: Connection, name: str, *, lock: bool = False) -> BroadcastRecord | None:
    """The broadcast of that name; with *lock* held until the transaction ends, waiting for who holds it."""
    statement = pick(BroadcastRecord, Broadcast).where(_broadcast.c.name == name)
    if lock and tx.dialect.name == "postgresql":
        statement = statement.with_for_update()
    found = fetch(tx, BroadcastRecord, statement)
    return found[0] if found else None


def broadcasts(tx: Connection) -> list[BroadcastRecord]:
    """Every broadcast, the newest first."""
    return fetch(tx, BroadcastRecord, pick(BroadcastRecord, Broadcast).order_by(_broadcast.c.id.desc()))


def open_broadcasts(tx: Connection, now: datetime) -> list[BroadcastRecord]:
    """Those with something left to do now, the oldest first. Paused ones have nothing to do."""
    due = (_broadcast.c.state != "scheduled") | (_broadcast.c.starts_at <= now)
    left = _broadcast.c.finished_at.is_(None) & (_broadcast.c.state != "paused")
    return fetch(tx, BroadcastRecord, pick(BroadcastRecord, Broadcast).where(left, due).order_by(_broadcast.c.id))


def move_broadcast(tx: Connection, record: BroadcastRecord, **values: Any) -> bool:
    """Set values of a broadcast that is still where *record* saw it. False: another worker was quicker."""
    seen = (
        (_broadcast.c.id == record.id)
        & (_broadcast.c.state == record.state)
        & (_broadcast.c.position == record.position)
    )
    return tx.execute(update(_broadcast).where(seen).values(**values)).rowcount == 1


def broadcast_groups(tx: Connection, id_: int) -> Audience:
    """The groups a broadcast goes to and leaves out."""
    statement = select(_of_broadcast.c.group_id, _of_broadcast.c.excluded).where(_of_broadcast.c.broadcast_id == id_)
    found = sorted((group_id, excluded) for group_id, excluded in tx.execute(statement))
    return Audience(
        group_ids=tuple(group_id for group_id, excluded in found if not excluded),
        excluded_ids=tuple(group_id for group_id, excluded in found if excluded),
    )


def group_ids(tx: Connection, names: Collection[str]) -> dict[str, int]:
    """The ids of the groups that exist, by name."""
    return pairs(tx.execute(select(_group.c.name, _group.c.id).where(_group.c.name.in_(sorted(names)))))


# whom it reaches


def recipients(tx: Connection, audience: Audience, *, after: int, limit: int) -> list[Recipient]:
    """The next members of *audience* by id, behind the member *after*; fewer than *limit*: those are the last.

    Each group is read along its key and stops at *limit*, so that a page costs the same wherever the cursor stands.
    """
    pages = [
        select(_in_group.c.member_id)
        .where(_in_audience(audience, group_id), _in_group.c.member_id > after)
        .order_by(_in_group.c.member_id)
        .limit(limit)
        .subquery()
        for group_id in audience.group_ids
    ]
    page = union(*(select(each.c.member_id) for each in pages)).subquery()
    ids = select(page.c.member_id).order_by(page.c.member_id).limit(limit).subquery()
    statement = (
        pick(Recipient, Member, _consent.c.state.label("consent"))
        .join(ids, ids.c.member_id == _member.c.id)
        .outerjoin(_consent, _consent.c.phone == _member.c.phone)
        .order_by(_member.c.id)
    )
    return fetch(tx, Recipient, statement)


def _in_audience(audience: Audience, group_id: int) -> ColumnElement[bool]:
    inside = _in_group.c.group_id == group_id
    if audience.joined_by is not None:
        inside &= _in_group.c.added_at <= audience.joined_by
    return inside & ~_left_out(audience, _in_group.c.member_id) if audience.excluded_ids else inside


def _left_out(audience: Audience, member_id: ColumnElement[int]) -> ColumnElement[bool]:
    other = _in_group.alias("other")
    return exists().where(other.c.group_id.in_(audience.excluded_ids), other.c.member_id == member_id)


def _everybody(audience: Audience, *, after: int = 0) -> Select[Any]:
    inside = _in_group.c.group_id.in_(audience.group_ids) & (_in_group.c.member_id > after)
    if audience.joined_by is not None:
        inside &= _in_group.c.added_at <= audience.joined_by
    if audience.excluded_ids:
        inside &= ~_left_out(audience, _in_group.c.member_id)
    return select(_in_group.c.member_id).where(inside).distinct()


def audience_count(tx: Connection, audience: Audience, *, after: int = 0) -> tuple[int, int]:
    """How many members of *audience* come behind *after*: all, and those who may be texted."""
    everybody = _everybody(audience, after=after).subquery()
    reachable = func.sum(case((_consent.c.state == "subscribed", 1), else_=0))
    statement = (
        select(func.count(), func.coalesce(reachable, 0))
        .select_from(everybody.join(_member, _member.c.id == everybody.c.member_id))
        .outerjoin(_consent, _consent.c.phone == _member.c.phone)
    )
    everyone, some = tx.execute(statement).one()
    return int(everyone), int(some)


def zone_counts(tx: Connection, audience: Audience) -> list[tuple[tuple[str, ...], int]]:
    """Of those who may be texted, how many may be in which zones."""
    everybody = _everybody(audience).subquery()
    statement = (
        select(_member.c.zones, func.count())
        .join(everybody, everybody.c.member_id == _member.c.id)
        .join(_consent, _consent.c.phone == _member.c.phone)
        .where(_consent.c.state == "subscribed")
        .group_by(_member.c.zones)
    )
    return [(tuple(zones), int(count)) for zones, count in tx.execute(statement)]


# its texts and runs


def open_texts(tx: Connection, id_: int, states: Sequence[str], limit: int) -> int:
    """How many texts of a broadcast are in *states*, counted up to *limit*."""
    some = select(_message.c.id).where(_message.c.broadcast_id == id_, _message.c.state.in_(states)).limit(limit)
    return int(tx.execute(select(func.count()).select_from(some.subquery())).scalar_one())


def message_counts(tx: Connection, id_: int) -> dict[tuple[str, str | None], int]:
    """How many texts of a broadcast are in each state, for which reason; reasons of the settled ones only."""
    reason = case((_message.c.state.in_(("suppressed", "expired", "failed", "undelivered", "held")), _message.c.reason))
    statement = (
        select(_message.c.state, reason, func.count())
        .where(_message.c.broadcast_id == id_)
        .group_by(_message.c.state, reason)
    )
    return {(state, why): int(count) for state, why, count in tx.execute(statement)}


def halted(tx: Connection, ids: Collection[int]) -> dict[int, str]:
    """Which of these broadcasts are paused or cancelled: id to state. They stay so until the transaction ends: else a
    text could be put off until a resumption that has just been.
    """
    if not ids:
        return {}
    stopped = _broadcast.c.id.in_(sorted(ids)) & _broadcast.c.state.in_(("paused", "cancelled"))
    statement = select(_broadcast.c.id, _broadcast.c.state).where(stopped).order_by(_broadcast.c.id)
    return pairs(tx.execute(statement.with_for_update(read=True)))


def hold_texts(tx: Connection, id_: int, until: datetime) -> int:
    """Put off every unsent text of a broadcast that is no answer. Returns how many."""
    waiting = (_message.c.broadcast_id == id_) & (_message.c.state == "ready") & (_message.c.purpose == BULK)
    return tx.execute(update(_message).where(waiting).values(due_at=until, reason="paused")).rowcount


def release_texts(tx: Connection, id_: int, *, held_until: datetime, now: datetime) -> int:
    """Make texts that ``hold_texts`` put off due again. Returns how many."""
    held = (_message.c.broadcast_id == id_) & (_message.c.state == "ready") & (_message.c.due_at == held_until)
    return tx.execute(update(_message).where(held).values(due_at=now, reason=None)).rowcount


def stop_texts(tx: Connection, id_: int, *, reason: str, now: datetime, limit: int) -> int:
    """Suppress up to *limit* unsent texts of a broadcast. Returns how many."""
    some = select(_message.c.id).where(_message.c.broadcast_id == id_, _message.c.state == "ready").limit(limit)
    change = update(_message).where(_message.c.id.in_(some), _message.c.state == "ready")
    return tx.execute(change.values(state="suppressed", reason=reason, settled_at=now)).rowcount


def stop_runs(tx: Connection, id_: int, *, reason: str, now: datetime, limit: int) -> list[int]:
    """End up to *limit* runs of a broadcast that are under way. Returns their ids."""
    some = select(_run.c.id).where(_run.c.broadcast_id == id_, _run.c.ended_at.is_(None)).limit(limit)
    change = update(_run).where(_run.c.id.in_(some)).values(ended_at=now, end_reason=reason)
    return [int(run_id) for (run_id,) in tx.execute(change.returning(_run.c.id))]
