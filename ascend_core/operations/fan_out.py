"""From a broadcast to its texts and runs, a chunk a transaction, the cursor moved with them (row I1).

Whom it reaches is settled when it begins: who joins a group later is not added. Who has left the groups, or was put
into one that is left out, before their turn came is passed over. At most ``AHEAD`` unsent texts of a broadcast wait at
a time: so it can be paused or cancelled at once, texts are written with what is known by then, and the outbox stays
small whatever the size of the audience. There is one intent a broadcast and member: wherever it is interrupted, nobody
is texted twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from ascend_core.contracts import FormView, MemberView, Purpose
from ascend_core.engine.broadcast_text import broadcast_text
from ascend_core.errors import BadInput, DatabaseProblem
from ascend_core.flow.broadcast import Broadcast, load_broadcast
from ascend_core.operations.batch import Batch
from ascend_core.operations.core import Core
from ascend_core.operations.follow_ups import finish
from ascend_core.operations.outgoing import NewText, Outgoing
from ascend_core.operations.programs import Version
from ascend_core.operations.set_aside import FAILED
from ascend_core.operations.sprints import start_run
from ascend_core.operations.start_runs import active_by_member, may_enter
from ascend_core.operations.views import form_view
from ascend_core.store import broadcasts as rows
from ascend_core.store.broadcasts import Audience, BroadcastRecord, Recipient
from ascend_core.store.database import Tx
from ascend_core.store.flows import live_versions
from ascend_core.store.forms import forms_by_id
from ascend_core.store.members import members_by_id
from ascend_core.store.runs import cancel_timers, reserve_run_ids

__all__ = [
    "AHEAD",
    "CANCELLED",
    "TEXTS_A_CHUNK",
    "advance_broadcast",
    "advance_broadcasts",
    "open_broadcast_ids",
    "read_broadcast",
    "stop_chunk",
    "view_of",
]

TEXTS_A_CHUNK = 2_000
"""Texts written in one transaction: about a tenth of a second, for which a click's commit may wait."""
RUNS_A_CHUNK = 500
"""Runs started in one transaction: each has a state, a trace and timers too."""
STOPPED_A_CHUNK = 10_000
AHEAD = 10_000
"""Unsent texts of one broadcast at a time: more than any sender hands over in a minute."""

CANCELLED = "broadcast_cancelled"
"""Why a text or run of a cancelled broadcast ended."""


def advance_broadcasts(core: Core, *, ahead: int | None = AHEAD) -> int:
    """One step of every broadcast that has something to do. Returns how much was done; 0: nothing for now.

    *ahead*: how many unsent texts a broadcast may have; None: any number.
    """
    now = core.clock.now()
    found = core.database.read(lambda tx: rows.open_broadcasts(tx, now))
    return sum(_fenced_step(core, record, ahead) for record in found)


def advance_broadcast(core: Core, id_: int) -> int:
    """One step of one broadcast, as ``advance_broadcasts``."""
    now = core.clock.now()
    found = core.database.read(lambda tx: rows.open_broadcasts(tx, now))
    return sum(_fenced_step(core, record, AHEAD) for record in found if record.id == id_)


def open_broadcast_ids(core: Core) -> list[int]:
    """The broadcasts that have something to do now."""
    now = core.clock.now()
    return [record.id for record in core.database.read(lambda tx: rows.open_broadcasts(tx, now))]


def _fenced_step(core: Core, record: BroadcastRecord, ahead: int | None) -> int:
    """A broadcast that cannot go on waits for a person, with the reason; the others go on."""
    try:
        return _step_around(core, record, ahead)
    except BadInput as error:
        problem = str(error)
        return int(core.database.write(lambda tx: rows.move_broadcast(tx, record, state="paused", problem=problem)))


