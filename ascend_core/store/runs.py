"""Runs, what started them, their timers and traces."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, Update, func, select, union, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_records, reserve_ids, table_of, update_rows
from ascend_core.store.messages import OPEN
from ascend_core.store.reading import among, fetch, fetch_by, pick, value_of
from ascend_core.store.tables import AutomationEntry, Message, Run, Timer, TraceLine

__all__ = [
    "EntryRecord",
    "NewTimerRecord",
    "RunRecord",
    "TimerRecord",
    "TraceRecord",
    "active_runs",
    "arms_shown",
    "cancel_timers",
    "end_of",
    "end_runs",
    "hold_runs",
    "insert_entries",
    "insert_runs",
    "insert_timers",
    "insert_traces",
    "known_once_keys",
    "nudge_counts",
    "nudging_runs",
    "pending_runs",
    "reserve_run_ids",
    "runs_by_id",
    "settle_timers",
    "timers_by_id",
    "trace_of",
    "update_runs",
]

_run = table_of(Run)
_timer = table_of(Timer)
_entry = table_of(AutomationEntry)
_message = table_of(Message)
_line = table_of(TraceLine)


class RunRecord(Struct, frozen=True, kw_only=True, gc=False):
    """A run as stored; ``state`` is the engine's."""

    id: int
    flow_id: int
    version_id: int
    automation_id: int | None = None
    arm: str | None = None
    broadcast_id: int | None = None
    member_id: int
    form_id: int | None = None
    submission_id: int | None = None
    state: dict[str, Any] = {}
    started_at: datetime
    ended_at: datetime | None = None
    end_reason: str | None = None


class NewTimerRecord(Struct, frozen=True, kw_only=True, gc=False):
    """A timer to start."""

    kind: str
    run_id: int
    member_id: int
    sprint: int
    step: str | None = None
    nudge_index: int | None = None
    nudge_type: str | None = None
    reached_at: datetime
    due_at: datetime
    expires_at: datetime | None = None


class TimerRecord(NewTimerRecord, frozen=True, kw_only=True):
    """A timer as stored."""

    id: int


class EntryRecord(Struct, frozen=True, kw_only=True, gc=False):
    """What an automation did about an activity."""

    automation_id: int
    activity_id: int
    member_id: int
    once_key: str | None
    outcome: str
    reason: str | None = None
    run_id: int | None = None
    arm: str | None = None
    entered_at: datetime


class TraceRecord(Struct, frozen=True, kw_only=True, gc=False):
    """A line of a trace."""

    run_id: int
    sprint: int
    happened_at: datetime
    kind: str
    step: str | None = None
    detail: dict[str, Any] = {}


def reserve_run_ids(tx: Connection, count: int) -> list[int]:
    """Ids for *count* new runs."""
    return reserve_ids(tx, Run, count)


def insert_runs(tx: Connection, records: Sequence[RunRecord]) -> None:
    """Add runs."""
    insert_records(tx, Run, records)


def update_runs(tx: Connection, records: Sequence[RunRecord]) -> None:
    """Write where runs are now, and whether they ended."""
    rows = [
        {"id": run.id, "state": run.state, "ended_at": run.ended_at, "end_reason": run.end_reason}
        for run in sorted(records, key=lambda run: run.id)
    ]
    update_rows(tx, Run, rows)


def runs_by_id(tx: Connection, ids: Collection[int]) -> dict[int, RunRecord]:
    """The runs with these ids."""
    return {run.id: run for run in fetch_by(tx, RunRecord, Run, "id", ids)}


def hold_runs(tx: Connection, ids: Collection[int], *, wait: bool = True) -> dict[int, RunRecord]:
    """The runs with these ids, held on PostgreSQL until the transaction ends: what goes on with a run does it alone.

    *wait* False: without those that another worker holds.
    """
    found = fetch(tx, RunRecord, _held(lock=tx.dialect.name == "postgresql", wait=wait), ids=sorted(ids))
    return {run.id: run for run in found}


@cache
def _held(*, lock: bool, wait: bool) -> Select[Any]:
    statement = pick(RunRecord, Run).where(among(_run.c.id, "ids")).order_by(_run.c.id)
    return statement.with_for_update(key_share=True, skip_locked=not wait) if lock else statement


def active_runs(tx: Connection, member_ids: Collection[int]) -> list[RunRecord]:
    """The runs of these members that have not ended, oldest first; held as by ``hold_runs``."""
    return fetch(tx, RunRecord, _active(lock=tx.dialect.name == "postgresql"), members=sorted(member_ids))


@cache
def _active(*, lock: bool) -> Select[Any]:
    mine = among(_run.c.member_id, "members") & _run.c.ended_at.is_(None)
    statement = pick(RunRecord, Run).where(mine).order_by(_run.c.id)
    return statement.with_for_update(key_share=True) if lock else statement


def pending_runs(tx: Connection, member_ids: Collection[int]) -> set[int]:
    """The runs of these members that have not ended, or of which a timer or a text still waits or is in doubt."""
    members = sorted(member_ids)
    active = select(_run.c.id).where(_run.c.member_id.in_(members), _run.c.ended_at.is_(None))
    timed = select(_timer.c.run_id).where(_timer.c.member_id.in_(members), _timer.c.settled_at.is_(None))
    texts = select(_message.c.run_id).where(
        _message.c.member_id.in_(members), _message.c.state.in_(OPEN), _message.c.run_id.is_not(None)
    )
    return set(tx.execute(union(active, timed, texts)).scalars())


