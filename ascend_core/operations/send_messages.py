"""Sending: intent, claim, one call, result; each committed before the next (design: at most once).

The claim is in ``claim_messages``; what may have been sent is cleared up in ``doubt``, never by sending it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from ascend_core.contracts import Channel, ChannelType, DeliveryState, Outbound, Purpose, Receipt
from ascend_core.errors import NeedsAttention, Refused, TryLater, Unsure
from ascend_core.gates.expiry import LEAST_VALID
from ascend_core.operations.batch_of_calls import NO_ANSWER, BatchOfCalls
from ascend_core.operations.breakers import note_answers
from ascend_core.operations.claim_messages import Claimed, claim_messages
from ascend_core.operations.connect import OpenChannel, open_channel
from ascend_core.operations.core import Core
from ascend_core.operations.leaving import members_leave
from ascend_core.operations.orphans import UPWARD, join_orphans
from ascend_core.operations.senders import give_back, look_for_alarm, pause_sending, standing_of
from ascend_core.store import messages as rows
from ascend_core.store.channels import ChannelRecord, lock_channel, set_channel
from ascend_core.store.consents import NewConsent, consent_states, record_consents
from ascend_core.store.database import Tx
from ascend_core.store.messages import MessageRecord

__all__ = ["MOST_TRIES", "backoff", "outbound", "send_messages"]

AT_ONCE = 20
"""Calls to one provider at the same time."""

MOST_TRIES = 8
"""After this many times *surely not sent* a text fails: with the back-off below that is about an hour."""

FIRST_BACKOFF_SECONDS = 15.0
LONGEST_BACKOFF_SECONDS = 900.0

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
"""Of a sender or an account that was told to slow down, where the provider did not say for how long."""


async def send_messages(
    core: Core, limit: int = 100, opened: OpenChannel | None = None, *, ending: Callable[[], bool] = lambda: False
) -> int:
    """Claim up to *limit* texts, hand each to the provider once, and commit what came of it. Returns how many.

    *opened*: the channel that sends, where it was opened a moment ago; *ending*: whether this process was asked to end.
    """
    opened = opened or open_channel(core)
    if opened is None or opened[0].stopped:
        return 0
    record, type_, settings = opened
    claimed = claim_messages(core, limit, opened)
    if not claimed:
        return 0
    calls = BatchOfCalls(core.clock.monotonic(), core.clock.monotonic, ending)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(each: Claimed) -> _Result:
        async with gate:
            return await _send_one(core, type_, settings, each, calls)

    results = await asyncio.gather(*(one(each) for each in claimed))
    _commit_results(core, record, type_, settings, results)
    return len(claimed)


# calling


@frozen(kw_only=True)
class _Result:
    message: MessageRecord
    receipt: Receipt | None = None
    error: Exception | None = None
    withdrawn: bool = False
    """The member left between the claim and the call: there was no call."""
    given_back: str | None = None
    """Why there was no call though there might have been one; None: there was, or the member left."""

    @property
    def was_called(self) -> bool:
        """Whether the provider was asked."""
        return not self.withdrawn and self.given_back is None


async def _send_one(core: Core, type_: ChannelType, settings: Any, claimed: Claimed, calls: BatchOfCalls) -> _Result:
    channel: Channel[Any] = type_.channel
    message = claimed.message
    if (why := calls.over()) is not None:
        return _Result(message=message, given_back=why)
    if _has_left(core, message):
        return _Result(message=message, withdrawn=True)
    try:
        receipt = await channel.send(settings, outbound(core, type_, message, claimed.valid_until))
    except Exception as error:  # noqa: BLE001 -- a fence: whatever a channel raises, the claim gets a result
        calls.heard(error)
        return _Result(message=message, error=error)
    calls.heard(None)
    return _Result(message=message, receipt=receipt)


def _has_left(core: Core, message: MessageRecord) -> bool:
    """Whether a STOP was committed since the claim: a batch of calls takes its time, and this one has not begun."""
    if message.purpose == Purpose.CONFIRMATION.value:
        return False
    states = core.database.read(lambda tx: consent_states(tx, {message.phone}))
    return states.get(message.phone) != "subscribed"


def outbound(core: Core, type_: ChannelType, message: MessageRecord, valid_until: datetime | None) -> Outbound:
    """A text as the channel wants it."""
    valid = None
    if valid_until is not None:
        left = valid_until - core.clock.now()
        valid = int(max(LEAST_VALID, left).total_seconds())
    return Outbound(
        message_key=message.key,
        phone=message.phone,
        body=message.body,
        callback_url=f"{core.options.public_url}/hooks/{type_.name}/status",
        valid_seconds=valid,
    )


# committing


def _commit_results(
    core: Core, record: ChannelRecord, type_: ChannelType, settings: Any, results: Sequence[_Result]
) -> None:
    taken = [result for result in results if result.receipt is not None]
    others = [result for result in results if result.receipt is None]

    def work(tx: Tx) -> None:
        now = core.clock.now()
        # what the provider has was sent, whatever became of the claim; a status that came first is not moved back
        rows.move_messages(tx, [_sent_row(result, now) for result in taken], from_states=UPWARD[DeliveryState.SENT])
        # what did not go well says something about this claim only
        changes = [_result_row(core, result, now) for result in others]
        rows.move_messages(tx, changes, from_states=("sending",), same_claim=True)
        join_orphans(tx, type_.name, [result.receipt.provider_id for result in taken if result.receipt], now)
        _note_refusals(tx, record, type_, others, now)
        _slow_down(core, tx, record, type_, settings, others)
        uncalled = [result for result in others if result.given_back is not None]
        give_back(core, tx, record, type_, settings, [result.message.body for result in uncalled])
        outcomes = [result.error for result in results if result.was_called]
        note_answers(core, tx, record, outcomes, silent=any(each.given_back == NO_ANSWER for each in uncalled))
        problems = [str(result.error) for result in others if isinstance(result.error, NeedsAttention)]
        if problems:
            set_channel(tx, record.id, problem=problems[0])

    core.database.write(work)


def _note_refusals(
    tx: Tx, record: ChannelRecord, type_: ChannelType, results: Sequence[_Result], now: datetime
) -> None:
    """Keep what the provider refused beside the delivery statuses; whoever has left there has left here."""
    refused = [(result.message, result.error) for result in results if isinstance(result.error, Refused)]
    if not refused:
        return
    events = [
        {
            "channel": type_.name,
            "provider_id": None,
            "message_key": message.key,
            "state": "failed",
            "error_code": error.code,
            "reason": error.reason,
            "received_at": now,
        }
        for message, error in refused
    ]
    rows.note_deliveries(tx, events)
    left = [message for message, error in refused if error.reason == "opted_out"]
    if left:
        entries = [NewConsent(phone=message.phone, state="unsubscribed", source="carrier") for message in left]
        record_consents(tx, entries, now=now)
        members_leave(tx, {message.member_id for message in left}, "unsubscribed", now=now)
    look_for_alarm(tx, lock_channel(tx, record.id), now)


def _slow_down(
    core: Core, tx: Tx, record: ChannelRecord, type_: ChannelType, settings: Any, results: Sequence[_Result]
) -> None:
    """Pause the sender or the account where the provider said that it had too much; nothing else is held up."""
    for account in (False, True):
        told = [
            (result.message, result.error)
            for result in results
            if isinstance(result.error, TryLater) and result.error.scope == ("account" if account else "sender")
        ]
        if told:
            seconds = max(_pause_seconds(core, message, error) for message, error in told)
            standing = standing_of(core, tx, record, type_, settings)
            pause_sending(core, tx, standing, account=account, seconds=seconds)


def _sent_row(result: _Result, now: datetime) -> dict[str, Any]:
    message, receipt = result.message, result.receipt
    if receipt is None:
        raise AssertionError("only a text with a receipt was sent")
    return {
        "id": message.id,
        "state": receipt.state.value,
        "reason": None,
        "attempts": message.attempts + 1,
        "sent_at": now,
        "claimed_at": message.claimed_at,
        "settled_at": None,
        "provider_id": receipt.provider_id,
        "segments": receipt.segments,
        "error_code": receipt.error_code,
    }


def _result_row(core: Core, result: _Result, now: datetime) -> dict[str, Any]:
    message, error = result.message, result.error
    row: dict[str, Any] = {
        "id": message.id,
        "claim": message.claim,
        "state": "unknown",
        "reason": None,
        "attempts": message.attempts + 1,
        "due_at": now + core.options.lookup_after,
        "settled_at": None,
        "error_code": None,
    }
    uncalled = {"attempts": message.attempts}
    if result.withdrawn:
        return row | uncalled | {"state": "suppressed", "reason": "unsubscribed", "settled_at": now}
    if result.given_back is not None:
        return row | uncalled | {"state": "ready", "reason": result.given_back, "due_at": now}
    match error:
        case TryLater() if error.scope != "call":
            row |= {"state": "ready", "reason": "slowed_down", "due_at": now}
        case TryLater() if message.attempts + 1 < MOST_TRIES:
            row |= {"state": "ready", "reason": "try_later", "due_at": now + backoff(core, message, error)}
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


def backoff(core: Core, message: MessageRecord, error: TryLater) -> timedelta:
    """How long to wait before *message* is tried, or asked for, again."""
    seconds = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** min(message.attempts, MOST_TRIES))
    seconds *= 1 + 0.1 * core.randomness.fraction()
    return timedelta(seconds=max(seconds, error.after_seconds or 0.0))


def _pause_seconds(core: Core, message: MessageRecord, error: TryLater) -> float:
    if error.after_seconds:
        return error.after_seconds
    seconds = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(message.attempts, MOST_TRIES))
    return float(seconds * (1 + 0.1 * core.randomness.fraction()))