def _step_around(core: Core, record: BroadcastRecord, ahead: int | None) -> int:
    """One step; where somebody breaks it, ever smaller ones, until who breaks it is alone and is passed over."""
    most = RUNS_A_CHUNK if record.version_id is not None else TEXTS_A_CHUNK
    while True:
        try:
            return _step(core, record.id, ahead, most)
        except (BadInput, DatabaseProblem):
            raise
        except Exception:
            if record.state != "sending":
                raise
            if most == 1:
                return _step(core, record.id, ahead, most, passed_over=FAILED)
            most //= 2


def read_broadcast(core: Core, record: BroadcastRecord) -> Broadcast:
    """The document of a stored broadcast. Raises FlowProblem when it needs a plugin that is gone."""
    return load_broadcast(record.source, file=record.name, trackers=core.registry.link_trackers)


def _step(core: Core, id_: int, ahead: int | None, most: int, *, passed_over: str | None = None) -> int:
    def work(tx: Tx) -> int:
        record = rows.broadcast_by_id(tx, id_, lock=True)
        now = core.clock.now()
        if record is None or record.finished_at is not None:
            return 0
        match record.state:
            case "scheduled" if record.starts_at <= now:
                return _begin(core, tx, record, now)
            case "sending" if record.queued_at is None:
                queued = _queue_chunk(core, tx, record, now, ahead, most, passed_over)
                if queued:
                    core.wakes("send", tx)
                return queued
            case "sending":
                return _finish(tx, record, now)
            case "cancelled":
                return stop_chunk(tx, record, now)
        return 0

    return core.database.write(work)


def _begin(core: Core, tx: Tx, record: BroadcastRecord, now: datetime) -> int:
    document = read_broadcast(core, record)
    version_id = None
    if document.run is not None:
        live = live_versions(tx, {document.run}).get(document.run)
        if live is None:
            raise BadInput(f"broadcast '{record.name}': the flow '{document.run}' is not live; publish it")
        version_id = live.id
    expires_at = None if document.expires is None else now + document.expires
    moved = rows.move_broadcast(
        tx, record, state="sending", began_at=now, version_id=version_id, expires_at=expires_at
    )  # fmt: skip
    return int(moved)


def _finish(tx: Tx, record: BroadcastRecord, now: datetime) -> int:
    """Everybody was decided; when no text is open any more it is over. Runs it started go their own way."""
    if rows.open_texts(tx, record.id, rows.OPEN_TEXTS, 1):
        return 0
    return int(rows.move_broadcast(tx, record, state="sent", finished_at=now))


def stop_chunk(tx: Tx, record: BroadcastRecord, now: datetime) -> int:
    """Some of what a cancelled broadcast leaves behind: texts first, then runs with their timers. Returns how much."""
    if record.finished_at is not None:
        return 0
    stopped = rows.stop_texts(tx, record.id, reason=CANCELLED, now=now, limit=STOPPED_A_CHUNK)
    if not stopped:
        runs = rows.stop_runs(tx, record.id, reason=CANCELLED, now=now, limit=STOPPED_A_CHUNK)
        cancel_timers(tx, reason=CANCELLED, now=now, run_ids=runs)
        stopped = len(runs)
    if not stopped:
        return int(rows.move_broadcast(tx, record, finished_at=now))
    return stopped


def _queue_chunk(
    core: Core,
    tx: Tx,
    record: BroadcastRecord,
    now: datetime,
    ahead: int | None,
    most: int,
    passed_over: str | None,
) -> int:
    groups = rows.broadcast_groups(tx, record.id)
    audience = Audience(
        group_ids=groups.group_ids, excluded_ids=groups.excluded_ids, joined_by=record.began_at
    )  # fmt: skip
    if record.expires_at is not None and record.expires_at <= now:
        late, _ = rows.audience_count(tx, audience, after=record.position)
        skipped = _sum(record.skipped, {"expired": late})
        return int(rows.move_broadcast(tx, record, queued_at=now, skipped=skipped))
    limit = most
    if ahead is not None:
        limit = min(limit, ahead - rows.open_texts(tx, record.id, ("ready",), ahead))
    if limit <= 0:
        return 0
    page = rows.recipients(tx, audience, after=record.position, limit=limit)
    if passed_over is not None:
        made, skipped_now = 0, {passed_over: len(page)}
    else:
        made, skipped_now = _make(core, tx, record, page, now)
    moved = rows.move_broadcast(
        tx,
        record,
        position=page[-1].id if page else record.position,
        queued=record.queued + made,
        skipped=_sum(record.skipped, skipped_now),
        queued_at=now if len(page) < limit else None,
    )
    if not moved:
        raise AssertionError("a broadcast's row is held while its chunk is made")
    return max(len(page), 1)


