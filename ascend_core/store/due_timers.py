"""Timers that are due, all of them or a shard's.

Members are dealt out into shards, so that workers fire timers side by side and one member's are fired in order. The
index is by time alone: every shard is drained at once, so each finds its own among the first.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, Update, bindparam, literal_column, select, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import table_of
from ascend_core.store.reading import among, fetch, pick, value_of
from ascend_core.store.runs import TimerRecord
from ascend_core.store.tables import Run, Timer

__all__ = ["TIMER_SHARDS", "due_timers", "shards_due", "still_due", "wake_waits", "wake_waits_of_slots"]

TIMER_SHARDS = 16
"""As many workers can fire timers at once on PostgreSQL. More cost a job each, every second that all have some due."""

FIRST_DUE = 2_000
"""It is looked for shards among so many: what is behind them comes up when they are settled."""

_run = table_of(Run)
_timer = table_of(Timer)
_shard = _timer.c.member_id % literal_column(str(TIMER_SHARDS))


def due_timers(tx: Connection, now: datetime, limit: int, shard: int | None = None) -> list[TimerRecord]:
    """Timers due at *now* (of that *shard*), the longest due first.

    On PostgreSQL they are locked, and those of others passed over.
    """
    statement = _due(lock=tx.dialect.name == "postgresql", sharded=shard is not None)
    return fetch(tx, TimerRecord, statement, now=now, most=limit, **({} if shard is None else {"shard": shard}))


def still_due(tx: Connection, now: datetime, ids: Collection[int]) -> list[TimerRecord]:
    """Those of the timers with these ids that are due and not settled yet, in the order of ``due_timers``; held too."""
    return fetch(tx, TimerRecord, _due(lock=tx.dialect.name == "postgresql", some=True), now=now, ids=sorted(ids))


@cache
def _due(*, lock: bool, sharded: bool = False, some: bool = False) -> Select[Any]:
    statement = pick(TimerRecord, Timer).where(_is_due()).order_by(_timer.c.due_at, _timer.c.id)
    if sharded:
        statement = statement.where(_shard == bindparam("shard", type_=Integer))
    if some:
        statement = statement.where(among(_timer.c.id, "ids"))
    else:
        statement = statement.limit(bindparam("most", type_=Integer))
    return statement.with_for_update(skip_locked=True) if lock else statement


def shards_due(tx: Connection, now: datetime) -> list[int]:
    """The shards that have timers among those longest due."""
    return list(tx.execute(_shards(), {"now": now}).scalars())


@cache
def _shards() -> Select[Any]:
    first = select(_shard.label("shard")).where(_is_due()).order_by(_timer.c.due_at, _timer.c.id).limit(FIRST_DUE)
    found = first.subquery()
    return select(found.c.shard).distinct().order_by(found.c.shard)


def wake_waits(tx: Connection, *, now: datetime, form_ids: Collection[int]) -> int:
    """Let runs about these forms, whose times have changed, look again how long they wait. How many did.

    It reads every run under way: events are moved seldom.
    """
    return tx.execute(_woken("form_id"), {"ids": sorted(form_ids), "now": now}).rowcount if form_ids else 0


def wake_waits_of_slots(
    tx: Connection, *, now: datetime, submission_ids: Collection[int], member_ids: Collection[int]
) -> int:
    """The same for runs about these sign-ups, whose times have changed; *member_ids* are all who may have such runs.

    It reads their runs alone: a page that was read anew may hold as many moved sign-ups as there are others.
    """
    if not submission_ids or not member_ids:
        return 0
    whose = {"ids": sorted(submission_ids), "members": sorted(member_ids), "now": now}
    return tx.execute(_woken("submission_id", of_members=True), whose).rowcount


@cache
def _woken(owner: str, *, of_members: bool = False) -> Update:
    about = select(_run.c.id).where(_run.c.ended_at.is_(None), among(_run.c[owner], "ids"))
    if of_members:
        about = about.where(among(_run.c.member_id, "members"))
    now = value_of(_timer.c.due_at, "now")
    waits = _timer.c.settled_at.is_(None) & (_timer.c.kind == "until") & (_timer.c.due_at > now)
    return update(_timer).where(waits, _timer.c.run_id.in_(about)).values(due_at=now)


def _is_due() -> Any:
    return _timer.c.settled_at.is_(None) & (_timer.c.due_at <= value_of(_timer.c.due_at, "now"))
