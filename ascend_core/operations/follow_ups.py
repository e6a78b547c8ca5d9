"""Ends a batch: starts the flows that its runs asked for, lets members leave, and writes everything."""

from __future__ import annotations

from collections.abc import Sequence

from ascend_core.contracts import Purpose
from ascend_core.operations.asked import AskedFlow
from ascend_core.operations.batch import Batch
from ascend_core.operations.outgoing import NewText
from ascend_core.operations.programs import Version
from ascend_core.operations.run_loading import load_runs
from ascend_core.operations.sprints import start_run
from ascend_core.operations.start_runs import may_enter
from ascend_core.operations.wording import confirmation
from ascend_core.store.consents import NewConsent, consent_states
from ascend_core.store.runs import active_runs, reserve_run_ids

__all__ = ["MOST_STARTED_IN_TURN", "finish"]

MOST_STARTED_IN_TURN = 10
"""Flows that start each other without a wait between: more is a circle."""


def finish(batch: Batch) -> None:
    """Do what the runs of *batch* asked for, and write it. A constant number of queries."""
    for _ in range(MOST_STARTED_IN_TURN):
        asked, batch.asked.flows = batch.asked.flows, []
        if not asked:
            break
        _start(batch, asked)
    for wish in batch.asked.flows:
        _note(batch, wish, {"problem": "too_many_flows", "limit": "started in turn", "most": MOST_STARTED_IN_TURN})
    batch.asked.flows = []
    _let_leave(batch)
    batch.write()


def _start(batch: Batch, asked: Sequence[AskedFlow]) -> None:
    versions = batch.core.programs.live(batch.tx, {wish.flow for wish in asked})
    members = {batch.runs[wish.run_id].record.member_id for wish in asked}
    load_runs(batch, {record.id: record for record in active_runs(batch.tx, members)})
    ids = iter(reserve_run_ids(batch.tx, len(asked)))
    for wish in asked:
        version = versions.get(wish.flow)
        if version is None:
            _note(batch, wish, {"problem": "flow_not_live"})
        else:
            _start_one(batch, wish, version, next(ids))


def _start_one(batch: Batch, wish: AskedFlow, version: Version, run_id: int) -> None:
    parent = batch.runs[wish.run_id]
    mine = [run for run in batch.runs.values() if run.record.member_id == parent.record.member_id]
    if not may_enter(batch, version, mine):
        _note(batch, wish, {"problem": "already_in_flow"})
        return
    start_run(
        batch,
        run_id=run_id,
        version=version,
        member_id=parent.record.member_id,
        form=parent.form,
        submission_id=parent.record.submission_id,
        automation_id=parent.record.automation_id,
        arm=parent.record.arm,
        broadcast_id=parent.record.broadcast_id,
    )


def _note(batch: Batch, wish: AskedFlow, detail: dict[str, str | int]) -> None:
    run = batch.runs[wish.run_id]
    batch.trace(run, "problem", wish.step, {**detail, "about": wish.flow}, sprint=run.record.state["sprint"])


def _let_leave(batch: Batch) -> None:
    """Unsubscribe members as STOP does: all their runs end, all that waits is cancelled, one confirmation goes out."""
    leavers, batch.asked.leavers = batch.asked.leavers, {}
    if not leavers:
        return
    phones = {member_id: batch.members[member_id].phone for member_id in leavers}
    states = consent_states(batch.tx, set(phones.values()), lock=True)
    load_runs(batch, {record.id: record for record in active_runs(batch.tx, set(leavers))})
    for run in batch.runs.values():
        if run.record.member_id in leavers:
            batch.call_off(run, "unsubscribed")
    for member_id, run_id in sorted(leavers.items()):
        batch.cancel_member(member_id, "unsubscribed")
        batch.subscribed[member_id] = False
        if states.get(phones[member_id]) != "unsubscribed":
            entry = NewConsent(
                phone=phones[member_id], state="unsubscribed", source="flow", evidence={"run": run_id}
            )  # fmt: skip
            batch.consents.append(entry)
            _confirm(batch, member_id, run_id)


def _confirm(batch: Batch, member_id: int, run_id: int) -> None:
    batch.outgoing.add(
        NewText(
            intent=f"opt_out:{run_id}",
            member_id=member_id,
            phone=batch.members[member_id].phone,
            body=(confirmation("stop", batch.core.options.program),),
            purpose=Purpose.CONFIRMATION,
            expires_at=batch.message_life(),
        )
    )
