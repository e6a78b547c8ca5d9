"""What is due: waits that end, runs that lapse, and nudges, each decided in the transaction of its send.

A batch that cannot be settled whole is settled in pieces, and what something breaks on is set aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ascend_core.contracts import Purpose, TimedOut
from ascend_core.engine.nudging import HoldNudge, NudgeDecision, SendNudge, SkipNudge, decide_nudge
from ascend_core.errors import DatabaseProblem
from ascend_core.operations.batch import Batch, RunDraft
from ascend_core.operations.core import Core
from ascend_core.operations.follow_ups import finish
from ascend_core.operations.nudge_facts import NudgeFacts, load_nudge_facts
from ascend_core.operations.nudge_gaps import NudgeGaps, load_gaps
from ascend_core.operations.pieces import halves, in_pieces
from ascend_core.operations.run_loading import load_runs
from ascend_core.operations.set_aside import FAILED, fail_runs, note_failure
from ascend_core.operations.sprints import queue_text, resume_run
from ascend_core.store.consents import consent_states
from ascend_core.store.database import Tx
from ascend_core.store.due_timers import due_timers, still_due
from ascend_core.store.runs import TimerRecord, hold_runs, settle_timers

__all__ = ["fire_timers"]


def fire_timers(core: Core, limit: int = 500, shard: int | None = None) -> int:
    """Settle up to *limit* due timers (of that *shard*) in one transaction. Returns how many: fewer than *limit* means
    none is left.
    """
    try:
        return core.database.write(lambda tx: _settle(core, tx, due_timers(tx, core.clock.now(), limit, shard)))
    except DatabaseProblem:
        raise
    except Exception:
        due = core.database.write(lambda tx: [timer.id for timer in due_timers(tx, core.clock.now(), limit, shard)])
        if not due:
            raise

    def piece(ids: Sequence[int], broke: str | None) -> int:
        """What other workers settled meanwhile is not there any more."""

        def work(tx: Tx) -> int:
            timers = still_due(tx, core.clock.now(), ids)
            return _settle(core, tx, timers) if broke is None else _set_aside(tx, timers, broke, core.clock.now())

        return core.database.write(work)

    return sum(settled for half in halves(due) for settled in in_pieces(half, piece))


def _settle(core: Core, tx: Tx, timers: Sequence[TimerRecord]) -> int:
    if not timers:
        return 0
    batch = Batch(core, tx, core.clock.now())
    # who goes on with a run that is passed over calls its timers off, or leaves them due
    runs = load_runs(batch, hold_runs(tx, {timer.run_id for timer in timers}, wait=False))
    timers = [timer for timer in timers if timer.run_id in runs]
    nudged = [runs[timer.run_id] for timer in timers if timer.kind == "nudge"]
    _lock(tx, batch, nudged)
    facts = load_nudge_facts(tx, nudged)
    flows = [run.version.program.flow for run in nudged]
    gaps = load_gaps(core, tx, {run.record.member_id for run in nudged}, flows=flows, now=batch.now, claimed=False)
    for timer in timers:
        _fire(batch, timer, runs[timer.run_id], facts, gaps)
    finish(batch)
    return len(timers)


def _set_aside(tx: Tx, timers: Sequence[TimerRecord], broke: str, now: datetime) -> int:
    """A nudge that breaks is not sent; a run that breaks is over."""
    for timer in timers:
        nudge = timer.nudge_type if timer.kind == "nudge" else None
        row = {"id": timer.id, "due_at": timer.due_at, "settled_at": now}
        if nudge is None:
            settle_timers(tx, [{**row, "outcome": "fired", "reason": FAILED}])
            fail_runs(tx, {timer.run_id}, broke, now=now)
        else:
            settle_timers(tx, [{**row, "outcome": "skipped", "reason": FAILED}])
            note_failure(tx, timer.run_id, sprint=timer.sprint, step=timer.step, nudge=nudge, broke=broke, now=now)
    return len(timers)


def _lock(tx: Tx, batch: Batch, nudged: Sequence[RunDraft]) -> None:
    """Whoever decides about a member's nudges holds their consent: two workers never nudge one member at once."""
    if nudged:
        consent_states(tx, {batch.members[run.record.member_id].phone for run in nudged}, lock=True)


def _fire(batch: Batch, timer: TimerRecord, run: RunDraft, facts: NudgeFacts, gaps: NudgeGaps) -> None:
    if timer.kind == "nudge":
        _nudge(batch, timer, run, facts, gaps)
    elif run.record.ended_at is not None:
        batch.settle(timer, "stale", run.record.end_reason)
    elif timer.kind == "lapse":
        batch.end_run(run, "lapsed", cancel_nudges=True)
        batch.settle(timer, "fired")
    elif run.record.state["sprint"] != timer.sprint:
        batch.settle(timer, "stale", "moved_on")
    else:
        resume_run(batch, run, TimedOut())
        batch.settle(timer, "fired")


def _nudge(batch: Batch, timer: TimerRecord, run: RunDraft, facts: NudgeFacts, gaps: NudgeGaps) -> None:
    if timer.step is None or timer.nudge_index is None or timer.nudge_type is None:
        raise AssertionError("a nudge's timer names its step, its place there and its type")
    type_ = batch.core.registry.nudges.get(timer.nudge_type)
    decision: NudgeDecision = SkipNudge("no_such_type")  # its plugin is gone
    if type_ is not None:
        decision = decide_nudge(
            run.version.program,
            timer.step,
            timer.nudge_index,
            type=type_,
            view=facts.view(timer, run),
            scene=batch.scene(run),
            expires_at=timer.expires_at,
            default_quiet_hours=batch.core.options.quiet_hours,
            clear_at=gaps.clear_at(run.record.member_id, run.version.program.flow),
        )
    match decision:
        case SendNudge():
            queue_text(
                batch,
                run,
                decision.text,
                step=timer.step,
                intent=f"nudge:{timer.id}",
                purpose=Purpose.FLOW,
                timer_id=timer.id,
            )
            batch.settle(timer, "sent")
            gaps.note(run.record.member_id, batch.now)
            detail = {"nudge": timer.nudge_type, "outcome": "sent"}
        case HoldNudge():
            batch.hold(timer, decision.until)
            until = decision.until.isoformat()
            detail = {"nudge": timer.nudge_type, "outcome": "held", "reason": decision.why, "until": until}
        case SkipNudge():
            batch.settle(timer, "skipped", decision.reason)
            detail = {"nudge": timer.nudge_type, "outcome": "skipped", "reason": decision.reason}
            if decision.problem is not None:
                detail |= {"about": decision.problem.about, "why": decision.problem.why}
    batch.trace(run, "nudge", timer.step, detail, sprint=timer.sprint)
