"""Sending: intent, claim, one call, result; each committed before the next (design: at most once).

The claim checks consent, quiet hours, expiry and every gate of the plugins in its own transaction. What may have been
sent is never sent again before a look-up that found nothing (see ``resolve_unknown``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from ascend_core.contracts import (
    Allow,
    Channel,
    ChannelType,
    Deny,
    Gate,
    Hold,
    MemberView,
    NotOwed,
    Outbound,
    PlannedMessage,
    Purpose,
    Receipt,
    Verdict,
)
from ascend_core.errors import NeedsAttention, Refused, TryLater, Unsure
from ascend_core.operations.batch import Batch
from ascend_core.operations.connect import open_channel
from ascend_core.operations.core import Core
from ascend_core.operations.fan_out import CANCELLED
from ascend_core.operations.leaving import members_leave
from ascend_core.operations.nudge_facts import load_nudge_facts
from ascend_core.operations.nudge_gaps import load_gaps
from ascend_core.operations.run_loading import load_runs
from ascend_core.operations.views import form_view, member_view, quiet_from_json
from ascend_core.store import messages as rows
from ascend_core.store.broadcasts import UNTIL_RESUMED, halted
from ascend_core.store.channels import ChannelRecord, set_channel
from ascend_core.store.consents import NewConsent, consent_states, record_consents
from ascend_core.store.database import Tx
from ascend_core.store.forms import FormRecord, forms_by_id
from ascend_core.store.members import members_by_id
from ascend_core.store.messages import MessageRecord
from ascend_core.store.runs import runs_by_id, timers_by_id

__all__ = ["MOST_TRIES", "claim_messages", "recover_sends", "resolve_unknown", "send_messages", "strictest"]

AT_ONCE = 20
"""Calls to one provider at the same time."""

MOST_TRIES = 8
"""After this many times *surely not sent* a text fails: with the back-off below that is about an hour."""

FIRST_BACKOFF_SECONDS = 15.0
LONGEST_BACKOFF_SECONDS = 900.0

LEAST_HOLD = timedelta(seconds=1)
"""A plugin's gate that holds until a moment that is past would be asked again for ever."""

LEAST_VALID_SECONDS = 60
"""A provider is not given less time than this to deliver."""


async def send_messages(core: Core, limit: int = 100) -> int:
    """Claim up to *limit* texts, hand each to the provider once, and commit what came of it. Returns how many."""
    opened = open_channel(core)
    if opened is None:
        return 0
    record, type_, settings = opened
    now = core.clock.now()
    if record.problem is not None or (record.paused_until is not None and record.paused_until > now):
        return 0
    claimed = claim_messages(core, limit)
    if not claimed:
        return 0
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(message: MessageRecord) -> _Result:
        async with gate:
            return await _send_one(core, type_, settings, message)

    results = await asyncio.gather(*(one(message) for message in claimed))
    _commit_results(core, record, results)
    return len(claimed)


# claiming


def claim_messages(core: Core, limit: int) -> list[MessageRecord]:
    """Take texts that may go out now, each by moving it from ``ready`` to ``sending`` in this one transaction.

    What a gate holds waits to be decided again; what a gate denies is suppressed or expired, with its reason. An empty
    list means that nothing may go out now.
    """

    def work(tx: Tx) -> list[MessageRecord] | None:
        now = core.clock.now()
        rows.let_wait(tx, now)
        ready = rows.ready_messages(tx, now, limit)
        if not ready:
            return None
        consents = consent_states(tx, {message.phone for message in ready}, lock=True)
        members = members_by_id(tx, {message.member_id for message in ready})
        forms = forms_by_id(tx, {message.form_id for message in ready if message.form_id is not None})
        answered = _nudges_answered(core, tx, ready, now)
        stopped = halted(tx, {message.broadcast_id for message in ready if message.broadcast_id is not None})
        changes = []
        for message in ready:
            subscribed = consents.get(message.phone) == "subscribed"
            member = member_view(members[message.member_id], subscribed=subscribed)
            verdict = _verdict(core, message, member, forms, now)
            if isinstance(verdict, Allow):
                verdict = answered.get(message.timer_id, verdict)
            verdict = _unless_halted(verdict, message, stopped)
            changes.append(_claim_row(message, verdict, now))
        rows.move_messages(tx, changes, from_states=("ready",))
        taken = {row["id"] for row in changes if row["state"] == "sending"}
        return [message for message in ready if message.id in taken]

    while (claimed := core.database.write(work)) == []:
        pass  # all were held or denied; behind them may be others, of the same members too
    return claimed or []


def _unless_halted(verdict: Verdict, message: MessageRecord, stopped: Mapping[int, str]) -> Verdict:
    """What a paused broadcast's runs want to say meanwhile waits as well, unless it answers somebody."""
    if message.purpose != Purpose.BULK.value or not isinstance(verdict, Allow):
        return verdict
    match stopped.get(message.broadcast_id or 0):
        case "paused":
            return Hold(UNTIL_RESUMED, "paused")
        case "cancelled":
            return Deny(CANCELLED)
    return verdict


