"""The unit of work: what a batch of decisions changes, collected in memory and written with one statement a table.

An operation opens a Batch inside its transaction, loads what it needs with set-based queries, lets the engine decide
on each item, and calls ``write`` once. The number of statements does not depend on the number of items.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any

from attrs import define, field
from msgspec import Struct
from msgspec.structs import replace

from ascend_core.contracts import FormView, MemberView, RunView
from ascend_core.engine.field_values import ZONE, FieldRule
from ascend_core.engine.scene import Scene
from ascend_core.engine.zones import candidate_zones
from ascend_core.operations.asked import Asked
from ascend_core.operations.core import Core
from ascend_core.operations.member_fields import field_rules
from ascend_core.operations.outgoing import Outgoing
from ascend_core.operations.programs import Version
from ascend_core.operations.views import member_view
from ascend_core.store import members as member_rows
from ascend_core.store import messages as message_rows
from ascend_core.store import runs as run_rows
from ascend_core.store import submissions as submission_rows
from ascend_core.store.clicks import confirm_clicks
from ascend_core.store.consents import NewConsent, consent_states, record_consents
from ascend_core.store.database import Tx
from ascend_core.store.figures import figures_kept, hold_members
from ascend_core.store.members import CORE_FIELDS, MemberRecord
from ascend_core.store.runs import EntryRecord, NewTimerRecord, RunRecord, TimerRecord, TraceRecord
from ascend_core.store.submissions import ActivityRecord, SubmissionRecord
from ascend_core.store.types import to_micros

__all__ = ["Batch", "NewTimer", "RunDraft"]


class RunDraft(Struct, kw_only=True, eq=False, gc=False):
    """A run while a batch works on it."""

    record: RunRecord
    version: Version
    form: FormView | None
    fresh: bool

    def view(self) -> RunView:
        """The run as flows may speak of it."""
        return RunView(id=self.record.id, flow=self.version.record.name, started_at=self.record.started_at)


class NewTimer(Struct, kw_only=True, eq=False, gc=False):
    """A timer to start, of a run that may not be written yet."""

    kind: str
    run: RunDraft
    due_at: datetime
    step: str | None = None
    nudge_index: int | None = None
    nudge_type: str | None = None
    expires_at: datetime | None = None


@define(eq=False)
class Batch:
    """Everything one transaction will write."""

    core: Core
    tx: Tx
    now: datetime
    members: dict[int, MemberRecord] = field(factory=dict, init=False)
    groups: dict[int, frozenset[str]] = field(factory=dict, init=False)
    subscribed: dict[int, bool] = field(factory=dict, init=False)
    runs: dict[int, RunDraft] = field(factory=dict, init=False)
    consents: list[NewConsent] = field(factory=list, init=False)
    new_submissions: list[SubmissionRecord] = field(factory=list, init=False)
    changed_submissions: list[SubmissionRecord] = field(factory=list, init=False)
    activities: list[ActivityRecord] = field(factory=list, init=False)
    entries: list[EntryRecord] = field(factory=list, init=False)
    traces: list[TraceRecord] = field(factory=list, init=False)
    timers: list[NewTimer] = field(factory=list, init=False)
    settled: list[dict[str, Any]] = field(factory=list, init=False)
    brought: dict[int, int] = field(factory=dict, init=False)
    """Links that brought submissions of this batch, and the members they belong to."""
    outgoing: Outgoing = field(init=False)
    asked: Asked = field(factory=Asked, init=False)
    now_micros: int = field(init=False)
    _latest: datetime = field(init=False)
    _new_members: set[int] = field(factory=set, init=False)
    _changed_members: set[int] = field(factory=set, init=False)
    _changed_runs: set[int] = field(factory=set, init=False)
    _group_adds: dict[tuple[int, str], str] = field(factory=dict, init=False)
    """Member and group, and of what kind it is made where it does not exist."""
    _group_removes: dict[tuple[int, str], None] = field(factory=dict, init=False)
    _cancelled_runs: dict[str, set[int]] = field(factory=dict, init=False)
    _cancelled_members: dict[str, set[int]] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.outgoing = Outgoing(self.core, self.now)
        self.now_micros = to_micros(self.now)
        self._latest = self.now + self.core.options.message_life

    @cached_property
    def field_rules(self) -> Mapping[str, FieldRule]:
        """What the member fields that people defined take. Looked up once, when a step sets some."""
        return field_rules(self.tx)

    def _rules(self) -> Mapping[str, FieldRule]:
        return self.field_rules

    # members

    def load_members(self, records: Mapping[int, MemberRecord]) -> None:
        """Take members into the batch, with their groups and consent."""
        fresh = {id_: record for id_, record in records.items() if id_ not in self.members}
        if not fresh:
            return
        self.members.update(fresh)
        self.groups.update(member_rows.group_names_of(self.tx, fresh))
        states = consent_states(self.tx, {record.phone for record in fresh.values()})
        self.subscribed.update({id_: states.get(record.phone) == "subscribed" for id_, record in fresh.items()})

    def add_member(self, record: MemberRecord, values: Mapping[str, Any] = MappingProxyType({})) -> None:
        """A new member, under a reserved id, with these values in its fields."""
        self.members[record.id] = _in_their_zones(record, _changes(record, values))
        self.subscribed[record.id] = True
        self._new_members.add(record.id)

    def set_fields(self, member_id: int, values: Mapping[str, Any]) -> None:
        """Give a member's fields these values."""
        before = self.members[member_id]
        changes = _changes(before, values)
        if not changes:
            return
        moves = changes.keys() & {"zip", ZONE}
        changes["updated_at"] = self.now
        self.members[member_id] = _in_their_zones(before, changes) if moves else replace(before, **changes)
        if member_id not in self._new_members:
            self._changed_members.add(member_id)

    def add_to_group(self, member_id: int, name: str, *, kind: str = "manual") -> None:
        """Put a member into a group; one that does not exist is made."""
        self.groups[member_id] = self.groups.get(member_id, frozenset()) | {name}
        self._group_removes.pop((member_id, name), None)
        self._group_adds.setdefault((member_id, name), kind)

    def remove_from_group(self, member_id: int, name: str) -> None:
        """Take a member out of a group."""
        self.groups[member_id] = self.groups.get(member_id, frozenset()) - {name}
        self._group_adds.pop((member_id, name), None)
        self._group_removes[member_id, name] = None

    def member_view(self, member_id: int) -> MemberView:
        """A member as the batch has it now."""
        groups = self.groups.get(member_id, frozenset())
        return member_view(self.members[member_id], groups, subscribed=self.subscribed.get(member_id, False))

    # runs

    def scene(self, run: RunDraft) -> Scene:
        """What the engine sees of a run now."""
        return Scene(
            now=self.now,
            member=self.member_view(run.record.member_id),
            form=run.form,
            run=run.view(),
            rules=self._rules,
        )

    def add_run(self, run: RunDraft) -> None:
        """Take a run into the batch."""
        self.runs[run.record.id] = run

    def change_run(self, run: RunDraft, **values: Any) -> None:
        """Change some values of a run."""
        run.record = replace(run.record, **values)
        if not run.fresh:
            self._changed_runs.add(run.record.id)

    def end_run(self, run: RunDraft, reason: str, *, cancel_nudges: bool) -> None:
        """End a run now. Its own waits die with it; its nudges only if asked (row H6)."""
        if run.record.ended_at is None:
            self.change_run(run, ended_at=self.now, end_reason=reason)
        if cancel_nudges:
            self._cancelled_runs.setdefault(reason, set()).add(run.record.id)
            self.timers = [timer for timer in self.timers if timer.run is not run]

    def call_off(self, run: RunDraft, reason: str) -> None:
        """End a run from outside: its nudges and every text that was not claimed yet die with it."""
        self.end_run(run, reason, cancel_nudges=True)
        self.outgoing.suppress(run.record.id, reason)

    def cancel_member(self, member_id: int, reason: str) -> None:
        """Cancel everything that waits for a member: timers, nudges, and texts that were not claimed yet."""
        self._cancelled_members.setdefault(reason, set()).add(member_id)
        self.timers = [timer for timer in self.timers if timer.run.record.member_id != member_id]

    def trace(self, run: RunDraft, kind: str, step: str | None, detail: Mapping[str, Any], *, sprint: int) -> None:
        """Add a line to a run's trace."""
        kept = detail if isinstance(detail, dict) else dict(detail)
        self.traces.append(
            TraceRecord(run_id=run.record.id, sprint=sprint, happened_at=self.now, kind=kind, step=step, detail=kept)
        )

    def settle(self, timer: TimerRecord, outcome: str, reason: str | None = None) -> None:
        """Say what became of a timer."""
        self._settle(timer.id, timer.due_at, self.now, outcome, reason)

    def hold(self, timer: TimerRecord, until: datetime) -> None:
        """Let a timer be decided again at *until*."""
        self._settle(timer.id, until, None, None, None)

    def _settle(
        self, timer_id: int, due_at: datetime, settled_at: datetime | None, outcome: str | None, reason: str | None
    ) -> None:
        row = {"id": timer_id, "due_at": due_at, "settled_at": settled_at, "outcome": outcome, "reason": reason}
        self.settled.append(row)

    def message_life(self, until: datetime | None = None) -> datetime:
        """When a text made now is no longer worth sending."""
        latest = self._latest
        return latest if until is None else min(latest, until)

    # writing

    def write(self) -> None:
        """Write everything, each table once, in the order their keys need."""
        hold_members(self.tx, "member", self._changed_members | set(self.brought.values()))
        with figures_kept(self.tx, "member", set(self.brought.values())):
            self._write_all()

    def _write_all(self) -> None:
        self._write_people()
        submission_rows.insert_submissions(self.tx, self.new_submissions)
        submission_rows.update_submissions(self.tx, self.changed_submissions)
        confirm_clicks(self.tx, self.brought)
        submission_rows.insert_activities(self.tx, self.activities)
        self._write_runs()
        run_rows.insert_entries(self.tx, self.entries)
        self._write_timers()
        self.outgoing.write(self.tx)
        run_rows.insert_traces(self.tx, self.traces)
        self.asked.write(self.tx)
        if self.outgoing.texts:
            self.core.wakes("send", self.tx)
        if self.asked.calls:
            self.core.wakes("calls", self.tx)

    def _write_people(self) -> None:
        member_rows.insert_members(self.tx, [self.members[id_] for id_ in self._new_members])
        member_rows.update_members(self.tx, [self.members[id_] for id_ in self._changed_members])
        record_consents(self.tx, self.consents, now=self.now)
        for kind in sorted(set(self._group_adds.values())):
            names = {name for (_, name), its_kind in self._group_adds.items() if its_kind == kind}
            ids = member_rows.ensure_groups(self.tx, names, kind=kind, now=self.now)
            pairs = [(ids[name], id_) for (id_, name), its_kind in self._group_adds.items() if its_kind == kind]
            member_rows.add_to_groups(self.tx, pairs, now=self.now)
        if self._group_removes:
            names = {name for _, name in self._group_removes}
            ids = member_rows.ensure_groups(self.tx, names, kind="manual", now=self.now)
            member_rows.remove_from_groups(self.tx, [(ids[name], member_id) for member_id, name in self._group_removes])

    def _write_runs(self) -> None:
        run_rows.insert_runs(self.tx, [run.record for run in self.runs.values() if run.fresh])
        run_rows.update_runs(self.tx, [self.runs[id_].record for id_ in self._changed_runs])
        run_rows.settle_timers(self.tx, self.settled)
        ended = {run.record.id for run in self.runs.values() if run.record.ended_at is not None and not run.fresh}
        if ended:
            kinds = ("wait", "until", "lapse")
            run_rows.cancel_timers(self.tx, reason="ended", now=self.now, run_ids=ended, kinds=kinds)
        for reason, run_ids in sorted(self._cancelled_runs.items()):
            run_rows.cancel_timers(self.tx, reason=reason, now=self.now, run_ids=run_ids)
            message_rows.cancel_texts(self.tx, reason=reason, now=self.now, run_ids=run_ids)
        for reason, member_ids in sorted(self._cancelled_members.items()):
            run_rows.cancel_timers(self.tx, reason=reason, now=self.now, member_ids=member_ids)
            message_rows.cancel_texts(self.tx, reason=reason, now=self.now, member_ids=member_ids)

    def _write_timers(self) -> None:
        run_rows.insert_timers(self.tx, [self._timer_record(timer) for timer in self.timers])

    def _timer_record(self, timer: NewTimer) -> NewTimerRecord:
        return NewTimerRecord(
            kind=timer.kind,
            run_id=timer.run.record.id,
            member_id=timer.run.record.member_id,
            sprint=timer.run.record.state["sprint"],
            step=timer.step,
            nudge_index=timer.nudge_index,
            nudge_type=timer.nudge_type,
            reached_at=self.now,
            due_at=timer.due_at,
            expires_at=timer.expires_at,
        )


_COLUMNS = frozenset((*CORE_FIELDS, ZONE))
"""Fields of members that have columns of their own."""


def _in_their_zones(record: MemberRecord, changes: Mapping[str, Any]) -> MemberRecord:
    """*record* with these *changes*, and every zone the member may be in by them (row J3)."""
    own, zip_code = changes.get(ZONE, record.zone), changes.get("zip", record.zip)
    zones = candidate_zones(own=own, zip_code=zip_code, phone=record.phone)
    return replace(record, **changes, zones=zones)


def _changes(record: MemberRecord, values: Mapping[str, Any]) -> dict[str, Any]:
    """What *values* of fields change in *record*, by its attributes; empty: nothing."""
    changes: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for name, value in values.items():
        if name not in _COLUMNS:
            own[name] = value
        elif getattr(record, name) != value:
            changes[name] = value
    if own and (fields := {**record.fields, **own}) != record.fields:
        changes["fields"] = fields
    return changes