def _sum(before: dict[str, int], now: dict[str, int]) -> dict[str, int]:
    return dict(sorted((Counter(before) + Counter(now)).items()))


def _make(
    core: Core, tx: Tx, record: BroadcastRecord, page: Sequence[Recipient], now: datetime
) -> tuple[int, dict[str, int]]:
    """Write what *page* gets. Returns how many got a text that may go out, or a run; and the others by reason."""
    if not page:
        return 0, {}
    forms = forms_by_id(tx, {record.form_id} if record.form_id is not None else set())
    form = next((form_view(each) for each in forms.values()), None)
    if record.version_id is not None:
        return _start_runs(core, tx, record, page, form, now)
    return _write_texts(core, tx, record, page, form, now)


def _write_texts(
    core: Core, tx: Tx, record: BroadcastRecord, page: Sequence[Recipient], form: FormView | None, now: datetime
) -> tuple[int, dict[str, int]]:
    text = broadcast_text(read_broadcast(core, record), form)
    latest = now + core.options.message_life
    expires_at = latest if record.expires_at is None else min(latest, record.expires_at)
    outgoing = Outgoing(core, now)
    skipped: Counter[str] = Counter()
    for member in page:
        why_not = None if member.consent == "subscribed" else "unsubscribed"
        body, fault = text.fill(view_of(member)) if why_not is None else ((), None)
        why_not = why_not or fault
        its = NewText(
            intent=f"broadcast:{record.id}:{member.id}",
            member_id=member.id,
            phone=member.phone,
            body=body,
            links=() if why_not is not None else text.links,
            purpose=Purpose.BULK,
            quiet_hours=text.quiet_hours,
            links_url=text.links_url,
            expires_at=expires_at,
            broadcast_id=record.id,
            form_id=record.form_id,
            suppressed=why_not,
        )
        outgoing.add(its)
        if its.suppressed is not None:
            skipped[its.suppressed] += 1
    outgoing.write(tx)
    return len(page) - skipped.total(), dict(skipped)


def view_of(member: Recipient) -> MemberView:
    """What a text may say of a member."""
    names = ("first_name", "last_name", "email", "zip")
    fields = {**member.fields, **{name: getattr(member, name) for name in names}}
    return MemberView(id=member.id, phone=member.phone, fields=fields, groups=frozenset(), zones=(), subscribed=True)


def _start_runs(
    core: Core, tx: Tx, record: BroadcastRecord, page: Sequence[Recipient], form: FormView | None, now: datetime
) -> tuple[int, dict[str, int]]:
    skipped: Counter[str] = Counter(unsubscribed=sum(member.consent != "subscribed" for member in page))
    members = {member.id for member in page if member.consent == "subscribed"}
    batch = Batch(core, tx, now)
    version = _version(core, tx, record)
    batch.load_members(members_by_id(tx, members))
    active = active_by_member(batch, members)
    run_ids = iter(reserve_run_ids(tx, len(members)))
    for member_id in sorted(members):
        if not may_enter(batch, version, active.get(member_id, [])):
            skipped["already_in_flow"] += 1
            continue
        start_run(
            batch, run_id=next(run_ids), version=version, member_id=member_id, form=form, broadcast_id=record.id
        )  # fmt: skip
    finish(batch)
    return len(page) - skipped.total(), dict(skipped)


def _version(core: Core, tx: Tx, record: BroadcastRecord) -> Version:
    if record.version_id is None:
        raise AssertionError("only a broadcast of a flow starts runs")
    return core.programs.by_id(tx, {record.version_id})[record.version_id]
