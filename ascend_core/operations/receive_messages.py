"""What comes in from a provider: kept at once, STOP and START honoured with it, the rest handled after that."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from attrs import evolve

from ascend_core.contracts import ChannelEvent, DeliveryState, DeliveryStatus, Inbound, Purpose, Replied
from ascend_core.errors import DatabaseProblem
from ascend_core.operations.batch import Batch, RunDraft
from ascend_core.operations.core import Core
from ascend_core.operations.follow_ups import finish
from ascend_core.operations.leaving import members_leave
from ascend_core.operations.orphans import move_up
from ascend_core.operations.outgoing import NewText
from ascend_core.operations.pieces import halves, in_pieces
from ascend_core.operations.run_loading import load_runs
from ascend_core.operations.senders import ALARM_SHARES, look_for_alarm
from ascend_core.operations.set_aside import fail_runs
from ascend_core.operations.sprints import resume_run
from ascend_core.operations.wording import CONFIRMATIONS, confirmation
from ascend_core.store import inbound as rows
from ascend_core.store import messages as message_rows
from ascend_core.store.channels import channels, set_channel
from ascend_core.store.consents import ConsentState, NewConsent, consent_states, record_consents
from ascend_core.store.database import Tx
from ascend_core.store.inbound import InboundRecord, Said
from ascend_core.store.inbox import NewConversation, doubt_members, settle_doubts
from ascend_core.store.members import MemberRecord, members_by_phone
from ascend_core.store.runs import RunRecord, active_runs
from ascend_core.store.types import from_micros

__all__ = ["handle_inbound", "receive_events"]

Keyword = Literal["stop", "start", "help", "doubtful"]

_CONSENT: dict[str, ConsentState] = {"stop": "unsubscribed", "start": "subscribed"}
"""What a keyword says about consent. It counts in the order of arrival, whenever the text is handled."""

_NOTHING = (datetime.min.replace(tzinfo=UTC), 0)
"""What a run said that said nothing yet: longer ago than anything."""

_BARE_YES = re.compile(r"\W*yes\W*", re.IGNORECASE)


def receive_events(core: Core, channel: str, events: Sequence[ChannelEvent]) -> int:
    """Keep *events* of one request and commit: whoever said STOP is never claimed for again. Returns the new texts.

    The same event told again changes nothing.
    """

    def work(tx: Tx) -> int:
        now = core.clock.now()
        texts = [event for event in events if isinstance(event, Inbound)]
        statuses = [event for event in events if isinstance(event, DeliveryStatus)]
        new = _keep_texts(tx, channel, texts, now)
        _apply_statuses(tx, channel, statuses, now)
        if new:
            core.wakes("receive", tx)
        return new

    return core.database.write(work)


def _keep_texts(tx: Tx, channel: str, texts: Sequence[Inbound], now: datetime) -> int:
    if not texts:
        return 0
    known = rows.known_provider_ids(tx, channel, {text.provider_id for text in texts})
    told = {text.provider_id: text for text in texts if text.provider_id not in known}
    if not told:
        return 0
    states = consent_states(tx, {text.phone for text in told.values()}, lock=True)
    fresh, entries = [], []
    for text in told.values():
        meant = evolve(text, keyword=_meant(text, states.get(text.phone)))
        if meant.keyword == "stop" and states.get(text.phone) == "unsubscribed":
            meant = evolve(meant, provider_answered=True)  # who left already gets one confirmation, never a second
        fresh.append(meant)
        state = _CONSENT.get(meant.keyword or "")
        if state is not None and (state == "unsubscribed" or states.get(text.phone) != state):
            states[text.phone] = state
            evidence = {"text": text.provider_id}
            entries.append(NewConsent(phone=text.phone, state=state, source="keyword", evidence=evidence))
    members = members_by_phone(tx, {text.phone for text in fresh})
    new = rows.keep_inbound(tx, [_inbound_row(channel, text, members.get(text.phone), now) for text in fresh])
    record_consents(tx, entries, now=now)
    gone = [members[text.phone].id for text in fresh if text.keyword == "stop" and text.phone in members]
    if gone:
        message_rows.cancel_texts(tx, reason="unsubscribed", now=now, member_ids=gone)
    _keep_doubts(tx, fresh, members, now)
    return new


def _keep_doubts(tx: Tx, texts: Sequence[Inbound], members: Mapping[str, MemberRecord], now: datetime) -> None:
    """Who may have meant STOP is texted by no flow until a person has read it, or they say START or STOP."""
    doubts: dict[int, bool] = {}
    for text in texts:
        if text.phone in members and text.keyword in ("doubtful", "start", "stop"):
            doubts[members[text.phone].id] = text.keyword == "doubtful"
    if doubtful := {member_id for member_id, doubt in doubts.items() if doubt}:
        doubt_members(tx, doubtful, now=now)
    if told := doubts.keys() - doubtful:
        settle_doubts(tx, told, now=now)


def _meant(text: Inbound, state: ConsentState | None) -> Keyword | None:
    """YES answers flows; only from someone who left it can mean: in again, whatever the provider takes it for."""
    if text.keyword in (None, "start") and _BARE_YES.fullmatch(text.body):
        return "start" if state == "unsubscribed" else None
    return text.keyword


def _inbound_row(channel: str, text: Inbound, member: MemberRecord | None, now: datetime) -> dict[str, Any]:
    return {
        "channel": channel,
        "provider_id": text.provider_id,
        "phone": text.phone,
        "member_id": None if member is None else member.id,
        "body": text.body,
        "keyword": text.keyword,
        "provider_answered": text.provider_answered,
        "received_at": now,
    }


def _apply_statuses(tx: Tx, channel: str, statuses: Sequence[DeliveryStatus], now: datetime) -> None:
    if not statuses:
        return
    message_rows.note_deliveries(tx, [_event_row(channel, status, now) for status in statuses])
    keys = {status.message_key for status in statuses if status.message_key}
    provider_ids = {status.provider_id for status in statuses if status.provider_id}
    _stop_channel(tx, channel, statuses)
    found = message_rows.messages_by_key(tx, keys, provider_ids)
    by_key = {message.key: message for message in found}
    by_provider_id: dict[str | None, list[message_rows.MessageRecord]] = {}
    for message in found:
        by_provider_id.setdefault(message.provider_id, []).append(message)
    told, left, leaving = [], [], set()
    for status in statuses:
        if status.state is None:
            continue
        for message in _about(status, by_key, by_provider_id):
            told.append((status.state, _status_row(message, status, status.state, now)))
            if status.reason == "opted_out":
                left.append(NewConsent(phone=message.phone, state="unsubscribed", source="carrier"))
                leaving.add(message.member_id)
    move_up(tx, told)
    record_consents(tx, left, now=now)
    members_leave(tx, leaving, "unsubscribed", now=now)
    _look_for_alarm(tx, channel, statuses, now)


def _look_for_alarm(tx: Tx, channel: str, statuses: Sequence[DeliveryStatus], now: datetime) -> None:
    if not any(status.reason in ALARM_SHARES for status in statuses):
        return
    for record in channels(tx):
        if record.channel == channel:
            look_for_alarm(tx, record, now)


def _stop_channel(tx: Tx, channel: str, statuses: Sequence[DeliveryStatus]) -> None:
    """Nothing more goes out while the provider fails texts for a reason that only a person can remove."""
    problem = next((status.problem for status in statuses if status.problem is not None), None)
    for record in channels(tx) if problem is not None else ():
        if record.channel == channel:
            set_channel(tx, record.id, problem=problem)


def _about(
    status: DeliveryStatus,
    by_key: Mapping[str, message_rows.MessageRecord],
    by_provider_id: Mapping[str | None, Sequence[message_rows.MessageRecord]],
) -> Sequence[message_rows.MessageRecord]:
    """The messages that a status is about: the one with our key where it brought that, else by the provider's id."""
    if status.message_key:
        return [by_key[status.message_key]] if status.message_key in by_key else []
    return () if status.provider_id is None else by_provider_id.get(status.provider_id, ())


