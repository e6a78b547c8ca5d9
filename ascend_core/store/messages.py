"""The outbox. A message is a row before it is an HTTP call, and its state only moves up:

``ready < sending < unknown < sent < delivered | undelivered | failed``, and aside of that way ``suppressed``,
``expired`` and ``held``. The one step back, ``unknown`` to ``ready``, needs a look-up that found nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import attrs
from attrs import field, frozen
from sqlalchemy import BigInteger, func, literal, select, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, reserve_ids, table_of, update_rows
from ascend_core.store.clicks import compare_again
from ascend_core.store.figures import REACHED, figures_kept
from ascend_core.store.reading import fetch, pairs, pick
from ascend_core.store.tables import DeliveryEvent, Message

__all__ = [
    "FINAL",
    "MessageRecord",
    "cancel_ready",
    "hold_under_way",
    "insert_messages",
    "last_nudges",
    "let_wait",
    "messages_by_key",
    "messages_of_run",
    "move_messages",
    "note_deliveries",
    "put_in_doubt",
    "ready_messages",
    "reserve_message_ids",
    "state_counts",
    "unknown_messages",
]

_message = table_of(Message)

_RANK = literal(1 << 48, BigInteger)
"""Puts a message's purpose above its id in one sortable number."""

FINAL = ("delivered", "undelivered", "failed")


@frozen(kw_only=True)
class MessageRecord:
    """A message as stored."""

    id: int
    key: str
    intent: str
    member_id: int
    phone: str
    run_id: int | None = None
    flow_id: int | None = None
    version_id: int | None = None
    automation_id: int | None = None
    broadcast_id: int | None = None
    form_id: int | None = None
    timer_id: int | None = None
    step: str | None = None
    purpose: int
    body: str
    quiet_hours: dict[str, Any] = field(factory=dict)
    state: str = "ready"
    reason: str | None = None
    attempts: int = 0
    due_at: datetime
    expires_at: datetime | None = None
    created_at: datetime
    claimed_at: datetime | None = None
    settled_at: datetime | None = None
    provider_id: str | None = None


def reserve_message_ids(tx: Connection, count: int) -> list[int]:
    """Ids for *count* new messages."""
    return reserve_ids(tx, Message, count)


def insert_messages(tx: Connection, records: Sequence[MessageRecord]) -> None:
    """Add intents. IntegrityError when an intent is there already: nothing is texted twice."""
    names = [each.name for each in attrs.fields(MessageRecord)]
    insert_rows(tx, Message, [{name: getattr(record, name) for name in names} for record in records])


def let_wait(tx: Connection, now: datetime) -> int:
    """A text that is due waits for what must come before it, and becomes due with that. Returns how many were put off.

    That is a text to the same member which is in doubt until it is looked up, and the texts of its run before it,
    which may be held or tried again later; an answer waits for no texts of its run but answers.
    """
    return _wait_for_doubtful(tx, now) + _wait_for_earlier(tx, now)


def _wait_for_doubtful(tx: Connection, now: datetime) -> int:
    doubtful = _message.alias("doubtful")
    under_way = doubtful.c.state.in_(("sending", "unknown"))  # as in the partial index, so that it is used
    late = under_way & (doubtful.c.state == "unknown") & (doubtful.c.due_at > now)
    looked_up_at = select(func.max(doubtful.c.due_at)).where(late, doubtful.c.member_id == _message.c.member_id)
    held_up = _message.c.member_id.in_(select(doubtful.c.member_id).where(late))
    ready = (_message.c.state == "ready") & (_message.c.due_at <= now)
    return tx.execute(update(_message).where(ready, held_up).values(due_at=looked_up_at.scalar_subquery())).rowcount


def _wait_for_earlier(tx: Connection, now: datetime) -> int:
    earlier = _message.alias("earlier")
    before = (earlier.c.run_id == _message.c.run_id) & (earlier.c.id < _message.c.id)
    late = (earlier.c.state == "ready") & (earlier.c.due_at > now) & (earlier.c.purpose <= _message.c.purpose)
    ready = (_message.c.state == "ready") & (_message.c.due_at <= now)
    then = select(func.max(earlier.c.due_at)).where(before, late).scalar_subquery()
    behind = select(earlier.c.id).where(before, late).exists()
    return tx.execute(update(_message).where(ready, behind).values(due_at=then)).rowcount


def ready_messages(tx: Connection, now: datetime, limit: int) -> list[MessageRecord]:
    """What may be claimed at *now*: of each member the first message only, and none while one is under way.

    So the texts of a run are accepted in the order they were meant. Most urgent first. On PostgreSQL the rows are
    locked, and those of another worker passed over.
    """
    ready = (_message.c.state == "ready") & (_message.c.due_at <= now)
    busy = _message.alias("busy")
    under_way = select(busy.c.member_id).where(busy.c.state.in_(("sending", "unknown")))
    first = (
        select(func.min(_message.c.purpose * _RANK + _message.c.id))
        .where(ready, _message.c.member_id.not_in(under_way))
        .group_by(_message.c.member_id)
    )
    order = _message.c.purpose * _RANK + _message.c.id
    statement = pick(MessageRecord, Message).where(ready, order.in_(first)).order_by(order).limit(limit)
    if tx.dialect.name == "postgresql":
        statement = statement.with_for_update(skip_locked=True)
    return fetch(tx, MessageRecord, statement)


