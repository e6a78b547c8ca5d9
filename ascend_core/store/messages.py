"""The outbox. A message is a row before it is an HTTP call, and its state only moves up:

``ready < sending < unknown < sent < delivered | undelivered | failed``, and aside of that way ``suppressed``,
``expired`` and ``held``. The one step back, ``unknown`` to ``ready``, needs a look-up that found nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from attrs import frozen
from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Update,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_records, insert_rows, reserve_ids, table_of, update_rows
from ascend_core.store.clicks import compare_again
from ascend_core.store.figures import REACHED, figures_kept
from ascend_core.store.reading import among, fetch, pairs, pick, value_of
from ascend_core.store.tables import DeliveryEvent, Member, Message

__all__ = [
    "FINAL",
    "OPEN",
    "PURPOSES",
    "MessageRecord",
    "OrphanRecord",
    "cancel_texts",
    "hold_under_way",
    "insert_messages",
    "last_nudges",
    "let_wait",
    "messages_by_key",
    "messages_of_run",
    "messages_to",
    "move_messages",
    "note_deliveries",
    "orphaned_deliveries",
    "put_in_doubt",
    "ready_messages",
    "reserve_message_ids",
    "state_counts",
    "unknown_messages",
    "wait_for_doubtful",
    "wait_for_earlier",
]

_event = table_of(DeliveryEvent)
_member = table_of(Member)
_message = table_of(Message)

PURPOSES = (0, 1, 2, 3)
"""From the most urgent to the least, as in ``contracts.Purpose``."""


def _is(table: FromClause, *states: str) -> ColumnElement[bool]:
    """Whether the row is in one of *states*, written out as in the partial indexes: else SQLite does not use them."""
    written: list[ColumnElement[Any]] = [literal_column(f"'{state}'") for state in states]
    return table.c.state == written[0] if len(written) == 1 else table.c.state.in_(written)


FINAL = ("delivered", "undelivered", "failed")

OPEN = ("ready", "sending", "unknown", "held")
"""Texts of which it is not known yet that they were sent, and which may still be."""


class MessageRecord(Struct, frozen=True, kw_only=True, gc=False):
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
    quiet_hours: dict[str, Any] = {}
    state: str = "ready"
    reason: str | None = None
    attempts: int = 0
    due_at: datetime
    expires_at: datetime | None = None
    created_at: datetime
    claim: int = 0
    claimed_at: datetime | None = None
    claimed_by: str | None = None
    called_off: str | None = None
    settled_at: datetime | None = None
    provider_id: str | None = None


def reserve_message_ids(tx: Connection, count: int) -> list[int]:
    """Ids for *count* new messages."""
    return reserve_ids(tx, Message, count)


def insert_messages(tx: Connection, records: Sequence[MessageRecord]) -> None:
    """Add intents. IntegrityError when an intent is there already: nothing is texted twice."""
    insert_records(tx, Message, records)


def let_wait(tx: Connection, now: datetime, chosen: Collection[int]) -> int:
    """A text that is due waits for what must come before it, and becomes due with that. Returns how many were put off.

    Any text of a member waits while one is in doubt that is looked up later; and of those *chosen*, one waits for the
    texts of its run before it, which may be held or tried again later; an answer waits for no texts but answers.
    """
    return wait_for_doubtful(tx, now) + wait_for_earlier(tx, now, chosen)


def wait_for_doubtful(tx: Connection, now: datetime) -> int:
    """Put off what is due to members with a text in doubt, until that is looked up."""
    put_off = 0
    for due_at, members in _by_moment(pairs(tx.execute(_doubtful(), {"now": now}))).items():
        put_off += tx.execute(_put_off(), {"now": now, "members": members, "until": due_at}).rowcount
    return put_off


@cache
def _put_off() -> Update:
    due_at = _message.c.due_at
    ready = _is(_message, "ready") & (due_at <= value_of(due_at, "now")) & among(_message.c.member_id, "members")
    return update(_message).where(ready).values(due_at=value_of(due_at, "until"))


@cache
def _doubtful() -> Select[Any]:
    # the state list of the partial index first, so that it is used
    in_doubt = _is(_message, "sending", "unknown") & (_message.c.state == "unknown")
    late = in_doubt & (_message.c.due_at > bindparam("now", type_=_message.c.due_at.type))
    return select(_message.c.member_id, func.max(_message.c.due_at)).where(late).group_by(_message.c.member_id)


def _by_moment(due: dict[int, datetime]) -> dict[datetime, list[int]]:
    moments: dict[datetime, list[int]] = {}
    for member_id, due_at in sorted(due.items()):
        moments.setdefault(due_at, []).append(member_id)
    return moments


def wait_for_earlier(tx: Connection, now: datetime, chosen: Collection[int]) -> int:
    """Put off those *chosen* that follow a text of their run which is not due yet, until that is."""
    return tx.execute(_behind_earlier(), {"now": now, "chosen": sorted(chosen)}).rowcount


@cache
def _behind_earlier() -> Update:
    earlier = _message.alias("earlier")
    before = (earlier.c.run_id == _message.c.run_id) & (earlier.c.id < _message.c.id)
    later = earlier.c.due_at > bindparam("now", type_=_message.c.due_at.type)
    late = _is(earlier, "ready") & later & (earlier.c.purpose <= _message.c.purpose)
    ready = _message.c.id.in_(bindparam("chosen", expanding=True)) & _is(_message, "ready")
    then = select(func.max(earlier.c.due_at)).where(before, late).scalar_subquery()
    return update(_message).where(ready, select(earlier.c.id).where(before, late).exists()).values(due_at=then)


def ready_messages(
    tx: Connection, now: datetime, limit: int, *, least_urgent: int = PURPOSES[-1], lock: bool = True
) -> list[MessageRecord]:
    """What may be claimed at *now*: of each member the first message only, and none while one is under way.

    So the texts of a run are accepted in the order they were meant. Most urgent first, none less so than
    *least_urgent*; then whatever has been due for longest. The cost follows *limit*, not what waits. On PostgreSQL the
    rows are locked, and those of another worker passed over; without *lock* they are only looked at.
    """
    found: list[MessageRecord] = []
    for purpose in range(least_urgent + 1):
        if len(found) < limit:
            found += _ready_of(tx, now, purpose, limit - len(found), lock=lock)
    return found


def _ready_of(tx: Connection, now: datetime, purpose: int, limit: int, *, lock: bool) -> list[MessageRecord]:
    statement = _first_ready(lock=lock and tx.dialect.name == "postgresql")
    return fetch(tx, MessageRecord, statement, now=now, its_purpose=purpose, most=limit)


@cache
def _first_ready(*, lock: bool) -> Select[Any]:
    """Built once: building it took longer than running it."""
    now, purpose = bindparam("now", type_=_message.c.due_at.type), bindparam("its_purpose", type_=Integer)
    ready = _is(_message, "ready") & (_message.c.purpose == purpose) & (_message.c.due_at <= now)
    busy, other = _message.alias("busy"), _message.alias("other")
    under_way = select(busy.c.id).where(busy.c.member_id == _message.c.member_id, _is(busy, "sending", "unknown"))
    sooner = (other.c.purpose < purpose) | ((other.c.purpose == purpose) & (other.c.id < _message.c.id))
    first = select(other.c.id).where(
        other.c.member_id == _message.c.member_id, _is(other, "ready"), other.c.due_at <= now, sooner
    )
    statement = (
        pick(MessageRecord, Message)
        .where(ready, ~under_way.exists(), ~first.exists())
        .order_by(_message.c.due_at, _message.c.id)
        .limit(bindparam("most", type_=Integer))
    )
    return statement.with_for_update(skip_locked=True) if lock else statement


def move_messages(
    tx: Connection, rows: Sequence[dict[str, Any]], *, from_states: Collection[str], same_claim: bool = False
) -> int:
    """Set values of messages, each only if it is still in one of *from_states*; rows with ``id``. Returns how many.

    *same_claim*: and only if its newest claim is the row's ``claim``: what a worker learned of an older one says
    nothing about the newest.
    """
    rows = sorted(rows, key=lambda row: int(row["id"]))
    states = ", ".join(f"'{state}'" for state in sorted(from_states))
    by, only_if = ("id", "claim") if same_claim else ("id",), f"t.state IN ({states})"
    if not _counts(rows, from_states):
        return update_rows(tx, Message, rows, by=by, only_if=only_if)
    with figures_kept(tx, "message", [row["id"] for row in rows]):
        moved = update_rows(tx, Message, rows, by=by, only_if=only_if)
    compare_again(tx, [row["id"] for row in rows if row.get("state") == "delivered"])
    return moved


def _counts(rows: Sequence[dict[str, Any]], from_states: Collection[str]) -> bool:
    """Whether such a move can change what reached whom, which reports count."""
    return any(row.get("state") in REACHED for row in rows) or not set(REACHED).isdisjoint(from_states)


def put_in_doubt(tx: Connection, *, claimed_before: datetime | None = None, but_by: Collection[str] = ()) -> int:
    """Whatever was being sent when its worker died may have been sent: ``sending`` becomes ``unknown``.

    Left alone is what the workers *but_by* claimed, who live. Without *claimed_before* every other one is meant, even
    one whose claim lies ahead of a clock that was set back.
    """
    values: dict[str, Any] = {"living": sorted(but_by)} if but_by else {}
    if claimed_before is not None:
        values["before"] = claimed_before
    return tx.execute(_doubted(*values), values).rowcount


@cache
def _doubted(*told: str) -> Update:
    under_way = _is(_message, "sending", "unknown")  # as in the partial index, so that it is used
    stuck = under_way & (_message.c.state == "sending")
    if "living" in told:
        living = bindparam("living", type_=_message.c.claimed_by.type, expanding=True)
        stuck &= func.coalesce(_message.c.claimed_by, "").not_in(living)
    if "before" in told:
        stuck &= _message.c.claimed_at <= value_of(_message.c.claimed_at, "before")
    return update(_message).where(stuck).values(state="unknown")


def hold_under_way(tx: Connection, *, reason: str) -> int:
    """Leave every text that is being sent, or may have been, to a person; a delivery status may still settle it."""
    under_way = _message.c.state.in_(("sending", "unknown"))
    return tx.execute(update(_message).where(under_way).values(state="held", reason=reason)).rowcount


def unknown_messages(tx: Connection, *, claimed_before: datetime, now: datetime, limit: int) -> list[MessageRecord]:
    """Messages in doubt that may be looked up now."""
    return fetch(tx, MessageRecord, _to_look_up(), before=claimed_before, now=now, most=limit)


@cache
def _to_look_up() -> Select[Any]:
    doubtful = _is(_message, "sending", "unknown") & (_message.c.state == "unknown")
    doubtful &= _message.c.claimed_at <= value_of(_message.c.claimed_at, "before")
    doubtful &= _message.c.due_at <= value_of(_message.c.due_at, "now")
    statement = pick(MessageRecord, Message).where(doubtful).order_by(_message.c.id)
    return statement.limit(bindparam("most", type_=Integer))


def cancel_texts(
    tx: Connection, *, reason: str, now: datetime, member_ids: Collection[int] = (), run_ids: Collection[int] = ()
) -> None:
    """Suppress every text to these members, or of these runs, that was not claimed yet; confirmations stay.

    What is being sent, or may have been, goes its way, and keeps the reason: should it turn out that it was not sent,
    no claim takes it again. One statement, so that nothing slips through on its way from one state to another.
    """
    values = {"members": sorted(member_ids), "runs": sorted(run_ids), "why": reason, "now": now}
    tx.execute(_called_off(), values)


@cache
def _called_off() -> Update:
    mine = among(_message.c.member_id, "members") | among(_message.c.run_id, "runs")
    still_open = _is(_message, *OPEN) & (_message.c.purpose > 0)
    why, now = value_of(_message.c.reason, "why"), value_of(_message.c.settled_at, "now")
    values = {"state": literal("suppressed", _message.c.state.type), "reason": why, "settled_at": now}
    ready = {name: case((_is(_message, "ready"), its), else_=_message.c[name]) for name, its in values.items()}
    called_off = func.coalesce(_message.c.called_off, why)
    return update(_message).where(mine, still_open).values(called_off=called_off, **ready)


def messages_by_key(tx: Connection, keys: Collection[str], provider_ids: Collection[str] = ()) -> list[MessageRecord]:
    """Messages by our key or by the provider's."""
    return fetch(tx, MessageRecord, _with_keys(), keys=sorted(keys), ids=sorted(provider_ids))


