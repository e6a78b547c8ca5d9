"""Fetches forms and submissions from Mobilize."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

from ascend_core.contracts import (
    Form,
    FormPage,
    Person,
    PersonPage,
    PluginContext,
    Rejected,
    State,
    Submission,
    SubmissionPage,
)
from ascend_core.errors import BadInput, NeedsAttention, Refused, RunTimeError
from ascend_mobilize.account import MobilizeAccount
from ascend_mobilize.activities import activities
from ascend_mobilize.answers import Page, Shaping
from ascend_mobilize.attendances import read_attendance
from ascend_mobilize.client import TIMEOUT, MobilizeClient
from ascend_mobilize.cursors import Pull, dump_pulls, load_pulls
from ascend_mobilize.events import read_deletion, read_event
from ascend_mobilize.people import read_person
from ascend_mobilize.reading import Node
from ascend_mobilize.settings import MobilizeSettings
from ascend_mobilize.shapes import DECODED_ATTENDANCES, ShapedAttendance

__all__ = ["MobilizeSource"]

PER_PAGE = 100
"""Records a page: what clients use as a matter of course; the largest number allowed is not documented."""

_FORM_LISTS: Mapping[str, tuple[str, str, str, Callable[[Any], Form | Rejected]]] = {
    "events": ("events", "PUBLIC", "modified_date", read_event),
    "private_events": ("events", "PRIVATE", "modified_date", read_event),
    "deleted": ("events/deleted", "PUBLIC", "deleted_date", read_deletion),
    "private_deleted": ("events/deleted", "PRIVATE", "deleted_date", read_deletion),
}
"""The lists that make up an organization's forms, in the order they are read: path, visibility, what dates a change,
and how a record is read. Private ones apart: a key without the right to see them gets 403 for the whole request."""

Read = TypeVar("Read", Form, Submission, Person)


class MobilizeSource:
    """Mobilize as a source of forms and submissions: owned events and promoted ones. It only ever reads."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._per_second = (context.settings or MobilizeSettings()).requests_per_second

    async def check(self, account: MobilizeAccount) -> None:
        """Make sure that the key opens the organization. Raises NeedsAttention: it says which of the two is wrong."""
        async with self._client(account) as client:
            try:
                await client.page(client.url("attendances", per_page=1))
            except NeedsAttention as refusal:
                raise NeedsAttention(await _why_refused(client, account)) from refusal
            except Refused as refusal:
                if refusal.code == "404":
                    raise NeedsAttention(_no_organization(account)) from refusal
                raise

    async def forms(self, account: MobilizeAccount, cursor: str | None) -> AsyncIterator[FormPage]:
        """Forms changed since *cursor*, then those deleted (by key alone: their name is empty)."""
        now = self._now()
        at, pulls = ("events", {}) if cursor is None else load_pulls(cursor)
        names = list(_FORM_LISTS)
        place = names.index(at) if at in names else 0
        async with self._client(account) as client:
            for name in names[place:]:
                following = names[(names.index(name) + 1) % len(names)]
                async for page in self._form_list(client, account, name, pulls, now=now):
                    goes_on = pulls[name].next is not None
                    yield _form_page(page, name, dump_pulls(pulls, at=name if goes_on else following))

    async def submissions(
        self, account: MobilizeAccount, cursor: str | None, *, since: datetime | None = None
    ) -> AsyncIterator[SubmissionPage]:
        """Submissions changed since *cursor*; without one, since *since* (to the second), or all."""
        pull = self._pull("attendances", cursor, since)
        async with self._client(account) as client:
            first = client.url("attendances", per_page=PER_PAGE, updated_since=pull.asked)
            async for page in _pages(client, account, first, pull.next, shaping=DECODED_ATTENDANCES):
                pull = pull.read(newest=_newest(page.records, "modified_date"), following=page.next)
                submissions, rejected = _sort_out(read_attendance(record) for record in page.records)
                yield SubmissionPage(
                    submissions=_newest_of_each(submissions),
                    cursor=dump_pulls({"attendances": pull}, at="attendances"),
                    rejected=rejected,
                    total=page.total,
                )

    async def people(
        self, account: MobilizeAccount, cursor: str | None, *, since: datetime | None = None
    ) -> AsyncIterator[PersonPage]:
        """People changed since *cursor*, or since *since*. Raises NeedsAttention where the key may not list them."""
        pull = self._pull("people", cursor, since)
        async with self._client(account) as client:
            first = client.url("people", per_page=PER_PAGE, updated_since=pull.asked)
            try:
                async for page in _pages(client, account, first, pull.next):
                    pull = pull.read(newest=_newest(page.records, "modified_date"), following=page.next)
                    people, rejected = _sort_out(read_person(record) for record in page.records)
                    cursor = dump_pulls({"people": pull}, at="people")
                    yield PersonPage(people=tuple(people), cursor=cursor, rejected=rejected)
            except NeedsAttention as refusal:
                raise NeedsAttention(_no_people(account)) from refusal

    def activities(self, before: State | None, after: State) -> tuple[str, ...]:
        """What happened between two states; see ``ascend_mobilize.activities``."""
        return activities(before, after)

    def _pull(self, name: str, cursor: str | None, since: datetime | None) -> Pull:
        """The pull of the list *name* to go on with at *cursor*, or to begin at *since*."""
        now = self._now()
        if cursor is not None:
            return load_pulls(cursor)[1].get(name, Pull(started=now)).again(now=now)
        asked = None if since is None else max(0, int(since.timestamp()) - 1)  # its own second may be left out
        return Pull(asked=asked, high=None if asked is None else asked + 1, started=now)

    async def _form_list(
        self, client: MobilizeClient, account: MobilizeAccount, name: str, pulls: dict[str, Pull], *, now: int
    ) -> AsyncIterator[Page]:
        """The pages of one list, *pulls* brought up to date before each. A private list we may not see is empty."""
        path, visibility, dated_by, _ = _FORM_LISTS[name]
        before = pulls.get(name)
        pull = Pull(started=now) if before is None else before.again(now=now)
        first = client.url(path, per_page=PER_PAGE, visibility=visibility, updated_since=pull.asked)
        try:
            async for page in _pages(client, account, first, pull.next):
                pull = pull.read(newest=_newest(page.records, dated_by), following=page.next)
                pulls[name] = pull
                yield page
        except NeedsAttention:
            if visibility == "PUBLIC":
                raise
            pulls[name] = Pull(high=pull.high, started=now)
            yield Page(records=())

    @asynccontextmanager
    async def _client(self, account: MobilizeAccount) -> AsyncIterator[MobilizeClient]:
        async with self._context.reader(timeout=TIMEOUT) as http:
            yield MobilizeClient(account, http, self._context.turns, self._context.clock, per_second=self._per_second)

    def _now(self) -> int:
        return int(self._context.clock.now().timestamp())


