"""Claiming: which texts may be handed over now, decided in one transaction by everything that speaks against one.

Each safeguard is a function of its own here, or a gate (``ascend_core.gates``): the channel works and is not frozen;
its provider answers; its sender has room; nothing of the member's is under way; every gate allows it; its nudge is
still owed; its broadcast goes on; it was not called off after an earlier claim. Whatever is held is decided again, by
all of them, when it is due.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen
from msgspec.structs import replace

from ascend_core.contracts import (
    Allow,
    Caps,
    ChannelType,
    Deny,
    Gate,
    Hold,
    MemberView,
    NotOwed,
    PlannedMessage,
    Purpose,
    Verdict,
)
from ascend_core.gates.expiry import LEAST_VALID
from ascend_core.gates.lawful_hours import lawful_until, rules_for
from ascend_core.gates.quiet_hours import quiet_from
from ascend_core.operations.batch import Batch
from ascend_core.operations.breakers import channel_breaker, let_one_through
from ascend_core.operations.connect import OpenChannel, open_channel
from ascend_core.operations.core import Core
from ascend_core.operations.fan_out import CANCELLED
from ascend_core.operations.limits import member_caps
from ascend_core.operations.nudge_facts import load_nudge_facts
from ascend_core.operations.nudge_gaps import load_gaps
from ascend_core.operations.recent import RecentFacts, load_recent
from ascend_core.operations.restored import freeze_if_old, outbox_of
from ascend_core.operations.run_loading import load_runs
from ascend_core.operations.senders import save_standing, standing_of
from ascend_core.operations.views import form_view, member_view, quiet_from_json
from ascend_core.store import messages as rows
from ascend_core.store.broadcasts import UNTIL_RESUMED, halted
from ascend_core.store.channels import ChannelRecord, anybody_deaf, count_claim, lock_channel
from ascend_core.store.consents import consent_states
from ascend_core.store.database import Tx
from ascend_core.store.forms import FormRecord, forms_by_id
from ascend_core.store.inbox import doubtful_members
from ascend_core.store.members import members_by_id
from ascend_core.store.messages import MessageRecord
from ascend_core.store.runs import runs_by_id, timers_by_id

__all__ = ["Claimed", "claim_messages", "strictest"]

LEAST_HOLD = timedelta(seconds=1)
"""A plugin's gate that holds until a moment that is past would be asked again for ever."""

_ANSWERS = {Purpose.REPLY, Purpose.CONFIRMATION}

_ASKED_AGAIN = timedelta(minutes=15)
"""How often it is looked whether a person has told what somebody meant; until the text expires."""

_SPARE = timedelta(seconds=60)
"""A text stops being valid so long before quiet hours begin."""


@frozen(kw_only=True)
class Claimed:
    """A text that may be handed over, once."""

    message: MessageRecord
    valid_until: datetime | None
    """The provider must not deliver it later."""


def claim_messages(core: Core, limit: int, opened: OpenChannel | None = None) -> list[Claimed]:
    """Take texts that may go out now, each by moving it from ``ready`` to ``sending`` in this one transaction.

    What a gate holds waits to be decided again; what a gate denies is suppressed or expired, with its reason. An empty
    list means that nothing may go out now. Before it returns, this machine remembers that there was a claim.
    *opened*: the channel that sends, where it was opened a moment ago; whether it works is read again.
    """
    opened = opened or open_channel(core)
    if opened is None:
        return []
    record, type_, settings = opened

    def work(tx: Tx) -> tuple[list[Claimed], str, int] | None:
        return _Claim(core, tx, record.id, type_, settings).take(limit)

    while (done := core.database.write(work)) is not None:
        claimed, outbox, count = done
        if claimed:
            core.mark.note(outbox, count)
            return claimed
        # all were held or denied; behind them may be others, of the same members too
    return []


