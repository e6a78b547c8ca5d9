"""Runs as people look for them, and traces as they age."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen
from sqlalchemy import case, delete, func, select
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import table_of
from ascend_core.store.reading import fetch, pairs, pick
from ascend_core.store.tables import Automation, Flow, FlowVersion, Member, Run, Timer, TraceLine

__all__ = ["FAILED", "RunLine", "TimerLine", "list_runs", "old_runs", "prune_lines", "run_counts", "timers_of_run"]

_automation = table_of(Automation)
_flow = table_of(Flow)
_line = table_of(TraceLine)
_member = table_of(Member)
_run = table_of(Run)
_timer = table_of(Timer)
_version = table_of(FlowVersion)

FAILED = ("failed", "too_many_steps")
"""The ends of runs that an author has to look at."""


@frozen(kw_only=True)
class RunLine:
    """A run in a list."""

    id: int
    flow: str
    version: int
    member_id: int
    automation: str | None
    arm: str | None
    started_at: datetime
    ended_at: datetime | None
    end_reason: str | None


@frozen(kw_only=True)
class TimerLine:
    """Something a run waits for or has waited for."""

    id: int
    kind: str
    step: str | None
    nudge_type: str | None
    due_at: datetime
    expires_at: datetime | None
    settled_at: datetime | None
    outcome: str | None
    reason: str | None


def list_runs(
    tx: Connection, *, flow: str | None = None, phone: str | None = None, state: str | None = None, limit: int = 100
) -> list[RunLine]:
    """The newest runs, the newest first: of a flow, of a member, ``active``, ``ended`` or ``failed`` ones."""
    statement = (
        pick(
            RunLine,
            Run,
            _flow.c.name.label("flow"),
            _version.c.number.label("version"),
            _automation.c.name.label("automation"),
        )
        .join(_flow, _flow.c.id == _run.c.flow_id)
        .join(_version, _version.c.id == _run.c.version_id)
        .outerjoin(_automation, _automation.c.id == _run.c.automation_id)
        .order_by(_run.c.id.desc())
        .limit(limit)
    )
    if flow is not None:
        statement = statement.where(_flow.c.name == flow)
    if phone is not None:
        statement = statement.where(_run.c.member_id.in_(select(_member.c.id).where(_member.c.phone == phone)))
    match state:
        case "active":
            statement = statement.where(_run.c.ended_at.is_(None))
        case "ended":
            statement = statement.where(_run.c.ended_at.is_not(None))
        case "failed":
            statement = statement.where(_run.c.end_reason.in_(FAILED))
    return fetch(tx, RunLine, statement)


def run_counts(tx: Connection) -> dict[str, int]:
    """How many runs go on, have ended as they should, and have failed; in one statement."""
    failed = _run.c.end_reason.in_(FAILED)
    state = case((_run.c.ended_at.is_(None), "going_on"), (failed, "failed"), else_="ended")
    found = pairs(tx.execute(select(state, func.count()).group_by(state)))
    return {name: found.get(name, 0) for name in ("going_on", "ended", "failed")}


def timers_of_run(tx: Connection, run_id: int) -> list[TimerLine]:
    """Every timer of a run, settled ones too, in the order they were started."""
    return fetch(tx, TimerLine, pick(TimerLine, Timer).where(_timer.c.run_id == run_id).order_by(_timer.c.id))


def old_runs(tx: Connection, *, ended_before: datetime, failed_before: datetime, after: int, limit: int) -> list[int]:
    """Runs behind id *after* whose traces are old enough to go, by id: those that failed have a time of their own."""
    failed = func.coalesce(_run.c.end_reason.in_(FAILED), False)
    old = (_run.c.ended_at < failed_before) | ((_run.c.ended_at < ended_before) & ~failed)
    traced = select(_line.c.id).where(_line.c.run_id == _run.c.id).exists()
    statement = select(_run.c.id).where(_run.c.id > after, old, traced).order_by(_run.c.id).limit(limit)
    return list(tx.execute(statement).scalars())


def prune_lines(tx: Connection, run_ids: list[int]) -> int:
    """Delete the traces of these runs; runs, texts and what became of nudges stay. Returns how many lines."""
    return tx.execute(delete(_line).where(_line.c.run_id.in_(run_ids))).rowcount