def move_messages(tx: Connection, rows: Sequence[dict[str, Any]], *, from_states: Collection[str]) -> int:
    """Set values of messages, each only if it is still in one of *from_states*; rows with ``id``. Returns how many."""
    rows = sorted(rows, key=lambda row: int(row["id"]))
    states = ", ".join(f"'{state}'" for state in sorted(from_states))
    if not _counts(rows, from_states):
        return update_rows(tx, Message, rows, only_if=f"t.state IN ({states})")
    with figures_kept(tx, "message", [row["id"] for row in rows]):
        moved = update_rows(tx, Message, rows, only_if=f"t.state IN ({states})")
    compare_again(tx, [row["id"] for row in rows if row.get("state") == "delivered"])
    return moved


def _counts(rows: Sequence[dict[str, Any]], from_states: Collection[str]) -> bool:
    """Whether such a move can change what reached whom, which reports count."""
    return any(row.get("state") in REACHED for row in rows) or not set(REACHED).isdisjoint(from_states)


def put_in_doubt(tx: Connection, *, claimed_before: datetime | None = None) -> int:
    """Whatever was being sent when its worker died may have been sent: ``sending`` becomes ``unknown``.

    Without *claimed_before* that is every one, even one whose claim lies ahead of a clock that was set back.
    """
    under_way = _message.c.state.in_(("sending", "unknown"))  # as in the partial index, so that it is used
    stuck = under_way & (_message.c.state == "sending")
    if claimed_before is not None:
        stuck &= _message.c.claimed_at <= claimed_before
    return tx.execute(update(_message).where(stuck).values(state="unknown")).rowcount


def hold_under_way(tx: Connection, *, reason: str) -> int:
    """Leave every text that is being sent, or may have been, to a person; a delivery status may still settle it."""
    under_way = _message.c.state.in_(("sending", "unknown"))
    return tx.execute(update(_message).where(under_way).values(state="held", reason=reason)).rowcount


def unknown_messages(tx: Connection, *, claimed_before: datetime, now: datetime, limit: int) -> list[MessageRecord]:
    """Messages in doubt that may be looked up now."""
    doubtful = (_message.c.state == "unknown") & (_message.c.claimed_at <= claimed_before) & (_message.c.due_at <= now)
    return fetch(tx, MessageRecord, pick(MessageRecord, Message).where(doubtful).order_by(_message.c.id).limit(limit))


def cancel_ready(
    tx: Connection, *, reason: str, now: datetime, member_ids: Collection[int] = (), run_ids: Collection[int] = ()
) -> int:
    """Suppress every text to these members, or of these runs, that was not claimed yet; confirmations stay."""
    mine = _message.c.member_id.in_(sorted(member_ids)) | _message.c.run_id.in_(sorted(run_ids))
    waiting = (_message.c.state == "ready") & (_message.c.purpose > 0)
    change = update(_message).where(mine, waiting).values(state="suppressed", reason=reason, settled_at=now)
    return tx.execute(change).rowcount


def messages_by_key(tx: Connection, keys: Collection[str], provider_ids: Collection[str] = ()) -> list[MessageRecord]:
    """Messages by our key or by the provider's."""
    wanted = _message.c.key.in_(sorted(keys)) | _message.c.provider_id.in_(sorted(provider_ids))
    return fetch(tx, MessageRecord, pick(MessageRecord, Message).where(wanted))


def messages_of_run(tx: Connection, run_id: int) -> list[MessageRecord]:
    """The messages of a run, in order."""
    return fetch(
        tx, MessageRecord, pick(MessageRecord, Message).where(_message.c.run_id == run_id).order_by(_message.c.id)
    )


def last_nudges(tx: Connection, member_ids: Collection[int], *, since: datetime, claimed: bool) -> dict[int, datetime]:
    """When each of these members was nudged last, at *since* or later: by the claim, or by the intent alone.

    Nudges that will never be sent do not count; *claimed*: those that wait to be claimed do not either.
    """
    never = ("suppressed", "expired", "failed")
    at = func.coalesce(_message.c.claimed_at, _message.c.created_at)
    mine = _message.c.member_id.in_(sorted(member_ids)) & _message.c.timer_id.is_not(None) & (at >= since)
    counts = _message.c.state.not_in((*never, "ready") if claimed else never)
    statement = select(_message.c.member_id, func.max(at)).where(mine, counts).group_by(_message.c.member_id)
    return pairs(tx.execute(statement))


def state_counts(tx: Connection) -> dict[str, int]:
    """How many messages are in each state."""
    statement = select(_message.c.state, func.count()).group_by(_message.c.state).order_by(_message.c.state)
    return pairs(tx.execute(statement))


def note_deliveries(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep delivery statuses as they came."""
    ids = reserve_ids(tx, DeliveryEvent, len(rows))
    insert_rows(tx, DeliveryEvent, [{"id": id_, **row} for id_, row in zip(ids, rows, strict=True)])