@cache
def _with_keys() -> Select[Any]:
    wanted = among(_message.c.key, "keys") | among(_message.c.provider_id, "ids")
    return pick(MessageRecord, Message).where(wanted)


def messages_to(tx: Connection, phones: Collection[str], states: Collection[str]) -> list[MessageRecord]:
    """The messages to these phones in one of *states*, in order."""
    members = select(_member.c.id).where(_member.c.phone.in_(sorted(phones)))
    mine = _message.c.member_id.in_(members) & _message.c.state.in_(sorted(states))
    return fetch(tx, MessageRecord, pick(MessageRecord, Message).where(mine).order_by(_message.c.id))


def messages_of_run(tx: Connection, run_id: int) -> list[MessageRecord]:
    """The messages of a run, in order."""
    return fetch(
        tx, MessageRecord, pick(MessageRecord, Message).where(_message.c.run_id == run_id).order_by(_message.c.id)
    )


def last_nudges(tx: Connection, member_ids: Collection[int], *, since: datetime, claimed: bool) -> dict[int, datetime]:
    """When each of these members was nudged last, at *since* or later: by the claim, or by the intent alone.

    Nudges that will never be sent do not count; *claimed*: those that wait to be claimed do not either.
    """
    return pairs(tx.execute(_last_nudges(claimed=claimed), {"members": sorted(member_ids), "since": since}))


