"""Whether a submission is news, and whether it counts: every rule that ignores one, in the order they are asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import define, field
from msgspec import Struct

from ascend_core.contracts import FieldReading, State, Submission
from ascend_core.engine.phones import BadPhone, Phone, parse_phone
from ascend_core.store.consents import ConsentState
from ascend_core.store.forms import FormRecord
from ascend_core.store.members import MemberRecord
from ascend_core.store.submissions import SubmissionRecord

__all__ = [
    "BACKFILL",
    "CREATE_MEMBERS_OFF",
    "FAILED",
    "NOT_JUDGED",
    "SWEEP_EVERY",
    "Item",
    "People",
    "counts_from",
    "is_news",
    "newest",
    "slot_moved",
    "why_ignored",
]

BACKFILL = timedelta(minutes=15)
"""What happened this shortly before a form is synced still counts as after it (rows B2 and B7)."""

SWEEP_EVERY = timedelta(days=1)
"""How often everything is read anew, for what a source did not date."""

NOT_JUDGED = ("form_unknown", "form_not_synced")
"""Reasons that say nothing about the submission itself: once its form is synced, it is judged as if new."""

CREATE_MEMBERS_OFF = "create_members_off"
"""The reason of a submission with a new phone while *Create New Members* is OFF. It counts once that is ON."""

FAILED = "failed"
"""The reason of a submission that something broke on. It is tried again whenever it is read again."""


class Item(Struct, kw_only=True, eq=False, gc=False):
    """One submission of a page, while the page is applied."""

    submission: Submission
    state: State
    """What is to be kept of its state."""
    known: SubmissionRecord | None
    form: FormRecord | None
    had_phone: str | None = None
    """The number of the member it was applied to before."""
    row_id: int = 0
    phone: Phone | None = None
    bad_phone: BadPhone | None = None
    reason: str | None = None
    detail: str | None = None
    member_id: int | None = None
    made_member: bool = False
    readings: tuple[FieldReading, ...] = ()
    """What its fields say."""
    answers: str | None = None
    """Which of it overwrites something (``Mapper.answers``)."""

    def __post_init__(self) -> None:
        parsed = parse_phone(self.submission.phone)
        if isinstance(parsed, Phone):
            self.phone = parsed
        else:
            self.bad_phone = parsed

    @property
    def e164(self) -> str | None:
        """The number, where it is one."""
        return None if self.phone is None else self.phone.e164

    @property
    def phones(self) -> set[str]:
        """Its number, and the one it had."""
        return {phone for phone in (self.e164, self.had_phone) if phone is not None}

    @property
    def first_sight(self) -> bool:
        """Whether it was never judged before: not seen, not readable, or its form was not synced."""
        known = self.known
        return known is None or known.form_id is None or known.reason in NOT_JUDGED

    @property
    def says_nothing_new(self) -> bool:
        """Whether its answers have reached the same member before."""
        known = self.known
        return known is not None and known.answers == self.answers is not None and not self.gave_up_phone

    @property
    def gave_up_phone(self) -> bool:
        """Whether the person has another number by now than the one it was applied to."""
        return self.had_phone is not None and self.had_phone != self.e164


@define(kw_only=True, eq=False)
class People:
    """Who the phones of a page belong to, and whether they may be texted."""

    by_phone: dict[str, MemberRecord]
    consents: dict[str, ConsentState]
    new_ids: list[int] = field(factory=list)
    left: set[str] = field(factory=set)
    """Phones that this page takes the consent from."""


def newest(submissions: Sequence[Submission]) -> list[Submission]:
    """Each submission once, in its newest form, in the order they came."""
    found: dict[str, Submission] = {}
    for each in submissions:
        before = found.get(each.key)
        if before is None or each.modified_at >= before.modified_at:
            found[each.key] = each
    return list(found.values())


def is_news(item: Item, *, create_members: bool) -> bool:
    """Whether *item* says anything that is not known yet. Reading a page again is no news."""
    known, submission = item.known, item.submission
    if known is None:
        return True
    if known.form_id is None and known.reason not in NOT_JUDGED:
        return True  # it could not be read, or something broke on it, and it was never judged
    if submission.modified_at < known.modified_at:
        return False
    if known.reason == FAILED or known.unread or (known.reason == CREATE_MEMBERS_OFF and create_members):
        return True
    if known.reason in NOT_JUDGED and item.form is not None and item.form.synced_at is not None:
        return True
    changed = submission.modified_at > known.modified_at or dict(item.state) != known.state
    return changed or slot_moved(item) or _person_changed(item, known)


def slot_moved(item: Item) -> bool:
    """Whether what the person signed up for takes place at another time by now. That touches no sign-up's own date."""
    known, told = item.known, item.submission
    if known is None or told.starts_at is None:
        return False
    return (told.starts_at, told.ends_at) != (known.starts_at, known.ends_at)


def _person_changed(item: Item, known: SubmissionRecord) -> bool:
    """Whether the person behind a sign-up that was not touched itself would be judged otherwise today."""
    opted_in = item.submission.opted_in
    match known.reason:
        case None:
            return opted_in is False or item.gave_up_phone
        case "no_opt_in":
            return opted_in is not None
        case "opted_out":
            return opted_in is not False
        case "bad_phone":
            return item.phone is not None
        case "phone_changed":
            return not item.gave_up_phone
        case _:
            return False


def counts_from(form: FormRecord) -> datetime | None:
    """The moment from which sign-ups of *form* are no history any more (row B7); None: it is not synced."""
    return None if form.synced_at is None else form.counts_from


def why_ignored(item: Item, people: People, *, create_members: bool) -> str | None:
    """Why *item* does not count (row A7); None: it does."""
    submission, form = item.submission, item.form
    if form is None:
        return "form_unknown"
    since = counts_from(form)
    if since is None:
        return "form_not_synced"
    if item.first_sight and submission.created_at < since:
        return "before_sync"
    if submission.opted_in is False:
        return "opted_out"
    if submission.opted_in is None:
        return "no_opt_in"
    if item.phone is None:
        return "bad_phone"
    consent = people.consents.get(item.phone.e164)
    if consent == "unsubscribed":
        return "unsubscribed"
    if item.gave_up_phone and consent != "subscribed":
        return "phone_changed"
    if item.phone.e164 not in people.by_phone and not create_members:
        return CREATE_MEMBERS_OFF
    return None
