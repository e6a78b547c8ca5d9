"""When a phone is not to be texted any more: what waits for it dies, in the transaction that hears of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from attrs import frozen

from ascend_core.operations.batch import Batch
from ascend_core.operations.run_loading import load_runs
from ascend_core.store.database import Tx
from ascend_core.store.messages import cancel_texts
from ascend_core.store.runs import active_runs, cancel_timers, end_runs, nudging_runs, pending_runs, runs_by_id
from ascend_core.store.submissions import SubmissionRecord, people_of_members

__all__ = ["PHONE_CHANGED", "GivenUp", "call_off_given_up", "leave", "members_leave", "person_of"]

PHONE_CHANGED = "phone_changed"


@frozen(kw_only=True)
class GivenUp:
    """A person's sign-up that went to *member_id* by a number which is not that person's any more."""

    member_id: int
    submission_id: int
    person: tuple[int, str] | None = None
    """Account and the source's key of the person, where it has one."""


def leave(batch: Batch, member_ids: Collection[int], reason: str) -> None:
    """These members said STOP: their runs end, and nothing that waits for them goes out (row H6)."""
    if not member_ids:
        return
    load_runs(batch, {record.id: record for record in active_runs(batch.tx, member_ids)})
    for run in list(batch.runs.values()):
        if run.record.member_id in member_ids and (run.record.ended_at is None or run.fresh):
            batch.call_off(run, reason)
    for member_id in sorted(member_ids):
        batch.cancel_member(member_id, reason)


def members_leave(tx: Tx, member_ids: Collection[int], reason: str, *, now: datetime) -> None:
    """The same where no batch is at hand: three statements, however many they are. Confirmations of STOP stay."""
    if not member_ids:
        return
    end_runs(tx, member_ids, reason=reason, now=now)
    cancel_timers(tx, reason=reason, now=now, member_ids=member_ids)
    cancel_texts(tx, reason=reason, now=now, member_ids=member_ids)


def call_off_given_up(batch: Batch, given_up: Sequence[GivenUp]) -> None:
    """What waits for numbers that were given up: nobody's old number gets that person's texts.

    Consent is per number, so nothing moves to the new one. Whoever else signed up with the old number keeps what is
    theirs; where nobody did, everything that waits for it is called off.
    """
    if not given_up:
        return
    members = {each.member_id for each in given_up}
    submissions = {each.submission_id for each in given_up}
    shared = _shared(batch, given_up, submissions)
    waiting = runs_by_id(batch.tx, pending_runs(batch.tx, members))
    nudging = {record.id for record in nudging_runs(batch.tx, members)}
    runs = load_runs(batch, waiting)
    for run in (*runs.values(), *(run for run in batch.runs.values() if run.fresh)):
        record = run.record
        if record.member_id in members and (record.submission_id in submissions or record.member_id not in shared):
            batch.call_off(run, PHONE_CHANGED)
            if record.id in nudging:  # it is over, and its own end says nothing of this
                batch.trace(run, "nudge", None, {"outcome": "cancelled", "reason": PHONE_CHANGED}, sprint=0)
    for member_id in sorted(members - shared):
        batch.cancel_member(member_id, PHONE_CHANGED)


def _shared(batch: Batch, given_up: Sequence[GivenUp], submissions: Collection[int]) -> set[int]:
    """The members among *given_up* with whose number somebody else signed up too."""
    gone = {(each.member_id, each.person) for each in given_up if each.person is not None}
    written = people_of_members(batch.tx, {each.member_id for each in given_up})
    for record in (*batch.new_submissions, *batch.changed_submissions):
        written[record.id] = (record.member_id, person_of(record)) if record.outcome == "applied" else (None, None)
    return {
        member_id
        for submission_id, (member_id, person) in written.items()
        if member_id is not None and submission_id not in submissions and (member_id, person) not in gone
    }


def person_of(record: SubmissionRecord) -> tuple[int, str] | None:
    """Account and key of the person behind a submission, where the source has one."""
    return None if record.person_key is None else (record.account_id, record.person_key)
