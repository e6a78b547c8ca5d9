"""What happened and why not (row D7): for a phone, a member, an attendance or an automation, sentences in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter

from attrs import define, frozen

from ascend_core.engine.phones import BadPhone, parse_phone
from ascend_core.engine.waits import over
from ascend_core.errors import NotFound
from ascend_core.operations.breakers import channel_breaker
from ascend_core.operations.core import Core
from ascend_core.operations.start_runs import read_automation
from ascend_core.store.accounts import accounts
from ascend_core.store.channels import channels
from ascend_core.store.consents import ledger_of
from ascend_core.store.conversations import heard_from, messages_to, runs_of_member
from ascend_core.store.database import Tx
from ascend_core.store.explaining import (
    activities_of,
    entries_of,
    entry_counts,
    submissions_of_member,
    submissions_with_key,
    waiting_timers,
)
from ascend_core.store.flows import AutomationRecord, automations, live_versions, versions_by_id
from ascend_core.store.forms import FormRecord, forms_by_id
from ascend_core.store.members import MemberRecord, members_by_id, members_by_phone
from ascend_core.store.submissions import SubmissionRecord

__all__ = ["REASONS", "Fact", "explain", "explain_attendance", "explain_automation", "explain_member"]

REASONS: Mapping[str, str] = {
    "already_in_flow": "they were inside that flow already (reentry: skip)",
    "cannot_be_read": "this release cannot read its document",
    "condition_failed": "its 'if' had no answer; the trace says why (ascend runs trace ID)",
    "ended": "its run ended",
    "event_gone": "the event was deleted",
    "expired": "it was too late by then",
    "failed": "something broke; its trace says where (ascend runs trace ID)",
    "filtered": "its 'if' did not hold",
    "flow_not_live": "its flow was not live",
    "merged": "their number was given up when two members became one",
    "min_gap": "another nudge went out shortly before",
    "no_answer": "the provider did not answer",
    "once_per": "it had started for this person and form before (once_per)",
    "paused": "it was paused",
    "public_shortener": "it held a link of a public shortener, which carriers block",
    "quiet_hours": "it is quiet where they are",
    "repeated": "the same words reached them shortly before",
    "stop_when": "what stops the flow happened",
    "unsubscribed": "they have unsubscribed",
}
"""Our words for reasons, in a sentence. A reason that is not here speaks for itself."""


_BROUGHT_BY: Mapping[str, str] = {
    "exact": "It came through a link that was texted to them.",
    "estimated": "They opened a link to this form in the seven days before: that is taken for what brought it.",
    "shared": "It came through a link that was texted to somebody else, so it counts in no report.",
}
"""By how a sign-up is attributed to a link."""


@frozen(kw_only=True)
class Fact:
    """One thing to know. *at*: when it happened or will; *hint*: a word that tells what a person can do about it."""

    said: str
    at: datetime | None = None
    hint: str | None = None


def explain(core: Core, subject: str) -> list[Fact]:
    """Explain what *subject* names: an automation by its exact name, a phone, else an attendance by its key.

    Raises NotFound when it is nothing that is known.
    """

    def named(tx: Tx) -> AutomationRecord | None:
        return next((record for record in automations(tx) if record.name == subject), None)

    automation = core.database.read(named)
    if automation is not None:
        return explain_automation(core, automation)
    if core.database.read(lambda tx: submissions_with_key(tx, subject)):
        return explain_attendance(core, subject)
    phone = parse_phone(subject)
    if isinstance(phone, BadPhone):
        if subject.strip().isdigit():
            return explain_attendance(core, subject)
        raise NotFound("that is no automation, no attendance and no phone; see: ascend automations list")
    member = core.database.read(lambda tx: members_by_phone(tx, {phone.e164}).get(phone.e164))
    if member is not None:
        return explain_member(core, member.id)
    facts = [Fact(said="No member has this phone.")]
    ledger = core.database.read(lambda tx: ledger_of(tx, phone.e164))
    facts += [Fact(said=f"{state} (said by: {source})", at=at) for state, source, at in ledger]
    facts.append(Fact(said="Sign-ups that were ignored keep no phone: ask for the attendance's number at the source."))
    return [*facts, *core.database.read(lambda tx: list(_looks(core, tx)))]


def explain_member(core: Core, member_id: int) -> list[Fact]:
    """Everything about a member. Raises NotFound."""

    def look(tx: Tx) -> list[Fact]:
        member = members_by_id(tx, {member_id}).get(member_id)
        if member is None:
            raise NotFound(f"there is no member {member_id}")
        teller = _Teller(core, tx)
        told = [
            *teller.consent(member),
            *teller.submissions(submissions_of_member(tx, member_id)),
            *teller.runs(member),
            *teller.texts(member),
        ]
        return _in_order(told, list(_looks(core, tx)))

    return core.database.read(look)


def _in_order(told: Sequence[Fact], looks: Sequence[Fact]) -> list[Fact]:
    """By time. What has none stays behind what it was told after; what keeps everything from going on comes last."""
    times, last = [], datetime.min.replace(tzinfo=UTC)
    for fact in told:
        last = fact.at or last
        times.append(last)
    timed = [*zip(times, told, strict=True), *((look.at, look) for look in looks if look.at is not None)]
    return [fact for _, fact in sorted(timed, key=itemgetter(0))] + [look for look in looks if look.at is None]


def explain_attendance(core: Core, key: str) -> list[Fact]:
    """Everything about a sign-up, by the key its source knows it by."""

    def look(tx: Tx) -> list[Fact]:
        found = submissions_with_key(tx, key)
        if found:
            return _in_order(list(_Teller(core, tx).submissions(found)), list(_looks(core, tx)))
        facts = [
            Fact(said="This attendance was never seen: its form may not be synced, or it is newer than the last look.")
        ]
        return [*facts, *_looks(core, tx)]

    return core.database.read(look)


def explain_automation(core: Core, record: AutomationRecord) -> list[Fact]:
    """What an automation does, has done, and what keeps it from doing more."""

    def look(tx: Tx) -> list[Fact]:
        document = read_automation(record.source, record.name)
        flows = {document.run} if document.run else set(document.ab_test.arms if document.ab_test else ())
        label = core.registry.triggers[record.trigger].label if record.trigger in core.registry.triggers else None
        facts = [Fact(said=f"It waits for: {label or record.trigger}.")]
        if label is None:
            facts.append(Fact(said="No installed plugin offers this trigger: nothing fires it.", hint="plugin"))
        if record.paused:
            facts.append(Fact(said="It is paused: it starts nothing.", hint="paused"))
        facts += [_form_fact(form) for form in forms_by_id(tx, {record.form_id} if record.form_id else ()).values()]
        missing = sorted(flows - set(live_versions(tx, flows)))
        facts += [
            Fact(said=f"Its flow '{name}' is not live: it starts nothing.", hint="flow_not_live") for name in missing
        ]
        counts, last = entry_counts(tx, record.id)
        for (outcome, reason), count in sorted(counts.items(), key=str):
            why = "" if reason is None else f": {REASONS.get(reason, reason)}"
            facts.append(
                Fact(said=f"{count} times it {'started its flow' if outcome == 'started' else 'did not start'}{why}.")
            )
        if last is None:
            facts.append(Fact(said="Nothing that it waits for has happened yet."))
        else:
            facts.append(Fact(said="The last time that something it waits for happened.", at=last))
        return [*facts, *_looks(core, tx)]

    return core.database.read(look)


def _form_fact(form: FormRecord) -> Fact:
    if form.deleted_at is not None:
        return Fact(said=f"Its form '{form.name}' was deleted at the source.", at=form.deleted_at)
    if form.synced_at is None:
        return Fact(said=f"Its form '{form.name}' is not synced: nothing fires.", hint="form_not_synced")
    return Fact(said=f"Only for the form '{form.name}', which is synced.", at=form.synced_at)


def _looks(core: Core, tx: Tx) -> Iterator[Fact]:
    """When sources are looked at next, and whether texts may leave."""
    for account in accounts(tx):
        where = f"{account.integration} account {account.key}"
        if account.problem is not None:
            yield Fact(said=f"The {where} is not looked at: {account.problem}", hint="needs_attention")
        elif not account.sync_accounts:
            yield Fact(said=f"The {where} is not looked at: Sync Accounts is OFF.", hint="sync_accounts_off")
        else:
            last = account.last_success_at
            now = core.clock.now()
            if account.retry_at is not None:
                due = now if over(account.retry_at, now) else account.retry_at
            else:
                due = now if last is None else last + core.options.poll_every
            yield Fact(said=f"The next look at the {where}.", at=max(due, now))
    connected = channels(tx)
    if not connected:
        yield Fact(said="No channel is connected: no text leaves.", hint="connect")
    for channel in connected:
        if why := channel.frozen or channel.problem:
            yield Fact(said=f"The channel {channel.channel} has stopped: {why}", hint="needs_attention")
        elif channel.alarm is not None:
            why = f"all but answers stand still: {channel.alarm}"
            yield Fact(said=f"On the channel {channel.channel} {why}", hint="needs_attention")
        if channel.retry_at is not None and channel_breaker(channel).state(core.moment(tx)) == "open":
            yield Fact(
                said=f"The provider of {channel.channel} does not answer; it is tried again.", at=channel.retry_at
            )


@define
class _Teller:
    core: Core
    tx: Tx

    def consent(self, member: MemberRecord) -> Iterator[Fact]:
        """Whether they may be texted, and who said so."""
        ledger = ledger_of(self.tx, member.phone)
        if not ledger:
            yield Fact(said="Nobody has said that they agree to texts: nothing is sent.", hint="no_opt_in")
        for state, source, at in ledger:
            yield Fact(said=f"{state} (said by: {source})", at=at)

    def submissions(self, found: Sequence[SubmissionRecord]) -> Iterator[Fact]:
        """Each sign-up: applied or ignored, what happened to it, and what automations did about that."""
        forms = forms_by_id(self.tx, {each.form_id for each in found if each.form_id is not None})
        activities = activities_of(self.tx, {each.id for each in found})
        entries = entries_of(self.tx, {each.id for each in activities})
        for each in found:
            form = forms.get(each.form_id or 0)
            name = "a form that was never fetched" if form is None else f"'{form.name}'"
            detail = f": {each.detail}" if each.detail else ""
            if each.reason is not None and not each.unread:
                yield Fact(
                    said=f"Sign-up {each.key} for {name} was ignored ({each.reason}){detail}",
                    at=each.created_at,
                    hint=each.reason,
                )
            else:
                yield Fact(said=f"Signed up for {name} (attendance {each.key}).", at=each.created_at)
                if each.unread:
                    said = f"Its newest version cannot be read ({each.reason}){detail}; what was read before counts."
                    yield Fact(said=said, at=each.seen_at, hint=each.reason)
                elif each.detail:
                    yield Fact(said=f"Not everything was taken over: {each.detail}", at=each.seen_at)
            if brought_by := _BROUGHT_BY.get(each.matched_by or ""):
                yield Fact(said=brought_by)
            mine = [activity for activity in activities if activity.submission_id == each.id]
            if each.outcome == "applied" and not mine:
                yield Fact(said="It fired nothing: it happened before its form was synced, or while syncing was off.")
            for activity in mine:
                yield Fact(said=f"It fired {activity.trigger}.", at=activity.happened_at)
                done = [entry for entry in entries if entry.activity_id == activity.id]
                if not done:
                    yield Fact(said=f"No automation waited for {activity.trigger} of this form.", hint="no_automation")
                for entry in done:
                    if entry.outcome == "started":
                        arm = "" if entry.arm is None else f" (arm {entry.arm})"
                        yield Fact(said=f"'{entry.automation}' started run {entry.run_id}{arm}.", at=entry.entered_at)
                    else:
                        why = REASONS.get(entry.reason or "", entry.reason)
                        yield Fact(
                            said=f"'{entry.automation}' started nothing: {why}.", at=entry.entered_at, hint=entry.reason
                        )

    def runs(self, member: MemberRecord) -> Iterator[Fact]:
        """Where their runs stand, and what will be decided when."""
        found = runs_of_member(self.tx, member.id, limit=20)
        versions = versions_by_id(self.tx, {run.version_id for run in found})
        for run in found:
            version = versions[run.version_id]
            where = f"Run {run.id} of '{version.name}' v{version.number}"
            if run.ended_at is not None:
                why = REASONS.get(run.end_reason or "", run.end_reason)
                yield Fact(said=f"{where} ended: {why}.", at=run.ended_at)
            else:
                yield Fact(said=f"{where} waits at step {run.state.get('position')}.", at=run.started_at)
        for timer in waiting_timers(self.tx, member.id):
            kind = "wait" if timer.kind == "until" else timer.kind
            what = f"The nudge {timer.nudge_type}" if timer.kind == "nudge" else f"The {kind}"
            yield Fact(said=f"{what} of run {timer.run_id} is decided.", at=timer.due_at)

    def texts(self, member: MemberRecord) -> Iterator[Fact]:
        """What was sent, what was not and why, and what they wrote that no flow heard."""
        for message in messages_to(self.tx, member.id, limit=20):
            text = f"Text {message.id}"
            why = REASONS.get(message.reason or "", message.reason)
            match message.state:
                case "ready" if message.reason is not None:
                    yield Fact(
                        said=f"{text} is held: {why}; it is decided again", at=message.due_at, hint=message.reason
                    )
                case "ready":
                    yield Fact(said=f"{text} may leave", at=message.due_at)
                case "suppressed" | "expired" | "failed" | "undelivered" | "held":
                    yield Fact(
                        said=f"{text} was not sent ({message.state}): {why or 'no reason given'}",
                        at=message.settled_at or message.created_at,
                        hint=message.reason,
                    )
                case "unknown" | "sending":
                    yield Fact(said=f"{text} is on its way; whether it arrived is looked up.", at=message.claimed_at)
                case state:
                    yield Fact(said=f"{text} was {state}.", at=message.claimed_at)
        for heard in heard_from(self.tx, member.id, limit=20):
            if heard.keyword is not None:
                yield Fact(said=f"They wrote a text that means {heard.keyword.upper()}.", at=heard.received_at)
            elif heard.outcome == "inbox":
                yield Fact(said="They wrote a text that no flow waited for: it is in the inbox.", at=heard.received_at)
