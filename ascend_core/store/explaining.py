"""What people ask about: one member's sign-ups, one automation's doings, what happened lately. No hot path."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from attrs import frozen
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import table_of
from ascend_core.store.reading import fetch, pick
from ascend_core.store.submissions import ActivityRecord, SubmissionRecord
from ascend_core.store.tables import Activity, Automation, AutomationEntry, Flow, Run, Submission, Timer

__all__ = [
    "EntryLine",
    "Stay",
    "WaitingTimer",
    "activities_of",
    "activities_since",
    "entries_of",
    "entry_counts",
    "ignored_since",
    "stays_in",
    "submissions_of_member",
    "submissions_with_key",
    "waiting_timers",
]

_activity = table_of(Activity)
_automation = table_of(Automation)
_entry = table_of(AutomationEntry)
_flow = table_of(Flow)
_run = table_of(Run)
_submission = table_of(Submission)
_timer = table_of(Timer)


@frozen(kw_only=True)
class EntryLine:
    """What an automation did about an activity."""

    activity_id: int
    automation: str
    outcome: str
    reason: str | None
    run_id: int | None
    arm: str | None
    entered_at: datetime


@frozen(kw_only=True)
class Stay:
    """One member's time inside one flow; *ended_at* None: it lasts."""

    member_id: int
    flow: str
    started_at: datetime
    ended_at: datetime | None


@frozen(kw_only=True)
class WaitingTimer:
    """Something of a member that will be decided."""

    kind: str
    run_id: int
    nudge_type: str | None
    due_at: datetime


def submissions_of_member(tx: Connection, member_id: int, *, limit: int = 100) -> list[SubmissionRecord]:
    """A member's newest sign-ups, in the order they came."""
    mine = _submission.c.member_id == member_id
    newest = select(_submission.c.id).where(mine).order_by(_submission.c.id.desc()).limit(limit)
    statement = pick(SubmissionRecord, Submission).where(_submission.c.id.in_(newest)).order_by(_submission.c.id)
    return fetch(tx, SubmissionRecord, statement)


def submissions_with_key(tx: Connection, key: str) -> list[SubmissionRecord]:
    """The sign-ups that sources know by *key*: one for each account that shows it."""
    statement = pick(SubmissionRecord, Submission).where(_submission.c.key == key).order_by(_submission.c.id)
    return fetch(tx, SubmissionRecord, statement)


def activities_of(tx: Connection, submission_ids: Collection[int]) -> list[ActivityRecord]:
    """What happened to these sign-ups, in order."""
    mine = _activity.c.submission_id.in_(sorted(submission_ids))
    return fetch(tx, ActivityRecord, pick(ActivityRecord, Activity).where(mine).order_by(_activity.c.id))


def activities_since(
    tx: Connection, trigger: str, *, since: datetime, form_id: int | None, after: int, limit: int
) -> list[ActivityRecord]:
    """What happened at *since* or later, behind id *after*: of one form, or of any."""
    wanted = (_activity.c.trigger == trigger) & (_activity.c.happened_at >= since) & (_activity.c.id > after)
    if form_id is not None:
        wanted &= _activity.c.form_id == form_id
    statement = pick(ActivityRecord, Activity).where(wanted).order_by(_activity.c.id).limit(limit)
    return fetch(tx, ActivityRecord, statement)


def ignored_since(tx: Connection, *, since: datetime, form_id: int | None) -> dict[str, int]:
    """How many sign-ups of that time were ignored, by reason."""
    wanted = (_submission.c.outcome == "ignored") & (_submission.c.created_at >= since)
    if form_id is not None:
        wanted &= _submission.c.form_id == form_id
    statement = select(_submission.c.reason, func.count()).where(wanted).group_by(_submission.c.reason)
    return {str(reason): count for reason, count in tx.execute(statement)}


def entries_of(tx: Connection, activity_ids: Collection[int]) -> list[EntryLine]:
    """What automations did about these activities, in order."""
    statement = (
        pick(EntryLine, AutomationEntry, _automation.c.name.label("automation"))
        .join(_automation, _automation.c.id == _entry.c.automation_id)
        .where(_entry.c.activity_id.in_(sorted(activity_ids)))
        .order_by(_entry.c.id)
    )
    return fetch(tx, EntryLine, statement)


def entry_counts(tx: Connection, automation_id: int) -> tuple[dict[tuple[str, str | None], int], datetime | None]:
    """How often an automation started and skipped, by reason; and when it last did either."""
    mine = _entry.c.automation_id == automation_id
    counted = select(_entry.c.outcome, _entry.c.reason, func.count(), func.max(_entry.c.entered_at))
    counts: dict[tuple[str, str | None], int] = {}
    last: datetime | None = None
    for outcome, reason, count, at in tx.execute(counted.where(mine).group_by(_entry.c.outcome, _entry.c.reason)):
        counts[outcome, reason] = count
        last = at if last is None else max(last, at)
    return counts, last


def stays_in(tx: Connection, flows: Collection[str], member_ids: Collection[int]) -> list[Stay]:
    """When these members were inside these flows."""
    statement = (
        pick(Stay, Run, _flow.c.name.label("flow"))
        .join(_flow, _flow.c.id == _run.c.flow_id)
        .where(_flow.c.name.in_(sorted(flows)), _run.c.member_id.in_(sorted(member_ids)))
    )
    return fetch(tx, Stay, statement)


def waiting_timers(tx: Connection, member_id: int) -> list[WaitingTimer]:
    """What of a member will be decided, the earliest first."""
    mine = (_timer.c.member_id == member_id) & _timer.c.settled_at.is_(None)
    return fetch(tx, WaitingTimer, pick(WaitingTimer, Timer).where(mine).order_by(_timer.c.due_at, _timer.c.id))
