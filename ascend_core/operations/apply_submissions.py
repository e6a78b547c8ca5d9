"""A page of submissions becomes members, groups, activities, runs and first messages, in one transaction.

Each submission is either applied or ignored with a reason (row A7); either way a row remembers its newest state, so
that the next change of it is told from the state it had. What happened while a submission was ignored fires nothing
later.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal

from attrs import define, field, frozen

from ascend_core.contracts import IntegrationType, Submission, SubmissionPage
from ascend_core.engine.phones import BadPhone, Phone, parse_phone
from ascend_core.operations.attribution import Attribution, attribute, load_attribution
from ascend_core.operations.batch import Batch
from ascend_core.operations.core import Core
from ascend_core.operations.follow_ups import finish
from ascend_core.operations.mapping import Mapper, load_mapper
from ascend_core.operations.start_runs import Fired, start_automations
from ascend_core.store import members as member_rows
from ascend_core.store import submissions as submission_rows
from ascend_core.store.accounts import AccountRecord, CursorRecord, account_by_id, move_cursor
from ascend_core.store.consents import ConsentState, NewConsent, consent_states
from ascend_core.store.database import Tx
from ascend_core.store.forms import FormRecord, forms_by_key
from ascend_core.store.members import MemberRecord
from ascend_core.store.submissions import ActivityRecord, SubmissionRecord

__all__ = ["BACKFILL", "PageOutcome", "apply_page"]

BACKFILL = timedelta(minutes=15)
"""What happened this shortly before a form is synced still counts as after it (rows B2 and B7)."""

_NOT_JUDGED = ("form_unknown", "form_not_synced")
"""Reasons that say nothing about the submission itself: once its form is synced, it is judged as if new."""


@frozen(kw_only=True)
class PageOutcome:
    """What became of a page. ``moved`` False: somebody else applied it first, and nothing was done."""

    moved: bool = True
    applied: int = 0
    ignored: int = 0
    unchanged: int = 0
    fired: int = 0


@define(kw_only=True, eq=False)
class _Item:
    submission: Submission
    known: SubmissionRecord | None
    form: FormRecord | None
    row_id: int = 0
    phone: Phone | None = None
    reason: str | None = None
    detail: str | None = None
    member_id: int | None = None
    made_member: bool = False

    @property
    def first_sight(self) -> bool:
        return self.known is None or self.known.reason in _NOT_JUDGED


@define(kw_only=True, eq=False)
class _People:
    """Who the phones of a page belong to, and whether they may be texted."""

    by_phone: dict[str, MemberRecord]
    consents: dict[str, ConsentState]
    new_ids: list[int] = field(factory=list)


def apply_page(core: Core, account_id: int, page: SubmissionPage, *, seen: CursorRecord | None = None) -> PageOutcome:
    """Apply *page* of an account and move the cursor on from where it was *seen*, in one transaction.

    Without *seen* the cursor stays: the page of a backfill. Applying a page again changes nothing.
    """

    def work(tx: Tx) -> PageOutcome:
        account = account_by_id(tx, account_id)
        now = core.clock.now()
        if account is None:
            return PageOutcome(moved=False)
        if seen is not None and not move_cursor(tx, seen, page.cursor, now=now):
            return PageOutcome(moved=False)
        batch = Batch(core, tx, now)
        outcome = _Applier(batch, account, core.registry.integrations[account.integration]).apply(page)
        finish(batch)
        return outcome

    return core.database.write(work)


class _Applier:
    def __init__(self, batch: Batch, account: AccountRecord, integration: IntegrationType) -> None:
        self.batch = batch
        self.tx = batch.tx
        self.now = batch.now
        self.account = account
        self.integration = integration

    def apply(self, page: SubmissionPage) -> PageOutcome:
        keys = {each.key for each in page.submissions} | {each.key for each in page.rejected}
        known = submission_rows.submissions_by_key(self.tx, self.account.id, keys)
        forms = forms_by_key(self.tx, self.account.id, {each.form_key for each in page.submissions})
        items = [
            _Item(submission=each, known=known.get(each.key), form=forms.get(each.form_key))
            for each in _newest(page.submissions)
        ]
        items = [item for item in items if _is_news(item)]
        self._reserve(items)
        people = self._people(items)
        for item in items:
            self._judge(item, people)
        self._give_ids(items, people)
        mapper = load_mapper(self.tx, self.batch.core.registry, self.account)
        attribution = self._attribution(items, people)
        self._apply_all(items, people, mapper, attribution)
        fired = self._fire(items)
        start_automations(self.batch, fired)
        rejected = self._reject(page, known)
        applied = sum(item.reason is None for item in items)
        return PageOutcome(
            applied=applied,
            ignored=len(items) - applied + rejected,
            unchanged=len(page.submissions) - len(items),
            fired=len(fired),
        )

    def _reserve(self, items: Sequence[_Item]) -> None:
        fresh = [item for item in items if item.known is None]
        ids = submission_rows.reserve_submission_ids(self.tx, len(fresh))
        for item, id_ in zip(fresh, ids, strict=True):
            item.row_id = id_
        for item in items:
            if item.known is not None:
                item.row_id = item.known.id

    def _people(self, items: Sequence[_Item]) -> _People:
        for item in items:
            parsed = parse_phone(item.submission.phone)
            if isinstance(parsed, Phone):
                item.phone = parsed
        phones = {item.phone.e164 for item in items if item.phone is not None}
        people = _People(
            by_phone=member_rows.members_by_phone(self.tx, phones), consents=consent_states(self.tx, phones)
        )
        self.batch.load_members({member.id: member for member in people.by_phone.values()})
        return people

    # judging

    def _judge(self, item: _Item, people: _People) -> None:
        item.reason = self._reason(item, people)
        if item.reason == "bad_phone":
            parsed = parse_phone(item.submission.phone)
            item.detail = parsed.detail if isinstance(parsed, BadPhone) else None
        if item.phone is None:
            return
        if item.reason == "opted_out" and people.consents.get(item.phone.e164) == "subscribed":
            # as strong as STOP for whoever is subscribed here, were it a moment ago and by the same page
            self._consent(item.phone.e164, "unsubscribed", "upstream", item.submission, people)
        elif item.reason is None and item.phone.e164 not in people.consents:
            self._consent(item.phone.e164, "subscribed", "form", item.submission, people)

    def _reason(self, item: _Item, people: _People) -> str | None:
        submission, form = item.submission, item.form
        if form is None:
            return "form_unknown"
        if form.synced_at is None:
            return "form_not_synced"
        if item.first_sight and submission.created_at < form.synced_at - BACKFILL:
            return "before_sync"
        if submission.opted_in is False:
            return "opted_out"
        if submission.opted_in is None:
            return "no_opt_in"
        if item.phone is None:
            return "bad_phone"
        if people.consents.get(item.phone.e164) == "unsubscribed":
            return "unsubscribed"
        if item.phone.e164 not in people.by_phone and not self.account.create_members:
            return "create_members_off"
        return None

    def _consent(
        self,
        phone: str,
        state: ConsentState,
        source: Literal["form", "upstream"],
        submission: Submission,
        people: _People,
    ) -> None:
        people.consents[phone] = state
        evidence = {"integration": self.account.integration, "submission": submission.key}
        self.batch.consents.append(NewConsent(phone=phone, state=state, source=source, evidence=evidence))

    # applying

    def _give_ids(self, items: Sequence[_Item], people: _People) -> None:
        wanted = {item.phone.e164 for item in items if item.reason is None and item.phone is not None}
        people.new_ids = member_rows.reserve_member_ids(self.tx, len(wanted - set(people.by_phone)))

    def _attribution(self, items: Sequence[_Item], people: _People) -> Attribution:
        judged = [
            item.submission for item in items if item.first_sight and item.reason not in (*_NOT_JUDGED, "before_sync")
        ]
        members = {member.id for member in people.by_phone.values()}
        trackers = [
            type_.tracker
            for type_ in self.batch.core.registry.link_trackers.values()
            if type_.integration == self.account.integration
        ]
        return load_attribution(self.tx, judged, trackers, members)

    def _apply_all(self, items: Sequence[_Item], people: _People, mapper: Mapper, attribution: Attribution) -> None:
        group_ids = {item.form.group_id for item in items if item.form is not None and item.form.group_id is not None}
        groups = member_rows.group_names_by_id(self.tx, group_ids)
        new_ids = iter(people.new_ids)
        for item in items:
            if item.reason is None:
                self._apply_member(item, people, mapper, new_ids)
                self._add_to_form_group(item, groups)
            self._store(item, attribution)
        mapper.note_discovered(self.tx, self.account.id, [item.submission for item in items], now=self.now)
        self.batch.brought.update(attribution.brought)

    def _apply_member(self, item: _Item, people: _People, mapper: Mapper, new_ids: Any) -> None:
        if item.phone is None:
            raise AssertionError("an applied submission has a phone")
        phone = item.phone.e164
        member = people.by_phone.get(phone)
        if member is None:
            blank = MemberRecord(id=next(new_ids), phone=phone, created_at=self.now, updated_at=self.now)
            self.batch.add_member(blank)
            member = people.by_phone[phone] = blank
            item.made_member = True
        item.member_id = member.id
        fitted = mapper.changes(item.submission, self.batch.members[member.id])
        if fitted.values:
            self.batch.set_fields(member.id, fitted.values)
        if fitted.problems:
            item.detail = "; ".join(fitted.problems)
        self.batch.subscribed[member.id] = people.consents[phone] == "subscribed"

    def _add_to_form_group(self, item: _Item, groups: dict[int, str]) -> None:
        form = item.form
        if form is None or form.synced_at is None or form.group_id is None or item.member_id is None:
            return
        if item.submission.created_at >= form.synced_at - BACKFILL:
            self.batch.add_to_group(item.member_id, groups[form.group_id], kind="form")

    def _store(self, item: _Item, attribution: Attribution) -> None:
        submission, known = item.submission, item.known
        link_id, matched_by = (known.link_id, known.matched_by) if known is not None else (None, None)
        if item.first_sight:
            form_id = None if item.form is None else item.form.id
            phone = None if item.phone is None else item.phone.e164
            link_id, matched_by = attribute(
                attribution, submission, member_id=item.member_id, form_id=form_id, phone=phone
            )
        record = SubmissionRecord(
            id=item.row_id,
            account_id=self.account.id,
            form_id=None if item.form is None else item.form.id,
            key=submission.key,
            member_id=item.member_id if item.member_id is not None or known is None else known.member_id,
            made_member=item.made_member or (known is not None and known.made_member),
            outcome="applied" if item.reason is None else "ignored",
            reason=item.reason,
            detail=item.detail,
            state=dict(submission.state),
            starts_at=submission.starts_at,
            ends_at=submission.ends_at,
            timezone=submission.timezone,
            link_id=link_id,
            matched_by=matched_by,
            created_at=submission.created_at,
            modified_at=submission.modified_at,
            seen_at=self.now,
        )
        (self.batch.new_submissions if known is None else self.batch.changed_submissions).append(record)

    # firing

    def _fire(self, items: Sequence[_Item]) -> list[Fired]:
        counts = submission_rows.fired_counts(self.tx, {item.row_id for item in items if item.known is not None})
        drafts = [(item, trigger) for item in items for trigger in self._triggers(item, counts)]
        ids = submission_rows.reserve_activity_ids(self.tx, len(drafts))
        records = {record.id: record for record in (*self.batch.new_submissions, *self.batch.changed_submissions)}
        fired = []
        for id_, (item, trigger) in zip(ids, drafts, strict=True):
            if item.member_id is None or item.form is None:
                raise AssertionError("only an applied submission fires")
            occurrence = counts.get((item.row_id, trigger), 0) + 1
            activity = ActivityRecord(
                id=id_,
                submission_id=item.row_id,
                member_id=item.member_id,
                form_id=item.form.id,
                trigger=trigger,
                occurrence=occurrence,
                happened_at=item.submission.modified_at,
            )
            fired.append(Fired(activity=activity, submission=records[item.row_id], form=item.form))
        self.batch.activities.extend(each.activity for each in fired)
        return fired

    def _triggers(self, item: _Item, counts: dict[tuple[int, str], int]) -> list[str]:
        if item.reason is not None or item.form is None or item.form.fires_from is None:
            return []
        if item.submission.modified_at < item.form.fires_from:
            return []
        before = None if item.first_sight or item.known is None else item.known.state
        triggers = []
        for activity in self.integration.source.activities(before, item.submission.state):
            for type_ in self.batch.core.registry.triggers.values():
                if (type_.integration, type_.activity) != (self.integration.name, activity):
                    continue
                if type_.repeats or not counts.get((item.row_id, type_.name)):
                    triggers.append(type_.name)
        return triggers

    # what could not be read

    def _reject(self, page: SubmissionPage, known: dict[str, SubmissionRecord]) -> int:
        fresh = {each.key: each for each in page.rejected if each.key not in known}
        ids = submission_rows.reserve_submission_ids(self.tx, len(fresh))
        for id_, rejected in zip(ids, fresh.values(), strict=True):
            self.batch.new_submissions.append(
                SubmissionRecord(
                    id=id_,
                    account_id=self.account.id,
                    form_id=None,
                    key=rejected.key,
                    outcome="ignored",
                    reason=rejected.reason,
                    detail=rejected.detail or None,
                    created_at=self.now,
                    modified_at=self.now,
                    seen_at=self.now,
                )
            )
        return len(fresh)


def _newest(submissions: Sequence[Submission]) -> list[Submission]:
    """Each submission once, in its newest form, in the order they came."""
    newest: dict[str, Submission] = {}
    for each in submissions:
        before = newest.get(each.key)
        if before is None or each.modified_at >= before.modified_at:
            newest[each.key] = each
    return list(newest.values())


def _is_news(item: _Item) -> bool:
    known, submission = item.known, item.submission
    if known is None:
        return True
    if submission.modified_at < known.modified_at:
        return False
    if known.reason in _NOT_JUDGED and item.form is not None and item.form.synced_at is not None:
        return True
    return submission.modified_at > known.modified_at or dict(submission.state) != known.state
