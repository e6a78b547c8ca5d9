"""From an activity to runs: which automations it starts, and why others start nothing (rows D1 to D6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from ascend_core.engine.ab import choose_arm
from ascend_core.errors import FlowProblem
from ascend_core.flow.document import ABTest, Automation
from ascend_core.flow.load import load_stored_automation
from ascend_core.operations.batch import Batch, RunDraft
from ascend_core.operations.programs import Version
from ascend_core.operations.sprints import start_run
from ascend_core.operations.views import form_view
from ascend_core.store.flows import AutomationRecord, automations_for
from ascend_core.store.forms import FormRecord, first_of_same
from ascend_core.store.runs import (
    EntryRecord,
    RunRecord,
    active_runs,
    arms_shown,
    known_once_keys,
    nudging_runs,
    reserve_run_ids,
)
from ascend_core.store.submissions import ActivityRecord, SubmissionRecord

__all__ = ["Fired", "active_by_member", "arm_for", "may_enter", "once_key", "read_automation", "start_automations"]


class Fired(Struct, frozen=True, kw_only=True, gc=False):
    """An activity with what it is about."""

    activity: ActivityRecord
    submission: SubmissionRecord
    form: FormRecord


class _Chance(Struct, frozen=True, kw_only=True, gc=False):
    fired: Fired
    record: AutomationRecord
    document: Automation | None
    """None: this release cannot read it."""
    arm: str | None
    flow: str
    once_key: str


def start_automations(batch: Batch, fired: Sequence[Fired]) -> None:
    """Let everything that fired start what waits for it; the members are in the batch. A constant number of queries."""
    if not fired:
        return
    chances = _chances(batch, fired)
    taken = known_once_keys(batch.tx, {chance.record.id for chance in chances}, {chance.once_key for chance in chances})
    member_ids = {each.activity.member_id for each in fired}
    active = active_by_member(batch, member_ids)
    nudging = _by_member(batch, nudging_runs(batch.tx, member_ids))
    versions = batch.core.programs.live(batch.tx, {chance.flow for chance in chances})
    run_ids = iter(reserve_run_ids(batch.tx, len(chances)))
    of_activity: dict[int, list[_Chance]] = {}
    for chance in chances:
        of_activity.setdefault(chance.fired.activity.id, []).append(chance)
    for each in fired:
        if active:
            _stop_runs(batch, each, active)
        if nudging:
            _stop_nudges(batch, each, nudging)
        for chance in of_activity.get(each.activity.id, ()):
            _take(batch, chance, taken, active, versions.get(chance.flow), next(run_ids))


def _chances(batch: Batch, fired: Sequence[Fired]) -> list[_Chance]:
    records = automations_for(batch.tx, {each.activity.trigger for each in fired})
    same = first_of_same(batch.tx, {each.form.id for each in fired}) if records else {}
    documents = {record.id: _document(record) for record in records}
    tests = {id_ for id_, document in documents.items() if document is not None and document.ab_test is not None}
    shown = arms_shown(batch.tx, tests, {each.activity.member_id for each in fired}) if tests else {}
    return [
        _chance(batch, each, record, documents[record.id], same.get(each.form.id, each.form.id), shown)
        for each in fired
        for record in records
        if record.trigger == each.activity.trigger and record.form_id in (None, each.form.id)
    ]


def _chance(
    batch: Batch,
    fired: Fired,
    record: AutomationRecord,
    document: Automation | None,
    form_id: int,
    shown: Mapping[tuple[int, int], str],
) -> _Chance:
    if document is None:
        return _Chance(fired=fired, record=record, document=None, arm=None, flow="", once_key="")
    member_id = fired.activity.member_id
    arm = arm_for(document.ab_test, batch.members[member_id].phone, shown.get((record.id, member_id)))
    flow = arm or document.run or ""
    key = once_key(document.once_per, fired.activity, form_id, fired.submission.key)
    return _Chance(fired=fired, record=record, document=document, arm=arm, flow=flow, once_key=key)


def arm_for(test: ABTest | None, phone: str, shown: str | None) -> str | None:
    """The arm a member was shown before, while the test has it: changed weights move nobody (row D3)."""
    if test is None:
        return None
    return shown if shown in test.arms else choose_arm(test, phone)


def _document(record: AutomationRecord) -> Automation | None:
    try:
        return read_automation(record.source, record.name)
    except FlowProblem:
        return None


@lru_cache(maxsize=1000)
def read_automation(source: str, name: str) -> Automation:
    """The document of a stored automation. Raises FlowProblem when it makes no sense to this release."""
    return load_stored_automation(source, file=name)


def once_key(once_per: Sequence[str], activity: ActivityRecord, form_id: int, submission_key: str) -> str:
    """What must not start a second run: by default one per member and form (row D4).

    *form_id*: the form's, or where several accounts show one form, that of the account connected first: what two of
    them tell of one sign-up (the source's *submission_key*) has happened once, also where nothing is once per anything.
    """
    known = {"member": activity.member_id, "form": form_id}
    if not once_per:
        return f"form:{form_id}|submission:{submission_key}|{activity.trigger}:{activity.occurrence}"
    return "|".join([f"{name}:{known[name]}" for name in once_per])


def active_by_member(batch: Batch, member_ids: Collection[int]) -> dict[int, list[RunDraft]]:
    """The runs of members that are under way, oldest first, taken into the batch."""
    return _by_member(batch, active_runs(batch.tx, member_ids))


def _by_member(batch: Batch, records: Sequence[RunRecord]) -> dict[int, list[RunDraft]]:
    versions = batch.core.programs.by_id(batch.tx, {record.version_id for record in records})
    found: dict[int, list[RunDraft]] = {}
    for record in records:
        run = RunDraft(record=record, version=versions[record.version_id], form=None, fresh=False)
        batch.add_run(run)
        found.setdefault(record.member_id, []).append(run)
    return found


def _stop_runs(batch: Batch, fired: Fired, active: dict[int, list[RunDraft]]) -> None:
    for run in active.get(fired.activity.member_id, []):
        if run.record.ended_at is None and _is_stopped(run, fired):
            batch.call_off(run, "stop_when")
            batch.trace(run, "end", None, {"reason": "stop_when", "trigger": fired.activity.trigger}, sprint=0)


def _stop_nudges(batch: Batch, fired: Fired, nudging: dict[int, list[RunDraft]]) -> None:
    """A run that is over for long may still nudge; what stops its flow stops that (row H6)."""
    for run in nudging.get(fired.activity.member_id, []):
        if _is_stopped(run, fired):
            batch.call_off(run, "stop_when")
            detail = {"outcome": "cancelled", "reason": "stop_when", "trigger": fired.activity.trigger}
            batch.trace(run, "nudge", None, detail, sprint=0)


def _is_stopped(run: RunDraft, fired: Fired) -> bool:
    same_form = run.record.form_id in (None, fired.form.id)
    return same_form and fired.activity.trigger in run.version.program.flow.stop_when


def _take(
    batch: Batch,
    chance: _Chance,
    taken: set[tuple[int, str]],
    active: dict[int, list[RunDraft]],
    version: Version | None,
    run_id: int,
) -> None:
    why_not = _why_not(chance, taken, version)
    if why_not is not None:
        _enter(batch, chance, "skipped", reason=why_not)
        return
    if version is None or chance.document is None:
        raise AssertionError("a chance without a version was let through")
    member_id = chance.fired.activity.member_id
    for name in chance.document.add_to_groups:
        batch.add_to_group(member_id, name)
    if not may_enter(batch, version, active.get(member_id, [])):
        _enter(batch, chance, "skipped", reason="already_in_flow")
        return
    taken.add((chance.record.id, chance.once_key))
    run = start_run(
        batch,
        run_id=run_id,
        version=version,
        member_id=member_id,
        form=form_view(chance.fired.form, chance.fired.submission),
        submission_id=chance.fired.submission.id,
        automation_id=chance.record.id,
        arm=chance.arm,
    )
    active.setdefault(member_id, []).append(run)
    _enter(batch, chance, "started", run_id=run_id)


def may_enter(batch: Batch, version: Version, active: Sequence[RunDraft]) -> bool:
    """Whether a member with these *active* runs may enter the flow, as its ``reentry`` says (row D6).

    ``restart`` ends the runs of the flow that are under way.
    """
    inside = [
        run for run in active if run.record.flow_id == version.record.flow_id and run.record.ended_at is None
    ]  # fmt: skip
    if inside and version.program.flow.reentry == "restart":
        for run in inside:
            batch.call_off(run, "restarted")
    return not inside or version.program.flow.reentry != "skip"


def _why_not(chance: _Chance, taken: set[tuple[int, str]], version: Version | None) -> str | None:
    if chance.record.paused:
        return "paused"
    if chance.document is None:
        return "cannot_be_read"
    if (chance.record.id, chance.once_key) in taken:
        return "once_per"
    return "flow_not_live" if version is None else None


def _enter(
    batch: Batch, chance: _Chance, outcome: str, *, reason: str | None = None, run_id: int | None = None
) -> None:
    batch.entries.append(
        EntryRecord(
            automation_id=chance.record.id,
            activity_id=chance.fired.activity.id,
            member_id=chance.fired.activity.member_id,
            once_key=chance.once_key if outcome == "started" else None,
            outcome=outcome,
            reason=reason,
            run_id=run_id,
            arm=chance.arm,
            entered_at=batch.now,
        )
    )
