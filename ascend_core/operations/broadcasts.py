"""Broadcasts as an operator handles them: made, paused, resumed, cancelled, looked at (row I1)."""

from __future__ import annotations

import difflib
from datetime import datetime
from typing import Any

from attrs import frozen

from ascend_core.errors import BadInput, NotFound
from ascend_core.flow.broadcast import Broadcast, load_broadcast
from ascend_core.operations.addresses import check_links_url
from ascend_core.operations.core import Core
from ascend_core.operations.fan_out import read_broadcast, stop_chunk
from ascend_core.operations.fetch_forms import find_form_anywhere
from ascend_core.store import broadcasts as rows
from ascend_core.store.accounts import accounts
from ascend_core.store.broadcasts import Audience, BroadcastRecord
from ascend_core.store.database import Tx
from ascend_core.store.flows import live_versions
from ascend_core.store.members import group_names_by_id

__all__ = [
    "Progress",
    "audience_of",
    "broadcast_list",
    "cancel_broadcast",
    "form_id_of",
    "make_broadcast",
    "pause_broadcast",
    "progress_of",
    "resume_broadcast",
]


@frozen(kw_only=True)
class Progress:
    """How far a broadcast came."""

    record: BroadcastRecord
    groups: tuple[str, ...]
    excluded: tuple[str, ...]
    run: str | None
    members: int
    """Whom it reaches, decided or still to be; before it begins, as the groups are now."""
    texts: dict[str, int]
    """By state."""
    stopped: dict[str, int]
    """Texts that were not sent or did not arrive, by reason."""

    @property
    def decided(self) -> int:
        """Members for whom a text or run was made, or none for a reason."""
        return self.record.queued + sum(self.record.skipped.values())

    @property
    def handed_over(self) -> int:
        """Texts that the provider took."""
        return sum(self.texts.get(state, 0) for state in ("sent", "delivered", "undelivered"))

    @property
    def settled(self) -> int:
        """Texts that nothing more is done about."""
        return sum(self.texts.values()) - sum(self.texts.get(state, 0) for state in rows.OPEN_TEXTS)

    def to_json(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        record = self.record
        return {
            "broadcast": record.name,
            "state": record.state,
            "problem": record.problem,
            "to": list(self.groups),
            "except": list(self.excluded),
            "run": self.run,
            "members": self.members,
            "queued": record.queued,
            "skipped": record.skipped,
            "texts": self.texts,
            "not_sent": self.stopped,
            "starts_at": record.starts_at,
            "began_at": record.began_at,
            "expires_at": record.expires_at,
            "queued_at": record.queued_at,
            "finished_at": record.finished_at,
        }


def make_broadcast(core: Core, text: str, *, file: str, at: datetime | None = None) -> BroadcastRecord:
    """Store a broadcast that begins at *at*; None: now. The worker carries it out.

    Raises FlowProblem for a document that does not hold, BadInput for a name that was used before, a group or form
    that does not exist, a flow that is not live, or an address for its links that is none of ours.
    """
    document = load_broadcast(text, file=file, trackers=core.registry.link_trackers)
    check_links_url(core.options, f"broadcast '{document.name}'", document.links_url)

    def work(tx: Tx) -> BroadcastRecord:
        now = core.clock.now()
        if rows.broadcast_by_name(tx, document.name) is not None:
            raise BadInput(
                f"there is a broadcast '{document.name}' already, and nobody gets it twice; give this one another name"
            )
        if document.run is not None and not live_versions(tx, {document.run}):
            raise BadInput(f"broadcast '{document.name}': the flow '{document.run}' is not live; publish it first")
        audience = audience_of(tx, document)
        values = {
            "name": document.name,
            "source": text,
            "form_id": form_id_of(tx, document),
            "state": "scheduled",
            "starts_at": at or now,
            "created_at": now,
        }
        id_ = rows.insert_broadcast(
            tx, values, group_ids=audience.group_ids, excluded_ids=audience.excluded_ids
        )  # fmt: skip
        return _there(rows.broadcast_by_id(tx, id_), document.name)

    return core.database.write(work)


def audience_of(tx: Tx, document: Broadcast) -> Audience:
    """The groups that *document* names. Raises NotFound for one that does not exist."""
    known = rows.group_ids(tx, {*document.to, *document.excluded})
    for name in (*document.to, *document.excluded):
        if name not in known:
            raise NotFound(f"broadcast '{document.name}': there is no group '{name}'")
    return Audience(
        group_ids=tuple(sorted({known[name] for name in document.to})),
        excluded_ids=tuple(sorted({known[name] for name in document.excluded})),
    )


def form_id_of(tx: Tx, document: Broadcast) -> int | None:
    """The form that *document* speaks of. Raises NotFound when no account has it, BadInput when it may be several."""
    if document.form is None:
        return None
    if not accounts(tx):
        raise NotFound(f"broadcast '{document.name}': no account is connected, so there is no form '{document.form}'")
    return find_form_anywhere(tx, document.form).id


def pause_broadcast(core: Core, name: str) -> BroadcastRecord:
    """Let nothing more of a broadcast begin or be sent, but answers to people who write. Raises BadInput.

    It holds at once: its unsent texts are put off in the same transaction.
    """

    def work(tx: Tx) -> BroadcastRecord:
        record = _named(tx, name)
        if record.state not in ("scheduled", "sending"):
            raise BadInput(f"'{name}' is {record.state}; only what is scheduled or sending can be paused")
        rows.move_broadcast(tx, record, state="paused")
        rows.hold_texts(tx, record.id, rows.UNTIL_RESUMED)
        return _named(tx, name)

    return core.database.write(work)


def resume_broadcast(core: Core, name: str) -> BroadcastRecord:
    """Let a paused broadcast go on where it stopped. Raises BadInput when it is not paused."""

    def work(tx: Tx) -> BroadcastRecord:
        record = _named(tx, name)
        if record.state != "paused":
            raise BadInput(f"'{name}' is {record.state}; only what is paused can be resumed")
        rows.move_broadcast(tx, record, state="scheduled" if record.began_at is None else "sending", problem=None)
        rows.release_texts(tx, record.id, held_until=rows.UNTIL_RESUMED, now=core.clock.now())
        return _named(tx, name)

    return core.database.write(work)


def cancel_broadcast(core: Core, name: str) -> BroadcastRecord:
    """End a broadcast for good: unsent texts are suppressed, runs it started end. What was sent stays sent.

    Nothing more is claimed once the first transaction is over; a large one is cleared in several, and by the worker
    if this process dies. Raises BadInput when there is nothing left to cancel.
    """

    def begin(tx: Tx) -> BroadcastRecord:
        record = _named(tx, name)
        over = record.state == "sent" and record.version_id is None
        if record.state == "cancelled" or over:
            raise BadInput(f"'{name}' is {record.state} already; there is nothing to cancel")
        rows.move_broadcast(tx, record, state="cancelled", finished_at=None)
        rows.hold_texts(tx, record.id, rows.UNTIL_RESUMED)
        return _named(tx, name)

    record = core.database.write(begin)
    while core.database.write(lambda tx: stop_chunk(tx, _named(tx, name), core.clock.now())):
        pass
    return core.database.read(lambda tx: _there(rows.broadcast_by_id(tx, record.id), name))


def progress_of(core: Core, name: str) -> Progress:
    """How far a broadcast came. Raises NotFound."""
    return core.database.read(
        lambda tx: _progress(core, tx, _there(rows.broadcast_by_name(tx, name), name, _names(tx)))
    )  # fmt: skip


def broadcast_list(core: Core) -> list[Progress]:
    """Every broadcast, the newest first."""
    return core.database.read(lambda tx: [_progress(core, tx, record) for record in rows.broadcasts(tx)])


def _progress(core: Core, tx: Tx, record: BroadcastRecord) -> Progress:
    groups = rows.broadcast_groups(tx, record.id)
    names = group_names_by_id(tx, {*groups.group_ids, *groups.excluded_ids})
    decided = record.queued + sum(record.skipped.values())
    left = 0
    if record.queued_at is None and record.state != "cancelled":
        audience = Audience(
            group_ids=groups.group_ids, excluded_ids=groups.excluded_ids, joined_by=record.began_at
        )  # fmt: skip
        left, _ = rows.audience_count(tx, audience, after=record.position)
    texts: dict[str, int] = {}
    stopped: dict[str, int] = {}
    for (state, reason), count in sorted(rows.message_counts(tx, record.id).items(), key=str):
        texts[state] = texts.get(state, 0) + count
        if reason is not None:
            stopped[reason] = stopped.get(reason, 0) + count
    return Progress(
        record=record,
        groups=tuple(names[id_] for id_ in groups.group_ids),
        excluded=tuple(names[id_] for id_ in groups.excluded_ids),
        run=read_broadcast(core, record).run,
        members=decided + left,
        texts=texts,
        stopped=stopped,
    )


def _named(tx: Tx, name: str) -> BroadcastRecord:
    return _there(rows.broadcast_by_name(tx, name, lock=True), name, _names(tx))


def _names(tx: Tx) -> list[str]:
    return [record.name for record in rows.broadcasts(tx)]


def _there(record: BroadcastRecord | None, name: str, known: list[str] | None = None) -> BroadcastRecord:
    if record is None:
        near = difflib.get_close_matches(name, known or [], n=1)
        hint = f"did you mean '{near[0]}'?" if near else "see: ascend broadcasts list"
        raise NotFound(f"there is no broadcast '{name}'; {hint}")
    return record