def _claim_row(message: MessageRecord, verdict: Verdict, now: datetime) -> dict[str, Any]:
    state, due_at = "sending", message.due_at
    reason: str | None = None
    claimed_at: datetime | None = now
    settled_at: datetime | None = None
    match verdict:
        case Hold():
            due_at = max(verdict.until, now + LEAST_HOLD)
            state, reason, claimed_at = "ready", verdict.why, None
        case Deny():
            state = "expired" if verdict.why == "expired" else "suppressed"
            reason, claimed_at, settled_at = verdict.why, None, now
        case Allow():
            pass
    return {
        "id": message.id,
        "state": state,
        "reason": reason,
        "due_at": due_at,
        "claimed_at": claimed_at,
        "settled_at": settled_at,
    }


def _verdict(
    core: Core, message: MessageRecord, member: MemberView, forms: Mapping[int, FormRecord], now: datetime
) -> Verdict:
    form = forms.get(message.form_id or 0)
    planned = PlannedMessage(
        id=message.id,
        purpose=Purpose(message.purpose),
        created_at=message.created_at,
        expires_at=message.expires_at,
        quiet_hours=quiet_from_json(message.quiet_hours, core.options.quiet_hours),
        form=None if form is None else form_view(form),
        hours=core.options.hours,
    )
    return strictest([type_.gate for type_ in core.registry.gates.values()], planned, member, now)


def strictest(gates: Sequence[Gate], message: PlannedMessage, member: MemberView, now: datetime) -> Verdict:
    """What the gates say together: any denial wins, then the longest hold. A gate that fails denies."""
    held: Hold | None = None
    for gate in gates:
        try:
            verdict = gate(message, member, now)
        except Exception:  # noqa: BLE001 -- a fence: a broken gate must never let a text through
            return Deny("gate_failed")
        match verdict:
            case Deny():
                return verdict
            case Hold(until=until) if until.tzinfo is not None:
                held = verdict if held is None or verdict.until > held.until else held
            case Allow():
                pass
            case _:
                return Deny("gate_failed")
    return held or Allow()


def _nudges_answered(core: Core, tx: Tx, ready: Sequence[MessageRecord], now: datetime) -> dict[int | None, Verdict]:
    """What is against nudges among *ready*, by timer: they may have waited since they were decided.

    Some are no longer owed; some would follow the member's last nudge too closely.
    """
    timers = timers_by_id(tx, {message.timer_id for message in ready if message.timer_id is not None})
    if not timers:
        return {}
    batch = Batch(core, tx, now)
    runs = load_runs(batch, runs_by_id(tx, {timer.run_id for timer in timers.values()}))
    facts = load_nudge_facts(tx, list(runs.values()))
    flows = [run.version.program.flow for run in runs.values()]
    gaps = load_gaps(core, tx, {timer.member_id for timer in timers.values()}, flows=flows, now=now, claimed=True)
    against: dict[int | None, Verdict] = {}
    for timer in timers.values():
        run = runs[timer.run_id]
        type_ = core.registry.nudges.get(timer.nudge_type or "")
        owed = NotOwed("no_such_type") if type_ is None else type_.still_owed(facts.view(timer, run))
        clear_at = gaps.clear_at(timer.member_id, run.version.program.flow)
        if isinstance(owed, NotOwed):
            against[timer.id] = Deny(owed.reason)
        elif clear_at is not None and clear_at > now:
            against[timer.id] = Hold(clear_at, "min_gap")
    return against


# calling


@frozen(kw_only=True)
class _Result:
    message: MessageRecord
    receipt: Receipt | None = None
    error: Exception | None = None
    withdrawn: bool = False
    """The member left between the claim and the call: there was no call."""


async def _send_one(core: Core, type_: ChannelType, settings: Any, message: MessageRecord) -> _Result:
    channel: Channel[Any] = type_.channel
    if _has_left(core, message):
        return _Result(message=message, withdrawn=True)
    try:
        receipt = await channel.send(settings, _outbound(core, type_, message))
    except Exception as error:  # noqa: BLE001 -- a fence: whatever a channel raises, the claim gets a result
        return _Result(message=message, error=error)
    return _Result(message=message, receipt=receipt)


def _has_left(core: Core, message: MessageRecord) -> bool:
    """Whether a STOP was committed since the claim: a batch of calls takes its time, and this one has not begun."""
    if message.purpose == Purpose.CONFIRMATION.value:
        return False
    states = core.database.read(lambda tx: consent_states(tx, {message.phone}))
    return states.get(message.phone) != "subscribed"


def _outbound(core: Core, type_: ChannelType, message: MessageRecord) -> Outbound:
    valid = None
    if message.expires_at is not None:
        left = (message.expires_at - core.clock.now()).total_seconds()
        valid = max(LEAST_VALID_SECONDS, int(left))
    return Outbound(
        message_key=message.key,
        phone=message.phone,
        body=message.body,
        callback_url=f"{core.options.public_url}/hooks/{type_.name}/status",
        valid_seconds=valid,
    )


# committing