def _event_row(channel: str, status: DeliveryStatus, now: datetime) -> dict[str, Any]:
    return {
        "channel": channel,
        "provider_id": status.provider_id,
        "message_key": status.message_key,
        "state": None if status.state is None else status.state.value,
        "error_code": status.error_code,
        "reason": status.reason,
        "received_at": now,
    }


def _status_row(
    message: message_rows.MessageRecord, status: DeliveryStatus, state: DeliveryState, now: datetime
) -> dict[str, Any]:
    return {
        "id": message.id,
        "state": state.value,
        "reason": status.reason,
        "provider_id": status.provider_id or message.provider_id,
        "error_code": status.error_code,
        "settled_at": None if state is DeliveryState.SENT else now,
    }


# handling


def handle_inbound(core: Core, limit: int = 100) -> int:
    """Do what texts ask for, in the order they came: keywords first of all, then flows, then the inbox.

    Returns how many were handled. A batch that cannot be handled whole is handled in pieces; a text that something
    breaks on goes to a person, and the run that should have heard it is over.
    """
    try:
        return core.database.write(lambda tx: _handle(core, tx, rows.unhandled_inbound(tx, limit)))
    except DatabaseProblem:
        raise
    except Exception:
        waiting = core.database.write(lambda tx: [text.id for text in rows.unhandled_inbound(tx, limit)])
        if not waiting:
            raise

    def piece(ids: Sequence[int], broke: str | None) -> int:
        """What other workers handled meanwhile is not there any more."""
        return core.database.write(lambda tx: _handle(core, tx, rows.still_unhandled(tx, ids), broke))

    return sum(handled for half in halves(waiting) for handled in in_pieces(half, piece))


def _handle(core: Core, tx: Tx, waiting: Sequence[InboundRecord], broke: str | None = None) -> int:
    if not waiting:
        return 0
    batch = Batch(core, tx, core.clock.now())
    _Handler(batch, waiting, broke).handle()
    finish(batch)
    return len(waiting)


