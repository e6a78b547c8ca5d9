"""Applying a page of submissions: each is judged, reaches its member and its groups, and is remembered as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Literal

from attrs import frozen
from msgspec.structs import replace

from ascend_core.contracts import IntegrationType, Submission, SubmissionPage
from ascend_core.operations.attribution import Attribution, attribute, load_attribution
from ascend_core.operations.batch import Batch
from ascend_core.operations.firing import fire
from ascend_core.operations.judging import (
    FAILED,
    NOT_JUDGED,
    Item,
    People,
    counts_from,
    is_news,
    newest,
    slot_moved,
    why_ignored,
)
from ascend_core.operations.leaving import GivenUp, call_off_given_up, leave, person_of
from ascend_core.operations.mapping import Mapper, load_mapper
from ascend_core.operations.start_runs import start_automations
from ascend_core.store import members as member_rows
from ascend_core.store import submissions as submission_rows
from ascend_core.store.accounts import AccountRecord
from ascend_core.store.consents import ConsentState, NewConsent, consent_states
from ascend_core.store.due_timers import wake_waits_of_slots
from ascend_core.store.forms import forms_by_key
from ascend_core.store.members import MemberRecord
from ascend_core.store.submissions import SubmissionRecord

__all__ = ["Applier", "PageOutcome"]

_UNATTRIBUTED = (*NOT_JUDGED, "before_sync")
"""Reasons for which nobody asks what brought a submission."""


@frozen(kw_only=True)
class PageOutcome:
    """What became of a page. ``moved`` False: it was not ours to apply (any more), and the rest of it was left."""

    moved: bool = True
    applied: int = 0
    ignored: int = 0
    unchanged: int = 0
    fired: int = 0
    failed: int = 0
    """Of the ignored: set aside because something broke on them."""

    def plus(self, other: PageOutcome) -> PageOutcome:
        """Both together."""
        return PageOutcome(
            moved=other.moved,
            applied=self.applied + other.applied,
            ignored=self.ignored + other.ignored,
            unchanged=self.unchanged + other.unchanged,
            fired=self.fired + other.fired,
            failed=self.failed + other.failed,
        )


class Applier:
    """Decides on one page inside the transaction that will write it."""

    def __init__(self, batch: Batch, account: AccountRecord, integration: IntegrationType) -> None:
        self.batch = batch
        self.tx = batch.tx
        self.now = batch.now
        self.account = account
        self.integration = integration

    def apply(self, page: SubmissionPage) -> PageOutcome:
        """Judge every submission, apply those that count, and let what happened start what waits for it.

        In the order they changed in, whatever order the source shows them in: a page tells what many small ones had.
        """
        submissions = sorted(newest(page.submissions), key=attrgetter("modified_at"))
        keys = {each.key for each in submissions} | {each.key for each in page.rejected}
        known = submission_rows.submissions_by_key(self.tx, self.account.id, keys)
        create_members = self.account.create_members
        items = [item for item in self._items(submissions, known) if is_news(item, create_members=create_members)]
        self._reserve(items)
        people = self._people(items)
        for item in items:
            self._judge(item, people)
        self._give_ids(items, people)
        mapper = load_mapper(self.tx, self.batch.core.registry, self.account)
        attribution = self._attribution(items, people)
        self._apply_all(items, people, mapper, attribution)
        self._wake([item for item in items if slot_moved(item)])
        fired = fire(self.batch, self.integration, items)
        start_automations(self.batch, fired)
        self._call_off(items, people)
        rejected = self._reject(page, known) + self._unread(page, known)
        applied = sum(item.reason is None for item in items)
        return PageOutcome(
            applied=applied,
            ignored=len(items) - applied + rejected,
            unchanged=len(page.submissions) - len(items),
            fired=len(fired),
        )

    def set_aside(self, submissions: Sequence[Submission], broke: str) -> PageOutcome:
        """Keep *submissions* as failed, with the state they had before: they are judged when they are read again."""
        known = submission_rows.submissions_by_key(self.tx, self.account.id, {each.key for each in submissions})
        fresh = [each for each in submissions if each.key not in known]
        ids = submission_rows.reserve_submission_ids(self.tx, len(fresh))
        for id_, each in zip(ids, fresh, strict=True):
            self._add_unread(id_, each.key, FAILED, broke, each.created_at, each.modified_at)
        for record in known.values():
            failed = replace(record, outcome="ignored", reason=FAILED, detail=broke, seen_at=self.now)
            self.batch.changed_submissions.append(failed)
        return PageOutcome(ignored=len(submissions), failed=len(submissions))

    def _items(self, submissions: Sequence[Submission], known: dict[str, SubmissionRecord]) -> list[Item]:
        forms = forms_by_key(self.tx, self.account.id, {each.form_key for each in submissions})
        before = {record.member_id for record in known.values() if record.member_id is not None}
        members = member_rows.members_by_id(self.tx, before) if before else {}
        keep, items = self.integration.kept, []
        for each in submissions:
            record = known.get(each.key)
            member = None if record is None else members.get(record.member_id or 0)
            phone = None if member is None else member.phone
            state = each.state if record is None or keep is None else keep(record.state, each.state)
            form = forms.get(each.form_key)
            items.append(Item(submission=each, state=state, known=record, form=form, had_phone=phone))
        return items

    def _reserve(self, items: Sequence[Item]) -> None:
        fresh = [item for item in items if item.known is None]
        ids = submission_rows.reserve_submission_ids(self.tx, len(fresh))
        for item, id_ in zip(fresh, ids, strict=True):
            item.row_id = id_
        for item in items:
            if item.known is not None:
                item.row_id = item.known.id

    def _people(self, items: Sequence[Item]) -> People:
        phones = {phone for item in items for phone in (item.e164, item.had_phone) if phone is not None}
        people = People(
            by_phone=member_rows.members_by_phone(self.tx, phones), consents=consent_states(self.tx, phones)
        )
        self.batch.load_members({member.id: member for member in people.by_phone.values()})
        return people

    def _judge(self, item: Item, people: People) -> None:
        item.reason = why_ignored(item, people, create_members=self.account.create_members)
        if item.reason == "bad_phone" and item.bad_phone is not None:
            item.detail = item.bad_phone.detail
        if item.reason == "opted_out":
            # as strong as STOP for whoever is subscribed here, were it a moment ago and by the same page
            for phone in sorted(item.phones):
                if people.consents.get(phone) == "subscribed":
                    self._consent(phone, "unsubscribed", "upstream", item.submission, people)
                    people.left.add(phone)
        elif item.reason is None and item.phone is not None and item.phone.e164 not in people.consents:
            self._consent(item.phone.e164, "subscribed", "form", item.submission, people)

    def _consent(
        self,
        phone: str,
        state: ConsentState,
        source: Literal["form", "upstream"],
        submission: Submission,
        people: People,
    ) -> None:
        people.consents[phone] = state
        evidence = {"integration": self.account.integration, "submission": submission.key}
        self.batch.consents.append(NewConsent(phone=phone, state=state, source=source, evidence=evidence))

    # applying

    def _give_ids(self, items: Sequence[Item], people: People) -> None:
        wanted = {item.phone.e164 for item in items if item.reason is None and item.phone is not None}
        people.new_ids = member_rows.reserve_member_ids(self.tx, len(wanted - set(people.by_phone)))

    def _attribution(self, items: Sequence[Item], people: People) -> Attribution:
        judged = [item.submission for item in items if item.first_sight and item.reason not in _UNATTRIBUTED]
        members = {member.id for member in people.by_phone.values()}
        trackers = [
            type_.tracker
            for type_ in self.batch.core.registry.link_trackers.values()
            if type_.integration == self.account.integration
        ]
        return load_attribution(self.tx, self.account.id, judged, trackers, members)

    def _apply_all(self, items: Sequence[Item], people: People, mapper: Mapper, attribution: Attribution) -> None:
        group_ids = {item.form.group_id for item in items if item.form is not None and item.form.group_id is not None}
        groups = member_rows.group_names_by_id(self.tx, group_ids)
        new_ids = iter(people.new_ids)
        for item in sorted(items, key=attrgetter("submission.created_at")):  # the newest sign-up's answers win
            item.readings = mapper.readings(item.submission.fields)
            if item.reason is None:
                self._apply_member(item, people, mapper, new_ids)
                self._add_to_form_group(item, groups)
            self._store(item, attribution)
        found = [reading for item in items for reading in item.readings]
        mapper.note_discovered(self.tx, self.account.id, found, now=self.now)
        self.batch.brought.update(attribution.brought)

    def _apply_member(self, item: Item, people: People, mapper: Mapper, new_ids: Iterator[int]) -> None:
        if item.phone is None:
            raise AssertionError("an applied submission has a phone")
        phone = item.phone.e164
        item.answers = mapper.answers(item.readings)
        member = people.by_phone.get(phone)
        if member is None:
            member = MemberRecord(id=next(new_ids), phone=phone, created_at=self.now, updated_at=self.now)
            fitted = mapper.changes(item.readings, member)
            self.batch.add_member(member, fitted.values)
            people.by_phone[phone] = member
            item.made_member = True
        else:
            now = self.batch.members[member.id]
            fitted = mapper.changes(item.readings, now, said_before=item.says_nothing_new)
            self.batch.set_fields(member.id, fitted.values)
        item.member_id = member.id
        if fitted.problems:
            item.detail = "; ".join(fitted.problems)
        self.batch.subscribed[member.id] = people.consents[phone] == "subscribed"

    def _wake(self, moved: Sequence[Item]) -> None:
        """Runs about sign-ups that were *moved* look again how long they wait."""
        had = {item.known.member_id for item in moved if item.known is not None}
        members = {member_id for member_id in had | {item.member_id for item in moved} if member_id is not None}
        ids = {item.row_id for item in moved}
        wake_waits_of_slots(self.tx, now=self.now, submission_ids=ids, member_ids=members)

    def _add_to_form_group(self, item: Item, groups: dict[int, str]) -> None:
        form = item.form
        if form is None or form.group_id is None or item.member_id is None:
            return
        since = counts_from(form)
        if since is not None and item.submission.created_at >= since:
            self.batch.add_to_group(item.member_id, groups[form.group_id], kind="form")

    def _store(self, item: Item, attribution: Attribution) -> None:
        submission, known = item.submission, item.known
        link_id, matched_by = (known.link_id, known.matched_by) if known is not None else (None, None)
        if item.first_sight:
            form_id = None if item.form is None else item.form.id
            phone = None if item.phone is None else item.phone.e164
            link_id, matched_by = attribute(
                attribution, submission, member_id=item.member_id, form_id=form_id, phone=phone
            )
        member_id = item.member_id if item.member_id is not None or known is None else known.member_id
        record = SubmissionRecord(
            id=item.row_id,
            account_id=self.account.id,
            form_id=None if item.form is None else item.form.id,
            key=submission.key,
            person_key=None if member_id is None else submission.person_key,
            member_id=member_id,
            made_member=item.made_member or (known is not None and known.made_member),
            outcome="applied" if item.reason is None else "ignored",
            reason=item.reason,
            detail=item.detail,
            state=dict(item.state),
            starts_at=submission.starts_at,
            ends_at=submission.ends_at,
            timezone=submission.timezone,
            link_id=link_id,
            matched_by=matched_by,
            answers=item.answers,
            created_at=submission.created_at,
            modified_at=submission.modified_at,
            seen_at=self.now,
        )
        (self.batch.new_submissions if known is None else self.batch.changed_submissions).append(record)

    # ending

    def _call_off(self, items: Sequence[Item], people: People) -> None:
        """After everything that starts: what begins in this page for a number that is left in it ends with it."""
        left = {people.by_phone[phone].id for phone in people.left if phone in people.by_phone}
        leave(self.batch, left, "unsubscribed")
        records = [item.known for item in items if item.known is not None and item.gave_up_phone]
        given_up = [
            GivenUp(member_id=record.member_id, submission_id=record.id, person=person_of(record))
            for record in records
            if record.member_id is not None
        ]
        call_off_given_up(self.batch, given_up)

    # what could not be read

    def _add_unread(
        self, id_: int, key: str, reason: str, detail: str | None, created_at: datetime, modified_at: datetime
    ) -> None:
        record = SubmissionRecord(
            id=id_,
            account_id=self.account.id,
            form_id=None,
            key=key,
            outcome="ignored",
            reason=reason,
            detail=detail,
            created_at=created_at,
            modified_at=modified_at,
            seen_at=self.now,
        )
        self.batch.new_submissions.append(record)

    def _reject(self, page: SubmissionPage, known: dict[str, SubmissionRecord]) -> int:
        fresh = {each.key: each for each in page.rejected if each.key not in known}
        ids = submission_rows.reserve_submission_ids(self.tx, len(fresh))
        for id_, rejected in zip(ids, fresh.values(), strict=True):
            self._add_unread(id_, rejected.key, rejected.reason, rejected.detail or None, self.now, self.now)
        return len(fresh)

    def _unread(self, page: SubmissionPage, known: dict[str, SubmissionRecord]) -> int:
        """Sign-ups that were applied, and whose newer version cannot be read: they stay as they are, and say so."""
        readable = {each.key for each in page.submissions}
        count = 0
        for rejected in {each.key: each for each in page.rejected if each.key not in readable}.values():
            record, why = known.get(rejected.key), (rejected.reason, rejected.detail or None)
            if record is not None and record.outcome == "applied" and (record.reason, record.detail) != why:
                reason, detail = why
                self.batch.changed_submissions.append(replace(record, reason=reason, detail=detail, seen_at=self.now))
                count += 1
        return count
