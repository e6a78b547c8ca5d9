"""Forms, submissions, and where an integration fetches them: what a source of sign-ups hands over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

from attrs import field, frozen
from msgspec import Struct

__all__ = [
    "Form",
    "FormPage",
    "FormSource",
    "IntegrationType",
    "PeopleSource",
    "Person",
    "PersonPage",
    "Rejected",
    "State",
    "Submission",
    "SubmissionPage",
]

State = Mapping[str, str | bool | None]
"""What the source says of one submission now, in its own words (Mobilize: ``status`` and ``attended``).
The core stores it, compares it for equality, and asks the source what a change of it means."""


@frozen(kw_only=True)
class Form:
    """One thing people sign up for, as the source shows it. *key* is the source's own, unique in the account."""

    key: str
    name: str
    url: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    timezone: str | None = None
    """IANA name, for showing times to people."""
    location: str = ""
    deleted: bool = False


@frozen(kw_only=True)
class Rejected:
    """A record that could not be read. *key* is stable, so that the same record met again is the same row.

    *reason* is one word of the source (``masked``, ``malformed``); *detail* names the field, never a person's data.
    """

    key: str
    reason: str
    detail: str = ""


@frozen(kw_only=True)
class FormPage:
    """Some forms, and the *cursor* to continue behind them."""

    forms: tuple[Form, ...]
    cursor: str
    rejected: tuple[Rejected, ...] = ()
    total: int | None = None
    """How many the source says there are in all, where it does; for a progress bar."""


class Submission(Struct, frozen=True, kw_only=True, gc=False):
    """One sign-up of one person for one form, as the source shows it now."""

    key: str
    form_key: str
    phone: str | None
    """As the source gives it; the core parses it."""
    opted_in: bool | None
    """True: opted in to texts. False: opted out upstream (as strong as STOP). None: said neither."""
    state: State
    person_key: str | None = None
    """The source's own key of the person, where it has one: by it the person's later changes are recognised."""
    fields: Mapping[str, Any] = {}
    """Raw; the integration's field mapper reads them."""
    token: str | None = None
    """What the sign-up carried back from the link that brought it (``utm_content``)."""
    starts_at: datetime | None = None
    """Of the slot this person chose, where the source has slots."""
    ends_at: datetime | None = None
    timezone: str | None = None
    created_at: datetime
    modified_at: datetime


@frozen(kw_only=True)
class SubmissionPage:
    """Some submissions in the source's order, and the *cursor* to commit with them."""

    submissions: tuple[Submission, ...]
    cursor: str
    rejected: tuple[Rejected, ...] = ()
    total: int | None = None


@frozen(kw_only=True)
class Person:
    """Somebody the source knows, as that person is described there now."""

    key: str
    """As in ``Submission.person_key``."""
    phone: str | None
    """As the source gives it."""
    opted_in: bool | None
    """As in ``Submission``."""
    fields: Mapping[str, Any] = field(factory=dict)
    """Raw, of the shape that ``Submission.fields`` has, without what belongs to one sign-up."""
    modified_at: datetime


@frozen(kw_only=True)
class PersonPage:
    """Some people who changed, and the *cursor* to commit with them. Who cannot be read is *rejected*."""

    people: tuple[Person, ...]
    cursor: str
    rejected: tuple[Rejected, ...] = ()


A = TypeVar("A", contravariant=True)


class FormSource(Protocol[A]):
    """What an integration does. Stateless: all it remembers is in the cursor, which the core keeps.

    Each method may raise ``TryLater``, ``NeedsAttention`` or ``Refused`` (see ``ascend_core.errors``).
    """

    async def check(self, account: A) -> None:
        """Make sure that *account* works, without changing anything. Raises NeedsAttention with what to do."""
        ...

    def forms(self, account: A, cursor: str | None) -> AsyncIterator[FormPage]:
        """Forms changed since *cursor*, deleted ones too; ``None``: all."""
        ...

    def submissions(
        self, account: A, cursor: str | None, *, since: datetime | None = None
    ) -> AsyncIterator[SubmissionPage]:
        """Submissions changed since *cursor*. A cursor may lie in the middle of a pull: it goes on from there.

        ``None``: those modified at *since* or later; without *since*, all. At least once: a record may come
        again, in any order. The last page of a pull holds the cursor for the next pull.
        """
        ...

    def activities(self, before: State | None, after: State) -> tuple[str, ...]:
        """What happened between two states, in a sensible order; pure. ``None``: first sight."""
        ...


class PeopleSource(Protocol[A]):
    """What an integration may do beside: tell of people who changed without signing up anew. As stateless."""

    def people(self, account: A, cursor: str | None, *, since: datetime | None = None) -> AsyncIterator[PersonPage]:
        """People changed since *cursor*; ``None``: since *since*, or all. As ``FormSource.submissions``.

        May raise what ``FormSource`` may. NeedsAttention stops nothing else: the account goes on without, and says so.
        """
        ...


@frozen(kw_only=True)
class IntegrationType:
    """A place people sign up at. *account* is an attrs class: its fields are asked for when connecting.

    A field of type ``Secret`` is stored sealed. ``key`` names the field that tells two accounts apart.
    """

    name: str
    label: str
    account: type[Any]
    key: str
    source: FormSource[Any]
    people: PeopleSource[Any] | None = None
    kept: Callable[[State, State], State] | None = None
    """What to keep of a state: from the one that was kept before and the new one, pure. For sources whose states do not
    always tell how a submission stands. None: the new one as it is."""
    sandbox: Any = None
    """A ``FormSandboxMaker``: the integration's own stand-in server, for demos and tests."""