class _Handler:
    """*broke*: what the texts broke on before; no run is asked to go on then."""

    def __init__(self, batch: Batch, waiting: Sequence[InboundRecord], broke: str | None) -> None:
        self.batch = batch
        self.waiting = waiting
        self.broke = broke
        self.members = members_by_phone(batch.tx, {text.phone for text in waiting})
        batch.load_members({member.id: member for member in self.members.values()})
        self.records = active_runs(batch.tx, {member.id for member in self.members.values()}) if self.members else []
        self.runs: dict[int, list[RunDraft]] = {}
        """By member, oldest first."""
        if broke is None:
            for run in load_runs(batch, {record.id: record for record in self.records}).values():
                self.runs.setdefault(run.record.member_id, []).append(run)
        self.said = self._what_was_said()

    def handle(self) -> None:
        done = [self._handle_one(text) for text in self.waiting]
        rows.handle_inbound(self.batch.tx, done)

    def _handle_one(self, text: InboundRecord) -> dict[str, Any]:
        member = self.members.get(text.phone)
        keyword = text.keyword
        if keyword is not None and keyword in CONFIRMATIONS:
            self._obey(text, keyword, member)
            return self._row(text, member, "keyword")
        if member is None:
            return self._row(text, None, "stranger")
        run = self._listener(member, text) if keyword is None else None
        if run is None:
            self._set_aside(text, member)
            waits = NewConversation(member_id=member.id, reason="reply", opened_at=self.batch.now)
            self.batch.asked.conversations.append(waits)
            return self._row(text, member, "inbox")
        resume_run(self.batch, run, Replied(text.body))
        return self._row(text, member, "answered", run_id=run.record.id)

    def _what_was_said(self) -> dict[int, list[Said]]:
        """What the runs that wait for a reply have texted. One query."""
        mine = (run.record for runs in self.runs.values() for run in runs)
        found: dict[int, list[Said]] = {}
        for said in rows.last_said(self.batch.tx, {run.id for run in mine if run.state.get("hears_replies")}):
            found.setdefault(said.run_id, []).append(said)
        return found

    def _listener(self, member: MemberRecord, text: InboundRecord) -> RunDraft | None:
        """Of the member's runs that waited for a reply when *text* came, the one that texted last; else the youngest.

        A question, or a nudge about one: people answer what they got last, and no question that is put off.
        """
        hearing = [
            run
            for run in self.runs.get(member.id, [])
            if _hears(run.record, text) and self._has_asked(run.record, text)
        ]
        return max(hearing, key=lambda run: (*self._last_text(run.record.id), run.record.id), default=None)

    def _has_asked(self, run: RunRecord, text: InboundRecord) -> bool:
        """Whether *text* may answer what *run* asks: not while the question is put off, as until the morning."""
        asked = [said for said in self.said.get(run.id, ()) if said.step == run.state.get("position")]
        return not asked or any(
            said.claimed_at is not None or said.due_at is None or said.due_at <= text.received_at for said in asked
        )

    def _last_text(self, run_id: int) -> tuple[datetime, int]:
        said = self.said.get(run_id, ())
        sent = [(each.claimed_at, each.message_id) for each in said if each.claimed_at is not None]
        return max(sent, default=_NOTHING)

    def _set_aside(self, text: InboundRecord, member: MemberRecord) -> None:
        if self.broke is not None and text.keyword is None:
            mine = [record for record in self.records if record.member_id == member.id and _hears(record, text)]
            fail_runs(self.batch.tx, {record.id for record in mine[-1:]}, self.broke, now=self.batch.now)

    def _obey(self, text: InboundRecord, keyword: str, member: MemberRecord | None) -> None:
        if keyword == "stop" and member is not None:
            if self.broke is not None:
                members_leave(self.batch.tx, {member.id}, "unsubscribed", now=self.batch.now)
            for run in self.runs.get(member.id, []):
                self.batch.end_run(run, "unsubscribed", cancel_nudges=True)
            self.batch.cancel_member(member.id, "unsubscribed")
        if member is not None and not text.provider_answered:
            self._confirm(text, keyword, member)

    def _confirm(self, text: InboundRecord, keyword: str, member: MemberRecord) -> None:
        self.batch.outgoing.add(
            NewText(
                intent=f"confirm:{text.id}",
                member_id=member.id,
                phone=member.phone,
                body=(confirmation(keyword, self.batch.core.options.program),),
                purpose=Purpose.CONFIRMATION,
                expires_at=self.batch.message_life(),
            )
        )

    def _row(
        self, text: InboundRecord, member: MemberRecord | None, outcome: str, *, run_id: int | None = None
    ) -> dict[str, Any]:
        return {
            "id": text.id,
            "member_id": None if member is None else member.id,
            "handled_at": self.batch.now,
            "outcome": outcome,
            "run_id": run_id,
        }


def _hears(run: RunRecord, text: InboundRecord) -> bool:
    """Whether *run* waited for a reply when *text* came."""
    if run.ended_at is not None or not run.state.get("waiting") or not run.state.get("hears_replies"):
        return False
    came_to = run.state.get("since")
    # else its question was not out yet when this text came: two texts at once are one answer
    return came_to is None or from_micros(came_to) <= text.received_at