@cache
def _last_nudges(*, claimed: bool) -> Select[Any]:
    never = ("suppressed", "expired", "failed")
    at = func.coalesce(_message.c.claimed_at, _message.c.created_at)
    mine = among(_message.c.member_id, "members") & _message.c.timer_id.is_not(None)
    counts = _message.c.state.not_in((*never, "ready") if claimed else never)
    late = at >= value_of(_message.c.created_at, "since")
    return select(_message.c.member_id, func.max(at)).where(mine, late, counts).group_by(_message.c.member_id)


def state_counts(tx: Connection) -> dict[str, int]:
    """How many messages are in each state."""
    statement = select(_message.c.state, func.count()).group_by(_message.c.state).order_by(_message.c.state)
    return pairs(tx.execute(statement))


def note_deliveries(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep delivery statuses as they came."""
    ids = reserve_ids(tx, DeliveryEvent, len(rows))
    insert_rows(tx, DeliveryEvent, [{"id": id_, **row} for id_, row in zip(ids, rows, strict=True)])


@frozen(kw_only=True)
class OrphanRecord:
    """A status that names a text by the provider's id alone."""

    provider_id: str
    state: str
    error_code: str | None = None
    reason: str | None = None


def orphaned_deliveries(tx: Connection, channel: str, provider_ids: Collection[str]) -> list[OrphanRecord]:
    """The statuses that came in under these ids alone, in order."""
    if not provider_ids:
        return []
    return fetch(tx, OrphanRecord, _orphaned(), ids=sorted(provider_ids), its_channel=channel)


@cache
def _orphaned() -> Select[Any]:
    named = among(_event.c.provider_id, "ids") & _event.c.message_key.is_(None)
    told = (_event.c.channel == value_of(_event.c.channel, "its_channel")) & _event.c.state.is_not(None)
    return pick(OrphanRecord, DeliveryEvent).where(named, told).order_by(_event.c.id)
