"""Ending what something breaks on, without asking any plugin: it must work where nothing else does.

A bug in a bot action, or a plugin that is gone, costs the runs it breaks on and no others. They end as ``failed``, with
the place where it broke in their trace (``ascend runs list --state failed``), and nothing of theirs goes out any more.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from msgspec.structs import replace

from ascend_core.store.database import Tx
from ascend_core.store.messages import cancel_texts
from ascend_core.store.runs import (
    RunRecord,
    TraceRecord,
    cancel_timers,
    hold_runs,
    insert_traces,
    update_runs,
)

__all__ = ["FAILED", "fail_runs", "note_failure"]

FAILED = "failed"
"""Why a run ended, or a nudge was not sent, that something broke on."""


def fail_runs(tx: Tx, run_ids: Collection[int], broke: str, *, now: datetime) -> None:
    """End these runs because of what *broke*; their timers and the texts that were not claimed yet die with them."""
    going = [run for run in hold_runs(tx, run_ids).values() if run.ended_at is None]
    if not going:
        return
    update_runs(tx, [replace(run, ended_at=now, end_reason=FAILED) for run in going])
    ids = [run.id for run in going]
    cancel_timers(tx, reason=FAILED, now=now, run_ids=ids)
    cancel_texts(tx, reason=FAILED, now=now, run_ids=ids)
    insert_traces(tx, [_line(run, broke, now) for run in going])


def _line(run: RunRecord, broke: str, now: datetime) -> TraceRecord:
    return TraceRecord(
        run_id=run.id,
        sprint=run.state.get("sprint", 0),
        happened_at=now,
        kind="problem",
        step=run.state.get("position"),
        detail={"problem": "broke", "error": broke},
    )


def note_failure(tx: Tx, run_id: int, *, sprint: int, step: str | None, nudge: str, broke: str, now: datetime) -> None:
    """Say in a run's trace that one of its nudges broke; the run goes on."""
    detail = {"nudge": nudge, "outcome": "skipped", "reason": FAILED, "error": broke}
    line = TraceRecord(run_id=run_id, sprint=sprint, happened_at=now, kind="nudge", step=step, detail=detail)
    insert_traces(tx, [line])