async def _pages(
    client: MobilizeClient,
    account: MobilizeAccount,
    first: str,
    resume: str | None,
    *,
    shaping: Shaping | None = None,
) -> AsyncIterator[Page]:
    """The pages from *resume* (a ``next`` kept from before), or from *first*, to the last.

    A ``next`` that Mobilize no longer knows, or that is of an address the account had before, leads back to *first*,
    once. Raises Refused (``cycle``) when a page comes round again.
    """
    url, seen, may_restart = resume or first, set[str](), True
    while True:
        try:
            page = await client.page(url, shaping=shaping)
        except Refused as refusal:
            is_lost = refusal.code in {"400", "404"} or refusal.reason == "off_host"
            if url == first and refusal.code == "404":
                raise NeedsAttention(_no_organization(account)) from refusal
            if url == first or not (is_lost and may_restart):
                raise
            url, seen, may_restart = first, set(), False
            continue
        seen.add(url)
        if page.next in seen:
            raise Refused(
                f"Mobilize (organization {account.org_id}) names a next page that was read before, so the list has no "
                "end. What was read is kept; it will go on once Mobilize is mended.",
                reason="cycle",
            )
        yield page
        if page.next is None:
            return
        url = page.next


async def _why_refused(client: MobilizeClient, account: MobilizeAccount) -> str:
    """Tell a wrong key from a wrong organization: the list of public events needs no key."""
    try:
        await client.page(client.url("events", per_page=1), with_key=False)
    except RunTimeError as refusal:
        if isinstance(refusal, Refused) and refusal.code == "404":
            return _no_organization(account)
        return (
            f"Mobilize does not accept this API key for organization {account.org_id}. Copy both again: the Org Id is "
            "at the top of Team Settings, the key comes from support@mobilize.us."
        )
    return (
        f"Mobilize knows organization {account.org_id}, but this API key does not open it. Check that the key is "
        "complete and was made for this organization; support@mobilize.us gives a new one."
    )


def _no_organization(account: MobilizeAccount) -> str:
    return (
        f"Mobilize has no organization {account.org_id}. "
        "Check the Org Id: it is at the top of Team Settings in Mobilize."
    )


def _no_people(account: MobilizeAccount) -> str:
    return (
        f"Mobilize (organization {account.org_id}) does not let this API key list people, so numbers and opt-outs that "
        "change in profiles are not seen before all sign-ups are read anew, once a day. Ask support@mobilize.us for a "
        "key that may list them (/people), then connect again."
    )


def _form_page(page: Page, name: str, cursor: str) -> FormPage:
    read = _FORM_LISTS[name][3]
    forms, rejected = _sort_out(read(record) for record in page.records)
    return FormPage(
        forms=tuple({form.key: form for form in forms}.values()),
        cursor=cursor,
        rejected=rejected,
        total=page.total if name == "events" else None,
    )


def _sort_out(records: Iterable[Read | Rejected]) -> tuple[list[Read], tuple[Rejected, ...]]:
    read: list[Read] = []
    rejected: dict[str, Rejected] = {}
    for record in records:
        if isinstance(record, Rejected):
            rejected[record.key] = record
        else:
            read.append(record)
    return read, tuple(rejected.values())


def _newest_of_each(submissions: list[Submission]) -> tuple[Submission, ...]:
    """Each submission once, as it was last changed: rows move between pages while they are read."""
    newest: dict[str, Submission] = {}
    for submission in submissions:
        known = newest.get(submission.key)
        if known is None or known.modified_at <= submission.modified_at:
            newest[submission.key] = submission
    return tuple(newest.values())


def _newest(records: tuple[Any, ...], dated_by: str) -> int | None:
    """The newest date among *records*, whether or not the rest of a record can be read."""
    seconds = [_date(record, dated_by) for record in records]
    return max((second for second in seconds if second is not None), default=None)


def _date(record: Any, dated_by: str) -> int | None:
    if isinstance(record, ShapedAttendance):
        return record.modified_date
    try:
        return Node(record)[dated_by].number()
    except BadInput:
        return None
