"""One run as a timeline: its trace, its texts with their links, and what became of its nudges (row E5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from attrs import field, frozen

from ascend_core.errors import NotFound
from ascend_core.operations.core import Core
from ascend_core.store.conversations import MemberLink, links_of_member
from ascend_core.store.database import Tx
from ascend_core.store.flows import versions_by_id
from ascend_core.store.messages import messages_of_run
from ascend_core.store.run_history import TimerLine, timers_of_run
from ascend_core.store.runs import RunRecord, end_of, runs_by_id, trace_of

__all__ = ["Moment", "Timeline", "run_timeline"]


@frozen(kw_only=True)
class Moment:
    """Something that happened at *at*, or, with *pending*, will be decided then."""

    at: datetime
    what: str
    step: str | None = None
    detail: dict[str, Any] = field(factory=dict)
    pending: bool = False


@frozen(kw_only=True)
class Timeline:
    """A run, and everything about it in the order it happened."""

    run: RunRecord
    flow: str
    version: int
    moments: tuple[Moment, ...]


def run_timeline(core: Core, run_id: int) -> Timeline:
    """The run *run_id*. Raises NotFound."""

    def look(tx: Tx) -> Timeline:
        run = runs_by_id(tx, {run_id}).get(run_id)
        if run is None:
            raise NotFound(f"there is no run {run_id}; see: ascend runs list")
        version = versions_by_id(tx, {run.version_id})[run.version_id]
        moments = [*_trace(tx, run), *_texts(tx, run), *_pending(tx, run_id)]
        moments.sort(key=lambda moment: (moment.pending, moment.at))
        return Timeline(run=run, flow=version.name, version=version.number, moments=tuple(moments))

    return core.database.read(look)


def _trace(tx: Tx, run: RunRecord) -> Iterator[Moment]:
    lines = trace_of(tx, run.id)
    end = end_of(run, lines)
    for line in (*lines, *([] if end is None else [end])):
        yield Moment(at=line.happened_at, what=line.kind, step=line.step, detail=line.detail)


def _texts(tx: Tx, run: RunRecord) -> Iterator[Moment]:
    """The texts, without their words: each with its state, and the links in it with what became of them."""
    links = links_of_member(tx, run.member_id)
    for message in messages_of_run(tx, run.id):
        detail: dict[str, Any] = {"message": message.id, "state": message.state}
        if message.reason:
            detail["reason"] = message.reason
        if message.state == "ready":
            detail["due"] = message.due_at.isoformat()
        for link in links:
            if link.code in message.body:
                detail[f"link {link.name}"] = _became(link)
        yield Moment(at=message.created_at, what="text", step=message.step, detail=detail)


def _became(link: MemberLink) -> str:
    if link.submitted_at is not None:
        return f"submitted {link.submitted_at.isoformat()}"
    return "not opened" if link.first_click_at is None else f"opened {link.first_click_at.isoformat()}"


def _pending(tx: Tx, run_id: int) -> Iterator[Moment]:
    for timer in timers_of_run(tx, run_id):
        if timer.settled_at is None:
            what = "wait" if timer.kind == "until" else timer.kind
            yield Moment(at=timer.due_at, what=what, step=timer.step, detail=_waits(timer), pending=True)


def _waits(timer: TimerLine) -> dict[str, Any]:
    detail: dict[str, Any] = {} if timer.nudge_type is None else {"nudge": timer.nudge_type}
    if timer.expires_at is not None:
        detail["expires"] = timer.expires_at.isoformat()
    return detail
