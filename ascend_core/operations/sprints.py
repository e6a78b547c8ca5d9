"""Carrying out what the engine decided: a sprint's effects become changes of a batch."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, assert_never

from ascend_core.contracts import (
    AddToGroups,
    Answered,
    CallWebhook,
    EndRun,
    FormView,
    HandOff,
    OptOut,
    Purpose,
    RemoveFromGroups,
    Replied,
    SendText,
    SetFields,
    StartFlow,
    StartTimer,
    TakeArm,
    TimedOut,
    Trace,
)
from ascend_core.engine.runs import RunState
from ascend_core.engine.sprint import ArmNudge, Placed, Sprint, resume, start
from ascend_core.operations.asked import AskedFlow
from ascend_core.operations.batch import Batch, NewTimer, RunDraft
from ascend_core.operations.outgoing import CODE_ALPHABET, NewText
from ascend_core.operations.programs import Version
from ascend_core.store.arms import ArmRecord
from ascend_core.store.inbox import NewConversation
from ascend_core.store.runs import RunRecord
from ascend_core.store.webhooks import NewCall

__all__ = ["queue_text", "resume_run", "start_run"]


CALL_KEY_LENGTH = 20
"""Of the ``Idempotency-Key`` of a webhook: nobody can guess it."""


def start_run(
    batch: Batch,
    *,
    run_id: int,
    version: Version,
    member_id: int,
    form: FormView | None = None,
    submission_id: int | None = None,
    automation_id: int | None = None,
    arm: str | None = None,
    broadcast_id: int | None = None,
) -> RunDraft:
    """Start a run of *version* for a member of the batch, and play its first sprint."""
    record = RunRecord(
        id=run_id,
        flow_id=version.record.flow_id,
        version_id=version.record.id,
        automation_id=automation_id,
        arm=arm,
        broadcast_id=broadcast_id,
        member_id=member_id,
        form_id=None if form is None else form.id,
        submission_id=submission_id,
        started_at=batch.now,
    )
    run = RunDraft(record=record, version=version, form=form, fresh=True)
    batch.add_run(run)
    _carry_out(batch, run, start(version.program, batch.scene(run), batch.core.registry.actions))
    lifetime = version.program.flow.expires
    if lifetime is not None and run.record.ended_at is None:
        batch.timers.append(NewTimer(kind="lapse", run=run, due_at=batch.now + lifetime))
    return run


def resume_run(batch: Batch, run: RunDraft, happened: Replied | TimedOut | Answered) -> None:
    """Let a run of the batch go on after what *happened*."""
    state = RunState.from_json(run.record.state)
    program = run.version.program
    _carry_out(batch, run, resume(program, state, happened, batch.scene(run), batch.core.registry.actions))


def _carry_out(batch: Batch, run: RunDraft, sprint: Sprint) -> None:
    ended = sprint.run.ended
    over = {} if ended is None else {"ended_at": batch.now, "end_reason": ended}
    batch.change_run(run, state=_stored(batch, run, sprint), **over)
    for ordinal, placed in enumerate(sprint.effects):
        _carry_out_one(batch, run, sprint.run.sprint, ordinal, placed)


def _stored(batch: Batch, run: RunDraft, sprint: Sprint) -> dict[str, Any]:
    """Where the run stands, and since when it stands there: what came earlier is no answer to what it asks now."""
    if run.fresh and sprint.run.ended is not None:
        return _over(sprint.run.ended, sprint.run.sprint, batch.now_micros)
    before, state = run.record.state, sprint.run.to_json()
    moved = run.fresh or before.get("position") != state["position"]
    state["since"] = batch.now_micros if moved else before.get("since")
    return state


@lru_cache(maxsize=16)
def _over(reason: str, sprint: int, since: int) -> dict[str, Any]:
    """The same of a run that ended where it began. One for all of a batch, and changed by nobody: it travels
    to the database once."""
    return {**RunState.over(reason, sprint=sprint).to_json(), "since": since}


def _carry_out_one(batch: Batch, run: RunDraft, sprint: int, ordinal: int, placed: Placed) -> None:
    member_id, step, effect = run.record.member_id, placed.step, placed.effect
    match effect:  # the most frequent ones first
        case Trace():
            batch.trace(run, effect.kind, effect.step, effect.detail, sprint=sprint)
        case SendText():
            purpose = Purpose.REPLY if effect.reply else Purpose.FLOW
            queue_text(batch, run, effect, step=step, intent=f"run:{run.record.id}:{sprint}:{ordinal}", purpose=purpose)
        case EndRun():
            batch.end_run(run, effect.reason, cancel_nudges=effect.cancel_nudges)
        case SetFields():
            batch.set_fields(member_id, effect.values)
        case AddToGroups():
            for name in effect.names:
                batch.add_to_group(member_id, name)
        case RemoveFromGroups():
            for name in effect.names:
                batch.remove_from_group(member_id, name)
        case StartTimer():
            kind = "until" if effect.follows_event else "wait"
            batch.timers.append(NewTimer(kind=kind, run=run, due_at=effect.due_at, step=step))
        case StartFlow():
            batch.asked.flows.append(AskedFlow(run.record.id, step, effect.flow))
        case HandOff():
            batch.asked.conversations.append(
                NewConversation(
                    member_id=member_id,
                    reason="handoff",
                    note=effect.note,
                    run_id=run.record.id,
                    opened_at=batch.now,
                )
            )
        case OptOut():
            batch.asked.leavers.setdefault(member_id, run.record.id)
        case TakeArm():
            arm = ArmRecord(run_id=run.record.id, test=effect.test, arm=effect.arm, step=step, taken_at=batch.now)
            batch.asked.arms.append(arm)
        case CallWebhook():
            batch.asked.calls.append(_call(batch, run, effect, step, sprint))
        case ArmNudge():
            batch.timers.append(
                NewTimer(
                    kind="nudge",
                    run=run,
                    due_at=effect.due_at,
                    step=effect.step,
                    nudge_index=effect.index,
                    nudge_type=effect.type,
                    expires_at=effect.expires_at,
                )
            )
        case _:
            assert_never(effect)


def _call(batch: Batch, run: RunDraft, call: CallWebhook, step: str | None, sprint: int) -> NewCall:
    return NewCall(
        key=batch.core.randomness.token(CALL_KEY_LENGTH, CODE_ALPHABET),
        run_id=run.record.id,
        sprint=sprint,
        step=step or "",
        url=call.url,
        request={
            "method": call.method,
            "headers": dict(call.headers),
            "document": call.document,
            "secrets": list(call.secrets),
        },
        due_at=batch.now,
        created_at=batch.now,
    )


def queue_text(
    batch: Batch,
    run: RunDraft,
    text: SendText,
    *,
    step: str | None,
    intent: str,
    purpose: Purpose,
    timer_id: int | None = None,
) -> None:
    """Put a run's text into the outbox, under an *intent* that can exist only once.

    What a broadcast's run says unasked is bulk: it goes behind everything else, and in its own order.
    """
    record = run.record
    if purpose is Purpose.FLOW and record.broadcast_id is not None:
        purpose = Purpose.BULK
    batch.outgoing.add(
        NewText(
            intent=intent,
            member_id=record.member_id,
            phone=batch.members[record.member_id].phone,
            body=text.body,
            links=text.links,
            purpose=purpose,
            quiet_hours=text.quiet_hours,
            links_url=run.version.program.flow.links_url,
            expires_at=_last_moment(batch, run, text),
            run_id=record.id,
            flow_id=record.flow_id,
            version_id=record.version_id,
            automation_id=record.automation_id,
            broadcast_id=record.broadcast_id,
            form_id=record.form_id,
            timer_id=timer_id,
            step=step,
        )
    )


def _last_moment(batch: Batch, run: RunDraft, text: SendText) -> datetime:
    lifetime = run.version.program.flow.expires
    if lifetime is None:
        return batch.message_life(text.expires_at)
    latest = run.record.started_at + lifetime
    return batch.message_life(latest if text.expires_at is None else min(text.expires_at, latest))