def _commit_results(core: Core, record: ChannelRecord, results: Sequence[_Result]) -> None:
    def work(tx: Tx) -> None:
        now = core.clock.now()
        changes = [_result_row(core, result, now) for result in results]
        # a status that came before our own result has moved the message on already: it is not moved back
        rows.move_messages(tx, changes, from_states=("sending",))
        opted_out = [result.message.phone for result in results if _is_opt_out(result.error)]
        entries = [NewConsent(phone=phone, state="unsubscribed", source="carrier") for phone in opted_out]
        record_consents(tx, entries, now=now)
        members = {result.message.member_id for result in results if _is_opt_out(result.error)}
        members_leave(tx, members, "unsubscribed", now=now)
        problems = [str(result.error) for result in results if isinstance(result.error, NeedsAttention)]
        if problems:
            set_channel(tx, record.id, problem=problems[0])

    core.database.write(work)


def _is_opt_out(error: Exception | None) -> bool:
    return isinstance(error, Refused) and error.reason == "opted_out"


def _result_row(core: Core, result: _Result, now: datetime) -> dict[str, Any]:
    message, error, receipt = result.message, result.error, result.receipt
    row: dict[str, Any] = {
        "id": message.id,
        "state": "unknown",
        "reason": None,
        "attempts": message.attempts + 1,
        "due_at": now + core.options.lookup_after,
        "sent_at": None,
        "settled_at": None,
        "provider_id": None,
        "segments": None,
        "error_code": None,
    }
    if result.withdrawn:
        return row | {"state": "suppressed", "reason": "unsubscribed", "attempts": message.attempts, "settled_at": now}
    if receipt is not None:
        row |= {"state": receipt.state.value, "sent_at": now, "provider_id": receipt.provider_id}
        row |= {"segments": receipt.segments, "error_code": receipt.error_code}
        return row
    match error:
        case TryLater() if message.attempts + 1 < MOST_TRIES:
            row |= {"state": "ready", "reason": "try_later", "due_at": now + _backoff(core, message, error)}
        case TryLater():
            row |= {"state": "failed", "reason": "no_provider", "settled_at": now}
        case NeedsAttention():
            row |= {"state": "ready", "reason": "channel_stopped", "due_at": now}
        case Refused():
            row |= {"state": "failed", "reason": error.reason, "error_code": error.code, "settled_at": now}
        case Unsure():
            row["reason"] = "unsure"
        case _:
            # a bug in the channel: nobody knows how far the call came
            row["reason"] = "channel_failed"
    return row


def _backoff(core: Core, message: MessageRecord, error: TryLater) -> timedelta:
    seconds = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** min(message.attempts, MOST_TRIES))
    seconds *= 1 + 0.1 * core.randomness.fraction()
    return timedelta(seconds=max(seconds, error.after_seconds or 0.0))


# in doubt


def recover_sends(core: Core, *, older_than: timedelta | None = None) -> int:
    """After a crash: texts without a result become ``unknown``. Returns how many.

    At start that is every text that was being sent, whatever the clock says; later only what was claimed at least
    *older_than* ago.
    """
    before = None if older_than is None else core.clock.now() - older_than
    return core.database.write(lambda tx: rows.put_in_doubt(tx, claimed_before=before))


async def resolve_unknown(core: Core, limit: int = 50) -> int:
    """Look up texts that may have been sent: found ones are sent, those surely not there go back to ``ready``.

    What the provider cannot tell, after a few tries, is held for a person. Returns how many were settled.
    """
    opened = open_channel(core)
    if opened is None:
        return 0
    _, type_, settings = opened
    now = core.clock.now()
    doubtful = core.database.read(
        lambda tx: rows.unknown_messages(tx, claimed_before=now - core.options.lookup_after, now=now, limit=limit)
    )
    settled = 0
    for message in doubtful:
        row = await _look_up(core, type_, settings, message)
        core.database.write(lambda tx, row=row: rows.move_messages(tx, [row], from_states=("unknown",)))  # type: ignore[misc]  # -- bound by default
        settled += row["state"] != "unknown"
    return settled


async def _look_up(core: Core, type_: ChannelType, settings: Any, message: MessageRecord) -> dict[str, Any]:
    now = core.clock.now()
    row: dict[str, Any] = {"id": message.id, "state": "unknown", "reason": message.reason, "due_at": message.due_at}
    row |= {"attempts": message.attempts + 1, "provider_id": None, "sent_at": None}
    if type_.dedupe == "none":
        return row | {"state": "held", "reason": "unsure"}
    try:
        receipt = await type_.channel.lookup(settings, _outbound(core, type_, message), message.claimed_at or now)
    except Exception as error:  # noqa: BLE001 -- a fence: whatever a channel raises, the text stays in doubt
        wait = _backoff(core, message, error if isinstance(error, TryLater) else TryLater(""))
        if isinstance(error, TryLater) or message.attempts + 1 < MOST_TRIES:
            return row | {"due_at": now + wait}
        return row | {"state": "held", "reason": "unsure"}
    if receipt is None:
        return row | {"state": "ready", "reason": "looked_up", "due_at": now}
    return row | {"state": receipt.state.value, "reason": None, "provider_id": receipt.provider_id, "sent_at": now}