def nudging_runs(tx: Connection, member_ids: Collection[int]) -> list[RunRecord]:
    """The runs of these members that have ended and still have nudges to decide, oldest first."""
    return fetch(tx, RunRecord, _nudging(), members=sorted(member_ids))


@cache
def _nudging() -> Select[Any]:
    pending = _timer.c.settled_at.is_(None) & (_timer.c.kind == "nudge")
    waiting = select(_timer.c.run_id).where(pending, among(_timer.c.member_id, "members"))
    over = _run.c.id.in_(waiting) & _run.c.ended_at.is_not(None)
    return pick(RunRecord, Run).where(over).order_by(_run.c.id)


def end_runs(tx: Connection, member_ids: Collection[int], *, reason: str, now: datetime) -> int:
    """End every run of these members that goes on. Returns how many."""
    mine = _run.c.member_id.in_(sorted(member_ids)) & _run.c.ended_at.is_(None)
    return tx.execute(update(_run).where(mine).values(ended_at=now, end_reason=reason)).rowcount


def insert_entries(tx: Connection, records: Sequence[EntryRecord]) -> None:
    """Add what automations did. IntegrityError when an entry that must be single is there already."""
    insert_records(tx, AutomationEntry, records)


def known_once_keys(tx: Connection, automation_ids: Collection[int], keys: Collection[str]) -> set[tuple[int, str]]:
    """Which of *keys* these automations have started a run for: (automation, key)."""
    values = {"automations": sorted(automation_ids), "keys": sorted(keys)}
    return {(automation, key) for automation, key in tx.execute(_known_once(), values)}


@cache
def _known_once() -> Select[Any]:
    mine = among(_entry.c.automation_id, "automations") & among(_entry.c.once_key, "keys")
    return select(_entry.c.automation_id, _entry.c.once_key).where(mine)


def arms_shown(
    tx: Connection, automation_ids: Collection[int], member_ids: Collection[int]
) -> dict[tuple[int, int], str]:
    """The arm that each of these automations has shown to each of these members first: (automation, member)."""
    mine = _entry.c.automation_id.in_(sorted(automation_ids)) & _entry.c.member_id.in_(sorted(member_ids))
    started = mine & _entry.c.arm.is_not(None) & (_entry.c.outcome == "started")
    statement = select(_entry.c.automation_id, _entry.c.member_id, _entry.c.arm).where(started)
    return {(automation, member): arm for automation, member, arm in tx.execute(statement.order_by(_entry.c.id.desc()))}


def insert_timers(tx: Connection, records: Sequence[NewTimerRecord]) -> None:
    """Add timers."""
    insert_records(tx, Timer, records)


def timers_by_id(tx: Connection, ids: Collection[int]) -> dict[int, TimerRecord]:
    """The timers with these ids, settled ones too."""
    return {timer.id: timer for timer in fetch_by(tx, TimerRecord, Timer, "id", ids)}


def settle_timers(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write what became of timers: rows of ``id, due_at, settled_at, outcome, reason``. None settled: due again."""
    update_rows(tx, Timer, sorted(rows, key=lambda row: int(row["id"])))


def cancel_timers(
    tx: Connection,
    *,
    reason: str,
    now: datetime,
    run_ids: Collection[int] = (),
    member_ids: Collection[int] = (),
    kinds: Collection[str] = ("wait", "until", "nudge", "lapse"),
) -> None:
    """Cancel every pending timer of these runs or members.

    A statement each: for "of this run, or of this member" SQLite would read everything that is pending.
    """
    for owner, ids in (("run_id", run_ids), ("member_id", member_ids)):
        if ids:
            values = {"ids": sorted(ids), "kinds": sorted(kinds), "now": now, "why": reason}
            tx.execute(_cancelled(owner), values)


@cache
def _cancelled(owner: str) -> Update:
    mine = among(_timer.c[owner], "ids")
    pending = _timer.c.settled_at.is_(None) & among(_timer.c.kind, "kinds")
    now, why = value_of(_timer.c.settled_at, "now"), value_of(_timer.c.reason, "why")
    return update(_timer).where(mine, pending).values(settled_at=now, outcome="cancelled", reason=why)


def nudge_counts(tx: Connection) -> dict[tuple[str, str | None], int]:
    """How nudges ended: (outcome, reason) to count; pending ones are ``("waiting", None)``."""
    outcome = func.coalesce(_timer.c.outcome, "waiting")
    statement = select(outcome, _timer.c.reason, func.count()).where(_timer.c.kind == "nudge")
    return {(out, why): count for out, why, count in tx.execute(statement.group_by(outcome, _timer.c.reason))}


def insert_traces(tx: Connection, records: Sequence[TraceRecord]) -> None:
    """Add lines to traces."""
    insert_records(tx, TraceLine, records)


def end_of(run: RunRecord, lines: Sequence[TraceRecord]) -> TraceRecord | None:
    """The last line of a run that is over, made of its row; None: it goes on, or one of its *lines* says more of it."""
    if run.ended_at is None or any(line.kind == "end" for line in lines):
        return None
    detail = {"reason": run.end_reason}
    return TraceRecord(run_id=run.id, sprint=0, happened_at=run.ended_at, kind="end", step=None, detail=detail)


def trace_of(tx: Connection, run_id: int) -> list[TraceRecord]:
    """The trace of a run as it was written, in order: ``end_of`` tells the rest."""
    return fetch(tx, TraceRecord, pick(TraceRecord, TraceLine).where(_line.c.run_id == run_id).order_by(_line.c.id))
