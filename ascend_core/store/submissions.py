"""Submissions, what happened to them, and the fields found in them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from attrs import frozen
from msgspec import Struct
from sqlalchemy import Select, func, select
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_records, insert_rows, reserve_ids, table_of, update_records, update_rows
from ascend_core.store.reading import among, fetch, fetch_by, pairs, pick, value_of
from ascend_core.store.sql import given, written
from ascend_core.store.tables import Activity, DiscoveredField, FieldMapping, Submission
from ascend_core.store.types import from_micros, to_micros

__all__ = [
    "ActivityRecord",
    "SubmissionRecord",
    "UnexplainedSubmission",
    "discovered_fields",
    "field_mappings",
    "fired_counts",
    "first_changes",
    "ignored_list",
    "insert_activities",
    "insert_submissions",
    "kept_out_list",
    "member_counts",
    "note_fields",
    "outcome_counts",
    "people_of_members",
    "reattribute",
    "reserve_activity_ids",
    "reserve_submission_ids",
    "save_mapping",
    "submissions_by_id",
    "submissions_by_key",
    "submissions_of_people",
    "submitted_times",
    "trigger_counts",
    "unexplained_submissions",
    "update_submissions",
]

_submission = table_of(Submission)
_activity = table_of(Activity)
_mapping = table_of(FieldMapping)
_found = table_of(DiscoveredField)


class SubmissionRecord(Struct, frozen=True, kw_only=True, gc=False):
    """A submission as stored."""

    id: int
    account_id: int
    form_id: int | None
    key: str
    person_key: str | None = None
    member_id: int | None = None
    made_member: bool = False
    outcome: str
    reason: str | None = None
    detail: str | None = None
    state: dict[str, Any] = {}
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    timezone: str | None = None
    link_id: int | None = None
    matched_by: str | None = None
    answers: str | None = None
    created_at: datetime
    modified_at: datetime
    seen_at: datetime

    @property
    def unread(self) -> bool:
        """Whether it was applied, and its newest version cannot be read: what was read before counts."""
        return self.outcome == "applied" and self.reason is not None


class ActivityRecord(Struct, frozen=True, kw_only=True, gc=False):
    """A trigger that a submission fired."""

    id: int
    submission_id: int
    member_id: int
    form_id: int
    trigger: str
    occurrence: int
    happened_at: datetime


def submissions_by_key(tx: Connection, account_id: int, keys: Collection[str]) -> dict[str, SubmissionRecord]:
    """The submissions of an account with these keys."""
    if not keys:
        return {}
    found = fetch(tx, SubmissionRecord, _by_key(), account=account_id, keys=sorted(keys))
    return {submission.key: submission for submission in found}


@cache
def _by_key() -> Select[Any]:
    mine = _submission.c.account_id == value_of(_submission.c.account_id, "account")
    return pick(SubmissionRecord, Submission).where(mine, among(_submission.c.key, "keys"))


def submissions_by_id(tx: Connection, ids: Collection[int]) -> dict[int, SubmissionRecord]:
    """The submissions with these ids."""
    return {found.id: found for found in fetch_by(tx, SubmissionRecord, Submission, "id", ids)}


def submissions_of_people(tx: Connection, account_id: int, person_keys: Collection[str]) -> list[SubmissionRecord]:
    """The applied submissions of these people of an account."""
    mine = (_submission.c.account_id == account_id) & _submission.c.person_key.in_(sorted(person_keys))
    applied = mine & (_submission.c.outcome == "applied")
    return fetch(tx, SubmissionRecord, pick(SubmissionRecord, Submission).where(applied).order_by(_submission.c.id))


def people_of_members(
    tx: Connection, member_ids: Collection[int]
) -> dict[int, tuple[int | None, tuple[int, str] | None]]:
    """Who applied submissions of these members are of: submission to (member, (account, person's key))."""
    columns = (_submission.c.id, _submission.c.member_id, _submission.c.account_id, _submission.c.person_key)
    applied = _submission.c.member_id.in_(sorted(member_ids)) & (_submission.c.outcome == "applied")
    return {
        id_: (member_id, None if person_key is None else (account_id, person_key))
        for id_, member_id, account_id, person_key in tx.execute(select(*columns).where(applied))
    }


def reserve_submission_ids(tx: Connection, count: int) -> list[int]:
    """Ids for *count* new submissions."""
    return reserve_ids(tx, Submission, count)


def reserve_activity_ids(tx: Connection, count: int) -> list[int]:
    """Ids for *count* new activities."""
    return reserve_ids(tx, Activity, count)


def insert_submissions(tx: Connection, records: Sequence[SubmissionRecord]) -> None:
    """Add submissions."""
    insert_records(tx, Submission, records)


def update_submissions(tx: Connection, records: Sequence[SubmissionRecord]) -> None:
    """Write submissions that are there already."""
    update_records(tx, Submission, records)


def insert_activities(tx: Connection, records: Sequence[ActivityRecord]) -> None:
    """Add activities. IntegrityError when one is there already: nothing fires twice."""
    insert_records(tx, Activity, records)


def fired_counts(tx: Connection, submission_ids: Collection[int]) -> dict[tuple[int, str], int]:
    """How often each trigger was fired by each of these submissions."""
    if not submission_ids:
        return {}
    found = tx.execute(_fired(), {"ids": sorted(submission_ids)})
    return {(submission_id, trigger): count for submission_id, trigger, count in found}


@cache
def _fired() -> Select[Any]:
    of = (_activity.c.submission_id, _activity.c.trigger)
    return select(*of, func.count()).where(among(_activity.c.submission_id, "ids")).group_by(*of)


def submitted_times(tx: Connection, member_ids: Collection[int]) -> dict[tuple[int, int], list[datetime]]:
    """When members submitted forms: (member, form) to times, earliest first."""
    times: dict[tuple[int, int], list[datetime]] = {}
    for member_id, form_id, created_at in tx.execute(_submitted(), {"members": sorted(member_ids)}):
        times.setdefault((member_id, form_id), []).append(created_at)
    return times


@cache
def _submitted() -> Select[Any]:
    mine = among(_submission.c.member_id, "members") & _submission.c.form_id.is_not(None)
    columns = (_submission.c.member_id, _submission.c.form_id, _submission.c.created_at)
    return select(*columns).where(mine).order_by(_submission.c.created_at)


@frozen(kw_only=True)
class UnexplainedSubmission:
    """A submission that brought no token, and the link that is taken for its cause, if any."""

    id: int
    member_id: int
    form_id: int
    created_at: datetime
    link_id: int | None


def unexplained_submissions(
    tx: Connection, link_ids: Collection[int], *, since: datetime
) -> list[UnexplainedSubmission]:
    """Submissions since then, by the members that links belong to, that brought no token; by id."""
    query = (
        "SELECT s.id, s.member_id, s.form_id, s.created_at, s.link_id FROM submission s "  # noqa: S608 -- fixed words
        f"WHERE s.member_id IN (SELECT member_id FROM link WHERE id IN ({given(tx)})) "
        "AND s.form_id IS NOT NULL AND s.created_at >= :since "
        "AND (s.matched_by IS NULL OR s.matched_by = 'estimated') ORDER BY s.id"
    )
    found = tx.execute(written(query), {"ids": json.dumps(sorted(link_ids)), "since": to_micros(since)}).all()
    return [
        UnexplainedSubmission(
            id=id_, member_id=member_id, form_id=form_id, created_at=from_micros(created), link_id=link_id
        )
        for id_, member_id, form_id, created, link_id in found
    ]


def reattribute(tx: Connection, causes: Sequence[tuple[int, int | None]]) -> None:
    """Take other links for the causes of submissions: submission and link. Inside ``figures_kept``."""
    rows = [
        {"id": id_, "link_id": link_id, "matched_by": None if link_id is None else "estimated"}
        for id_, link_id in sorted(causes)
    ]
    update_rows(tx, Submission, rows)


def field_mappings(tx: Connection, account_id: int) -> dict[str, tuple[str, str]]:
    """What people chose for an account's fields: source to (target, mode)."""
    return {source: (target, mode) for source, target, mode in tx.execute(_chosen(), {"account": account_id})}


@cache
def _chosen() -> Select[Any]:
    mine = _mapping.c.account_id == value_of(_mapping.c.account_id, "account")
    return select(_mapping.c.source, _mapping.c.target, _mapping.c.mode).where(mine)


def save_mapping(tx: Connection, account_id: int, source: str, target: str, mode: str) -> None:
    """Choose how one source field syncs."""
    row = {"account_id": account_id, "source": source, "target": target, "mode": mode}
    if not insert_rows(tx, FieldMapping, [row], skip_known=True):
        update_rows(tx, FieldMapping, [row], by=("account_id", "source"))


def note_fields(tx: Connection, account_id: int, labels: Mapping[str, str], *, now: datetime) -> None:
    """Remember custom fields that were met (row C3)."""
    rows = [
        {"account_id": account_id, "source": source, "label": label, "found_at": now}
        for source, label in sorted(labels.items())
    ]
    insert_rows(tx, DiscoveredField, rows, skip_known=True)


def discovered_fields(tx: Connection, account_id: int) -> dict[str, str]:
    """Custom fields met so far: source to label."""
    statement = select(_found.c.source, _found.c.label).where(_found.c.account_id == account_id)
    return pairs(tx.execute(statement.order_by(_found.c.source)))


def outcome_counts(tx: Connection) -> tuple[int, dict[str, int]]:
    """How many submissions are applied, and how many are ignored for each reason."""
    statement = select(_submission.c.outcome, _submission.c.reason, func.count()).group_by(
        _submission.c.outcome, _submission.c.reason
    )
    applied, ignored = 0, {}
    for outcome, reason, count in tx.execute(statement):
        if outcome == "applied":
            applied += count
        else:
            ignored[reason] = count
    return applied, dict(sorted(ignored.items()))


def kept_out_list(tx: Connection, account_id: int, *, limit: int = 100) -> list[SubmissionRecord]:
    """Applied submissions some of whose values did not fit, newest first."""
    partly = (_submission.c.outcome == "applied") & _submission.c.detail.is_not(None) & _submission.c.reason.is_(None)
    mine = (_submission.c.account_id == account_id) & partly
    statement = pick(SubmissionRecord, Submission).where(mine).order_by(_submission.c.id.desc()).limit(limit)
    return fetch(tx, SubmissionRecord, statement)


def ignored_list(
    tx: Connection, account_id: int, *, reason: str | None = None, limit: int = 100
) -> list[SubmissionRecord]:
    """Ignored submissions (for *reason*), newest first, and applied ones whose newest version cannot be read."""
    why = _submission.c.reason.is_not(None) if reason is None else _submission.c.reason == reason
    mine = (_submission.c.account_id == account_id) & why
    statement = pick(SubmissionRecord, Submission).where(mine).order_by(_submission.c.id.desc()).limit(limit)
    return fetch(tx, SubmissionRecord, statement)


def first_changes(tx: Connection, account_id: int, *, reason: str) -> dict[int, datetime]:
    """By form, the earliest change among the submissions of an account that are ignored for *reason*."""
    mine = (_submission.c.account_id == account_id) & (_submission.c.reason == reason)
    of = (_submission.c.form_id, func.min(_submission.c.modified_at))
    wanted = mine & _submission.c.form_id.is_not(None)
    return pairs(tx.execute(select(*of).where(wanted).group_by(_submission.c.form_id)))


def member_counts(tx: Connection) -> tuple[int, int]:
    """How many members submissions created, and how many that were there already they updated."""
    made = select(func.count()).where(_submission.c.made_member)
    others = (_submission.c.outcome == "applied") & _submission.c.made_member.is_(False)
    met = select(func.count(_submission.c.member_id.distinct())).where(others)
    return int(tx.execute(made).scalar_one()), int(tx.execute(met).scalar_one())


def trigger_counts(tx: Connection) -> dict[str, int]:
    """How often each trigger fired."""
    statement = select(_activity.c.trigger, func.count()).group_by(_activity.c.trigger).order_by(_activity.c.trigger)
    return pairs(tx.execute(statement))
