"""Calls to other servers that runs wait for: committed first, then made, then the run goes on with the answer.

At least once: who dies between a call and its commit leaves the row, and the call is made again with the same
``Idempotency-Key``. A call that may work later is made again after a while, and given up after a few times.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from ascend_core.calls.call import Call, Called
from ascend_core.contracts import Answered
from ascend_core.errors import Refused, TryLater
from ascend_core.operations.batch import Batch
from ascend_core.operations.core import Core
from ascend_core.operations.follow_ups import finish
from ascend_core.operations.pieces import in_pieces
from ascend_core.operations.run_loading import load_runs
from ascend_core.operations.secrets import known_secrets, with_secrets
from ascend_core.operations.set_aside import fail_runs
from ascend_core.operations.sprints import resume_run
from ascend_core.store.database import Tx
from ascend_core.store.runs import hold_runs
from ascend_core.store.webhooks import CallRecord, change_calls, due_calls

__all__ = ["PAUSES", "call_webhooks"]

AT_ONCE = 20
"""Calls on the way at the same time."""

LEASE = timedelta(minutes=2)
"""Longer than a call takes: a call without a result for so long is made again."""

PAUSES = (timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
"""Before the second try, the third, …; after the last the call is given up."""

LONGEST_PAUSE = timedelta(minutes=30)
"""Whatever the other server asks for: a member waits behind the call."""


@frozen
class _Result:
    record: CallRecord
    answer: Called | None = None
    error: TryLater | Refused | None = None


async def call_webhooks(core: Core, limit: int = AT_ONCE) -> int:
    """Make up to *limit* due calls at once, and let their runs go on. Returns how many were made."""
    due = core.database.write(lambda tx: _claim(core, tx, limit))
    if not due:
        return 0
    known = known_secrets(core, {name for record in due for name in record.request.get("secrets", ())})
    results = await asyncio.gather(*(_make(core, record, known) for record in due))
    for _ in in_pieces(results, lambda some, broke: core.database.write(lambda tx: _take(core, tx, some, broke))):
        continue  # an answer that something breaks on ends its run, and no other
    return len(due)


def _claim(core: Core, tx: Tx, limit: int) -> list[CallRecord]:
    now = core.clock.now()
    due = due_calls(tx, now, limit)
    change_calls(tx, [{"id": each.id, "attempts": each.attempts + 1, "due_at": now + LEASE} for each in due])
    return due


async def _make(core: Core, record: CallRecord, known: Mapping[str, str]) -> _Result:
    request = record.request
    wanted = tuple(request.get("secrets", ()))
    try:
        call = Call(
            url=with_secrets(record.url, wanted, known, in_url=True),
            method=request["method"],
            headers={name: with_secrets(value, wanted, known) for name, value in request["headers"].items()},
            document=request["document"],
            key=record.key,
        )
        return _Result(record, answer=await core.caller(call))
    except (TryLater, Refused) as error:
        return _Result(record, error=error)
    except Exception as error:  # noqa: BLE001 -- a fence: a call that breaks fails alone, and the others have their answers
        return _Result(record, error=Refused(f"the call broke: {type(error).__name__}", reason="broken"))


def _take(core: Core, tx: Tx, results: Sequence[_Result], broke: str | None) -> None:
    batch = Batch(core, tx, core.clock.now())
    if broke is not None:
        fail_runs(tx, {result.record.run_id for result in results}, broke, now=batch.now)
        change_calls(tx, [_settled(result, "failed", batch.now) for result in results])
        return
    runs = load_runs(batch, hold_runs(tx, {result.record.run_id for result in results}))
    again: list[dict[str, Any]] = []
    over: list[dict[str, Any]] = []
    for result in results:
        run = runs[result.record.run_id]
        waits = run.record.ended_at is None and run.record.state.get("sprint") == result.record.sprint
        if not waits:
            over.append(_settled(result, "stale", batch.now))
        elif isinstance(result.error, TryLater) and result.record.attempts < len(PAUSES):
            again.append({"id": result.record.id, "due_at": batch.now + _pause(core, result.record, result.error)})
        else:
            answer = result.answer or Called(status=0)
            resume_run(batch, run, Answered(ok=answer.ok, status=answer.status or None, document=answer.document))
            over.append(_settled(result, "answered" if answer.ok else "failed", batch.now))
    change_calls(tx, again)
    change_calls(tx, over)
    finish(batch)


def _pause(core: Core, record: CallRecord, error: TryLater) -> timedelta:
    pause = PAUSES[record.attempts] * (0.9 + 0.2 * core.randomness.fraction())
    asked = timedelta(seconds=error.after_seconds or 0)
    return min(max(pause, asked), LONGEST_PAUSE)


def _settled(result: _Result, outcome: str, now: datetime) -> dict[str, Any]:
    status = None if result.answer is None else f"status {result.answer.status}"
    return {
        "id": result.record.id,
        "settled_at": now,
        "outcome": outcome,
        "reason": str(result.error) if result.error is not None else status,
        "request": {},
    }