class _Claim:
    def __init__(self, core: Core, tx: Tx, channel_id: int, type_: ChannelType, settings: Any) -> None:
        self.core, self.tx, self.type_, self.settings = core, tx, type_, settings
        self.now = core.clock.now()
        self.channel: ChannelRecord = lock_channel(tx, channel_id)

    def take(self, limit: int) -> tuple[list[Claimed], str, int] | None:
        """What was claimed, and how many claims there were by now; None: nothing can be done now."""
        if self.channel.stopped or anybody_deaf(self.tx):
            return None
        outbox = outbox_of(self.core, self.tx, self.channel)
        if freeze_if_old(self.core, self.tx, self.channel, outbox):
            return None
        before = standing_of(self.core, self.tx, self.channel, self.type_, self.settings, lock=True)
        moment = self.core.moment(self.tx)
        answers = channel_breaker(self.channel).state(moment)
        if answers == "open":
            return None
        if answers == "half_open":
            limit = 1
        least_urgent = before.least_urgent(moment)
        if least_urgent is None:
            return None
        ready = rows.ready_messages(self.tx, self.now, limit, least_urgent=least_urgent.value)
        if not ready:
            return ([], "", 0) if rows.wait_for_doubtful(self.tx, self.now) else None
        if rows.let_wait(self.tx, self.now, {message.id for message in ready}):
            return [], "", 0
        standing, changes, claimed = before, [], []
        for message, gates, valid_until in self._decided(ready):
            cost = standing.cost(self.type_, message.body)
            verdict = gates
            if isinstance(gates, Allow):
                if standing.earliest(cost, moment) > moment:
                    break  # what is less urgent does not overtake it, however short
                opens = standing.opens(Purpose(message.purpose), cost, moment)
                verdict = gates if opens == moment else Hold(opens or moment, "sender_day")
            if isinstance(verdict, Allow):
                standing = standing.spent(cost, moment)
                taken = replace(message, claim=message.claim + 1, claimed_at=self.now)
                claimed.append(Claimed(message=taken, valid_until=valid_until))
            changes.append(self._row(message, verdict))
        if not changes:
            return None
        rows.move_messages(self.tx, changes, from_states=("ready",))
        if not claimed:
            return [], "", 0
        save_standing(self.tx, before, standing)
        if answers == "half_open":
            let_one_through(self.tx, self.channel, moment)
        return claimed, outbox, count_claim(self.tx, self.channel.id)

    def _decided(self, ready: Sequence[MessageRecord]) -> list[tuple[MessageRecord, Verdict, datetime | None]]:
        tx, now = self.tx, self.now
        consents = consent_states(tx, {message.phone for message in ready}, lock=True)
        members = members_by_id(tx, {message.member_id for message in ready})
        forms = forms_by_id(tx, {message.form_id for message in ready if message.form_id is not None})
        recent = load_recent(self.core, tx, ready, now)
        caps = member_caps(tx)
        answered = _nudges_answered(self.core, tx, ready, now)
        stopped = halted(tx, {message.broadcast_id for message in ready if message.broadcast_id is not None})
        doubtful = doubtful_members(tx, members.keys())
        decided = []
        for message in ready:
            subscribed = consents.get(message.phone) == "subscribed"
            member = member_view(members[message.member_id], subscribed=subscribed)
            planned = _planned(self.core, message, forms, recent, caps)
            verdict = strictest([type_.gate for type_ in self.core.registry.gates.values()], planned, member, now)
            verdict = _unless_answered(verdict, message, answered)
            verdict = _unless_halted(verdict, message, stopped)
            verdict = _unless_called_off(verdict, message)
            verdict = _unless_doubtful(verdict, message, doubtful, now)
            if isinstance(verdict, Deny) and verdict.why == "sent_before":
                recent.turned_up(tx, message)
            decided.append((message, verdict, _valid_until(planned, member, now)))
        return decided

    def _row(self, message: MessageRecord, verdict: Verdict) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": message.id,
            "state": "sending",
            "reason": None,
            "due_at": message.due_at,
            "claim": message.claim + 1,
            "claimed_at": self.now,
            "claimed_by": self.core.worker,
            "settled_at": None,
        }
        match verdict:
            case Hold():
                due_at = max(verdict.until, self.now + LEAST_HOLD)
                row |= {"state": "ready", "reason": verdict.why, "due_at": due_at}
            case Deny():
                state = "expired" if verdict.why == "expired" else "suppressed"
                row |= {"state": state, "reason": verdict.why, "settled_at": self.now}
            case Allow():
                return row
        return row | {"claim": message.claim, "claimed_at": None, "claimed_by": None}


def _planned(
    core: Core,
    message: MessageRecord,
    forms: Mapping[int, FormRecord],
    recent: RecentFacts,
    caps: Caps,
) -> PlannedMessage:
    form = forms.get(message.form_id or 0)
    return PlannedMessage(
        id=message.id,
        purpose=Purpose(message.purpose),
        created_at=message.created_at,
        expires_at=message.expires_at,
        quiet_hours=quiet_from_json(message.quiet_hours, core.options.quiet_hours),
        form=None if form is None else form_view(form),
        recent=recent.of(message),
        caps=caps,
        hours=core.options.hours,
    )


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


def _valid_until(message: PlannedMessage, member: MemberView, now: datetime) -> datetime | None:
    """When the text is worth nothing any more: expired, or within hours that it may not arrive in."""
    moments = [message.expires_at] if message.expires_at is not None else []
    if message.purpose not in _ANSWERS:
        quiet = None if message.quiet_hours is None else quiet_from(message.quiet_hours, member.zones, now)
        closings = (quiet, lawful_until(rules_for(message, member), member.zones, now))
        moments += [max(each - _SPARE, now + LEAST_VALID) for each in closings if each is not None]
    return min(moments, default=None)


def _unless_answered(verdict: Verdict, message: MessageRecord, answered: Mapping[int | None, Verdict]) -> Verdict:
    """A nudge that waited since it was decided, and against which there is something now."""
    return answered.get(message.timer_id, verdict) if isinstance(verdict, Allow) else verdict


def _unless_doubtful(verdict: Verdict, message: MessageRecord, doubtful: AbstractSet[int], now: datetime) -> Verdict:
    """Who may have asked to be left alone gets nothing but answers until a person has told."""
    if message.member_id not in doubtful or not isinstance(verdict, Allow):
        return verdict
    return verdict if Purpose(message.purpose) in _ANSWERS else Hold(now + _ASKED_AGAIN, "may_have_left")


def _unless_halted(verdict: Verdict, message: MessageRecord, stopped: Mapping[int, str]) -> Verdict:
    """What a paused broadcast's runs want to say meanwhile waits as well, unless it answers somebody."""
    if not isinstance(verdict, Allow):
        return verdict
    match stopped.get(message.broadcast_id or 0):
        case "paused" if message.purpose == Purpose.BULK.value:
            return Hold(UNTIL_RESUMED, "paused")
        case "cancelled" if message.purpose != Purpose.CONFIRMATION.value:
            return Deny(CANCELLED)
    return verdict


def _unless_called_off(verdict: Verdict, message: MessageRecord) -> Verdict:
    """What was called off while it was being sent, or in doubt, is not sent anew: whichever way it came back here."""
    return verdict if message.called_off is None or isinstance(verdict, Deny) else Deny(message.called_off)


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
