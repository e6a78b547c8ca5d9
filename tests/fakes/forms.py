"""A place to sign up at, as small as can be: a list of what happened, read in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from ascend_core.contracts import (
    DefaultMapping,
    FieldMapperType,
    FieldReading,
    Form,
    FormPage,
    IntegrationType,
    LinkTrackerType,
    LinkUse,
    NotOwed,
    NudgeType,
    NudgeView,
    Owed,
    Person,
    PersonPage,
    Secret,
    State,
    Submission,
    SubmissionPage,
    TriggerType,
)

__all__ = ["BOX_URL", "FakeSource", "box_integration", "box_mapper", "box_nudge", "box_tracker", "box_triggers"]

BOX_URL = "https://box.example.org/form"


@frozen(kw_only=True)
class BoxAccount:
    """What connecting asks for."""

    org: str
    key: Secret


class FakeSource:
    """A sign-up box. ``forms_now`` are its forms; ``log`` every version of every submission, in order.

    A cursor is a place in the log. ``trouble`` is raised before the page it names (0: the first of a pull);
    ``form_trouble`` before the forms, ``people_trouble`` before the people. ``people_log`` are people who changed. A
    status of ``poison`` breaks it.
    """

    def __init__(self, page_size: int = 50) -> None:
        self.page_size = page_size
        self.forms_now: list[Form] = []
        self.log: list[Submission] = []
        self.trouble: dict[int, Exception] = {}
        self.form_trouble: Exception | None = None
        self.people_trouble: Exception | None = None
        self.asked_forms: list[str | None] = []
        self.people_log: list[Person] = []
        self.poison: set[str] = set()

    async def check(self, account: BoxAccount) -> None:
        """Every account works."""

    async def forms(self, account: BoxAccount, cursor: str | None) -> AsyncIterator[FormPage]:
        """Always all of them."""
        self.asked_forms.append(cursor)
        if self.form_trouble is not None:
            raise self.form_trouble
        yield FormPage(forms=tuple(self.forms_now), cursor=str(len(self.forms_now)), total=len(self.forms_now))

    async def submissions(
        self, account: BoxAccount, cursor: str | None, *, since: datetime | None = None
    ) -> AsyncIterator[SubmissionPage]:
        """What the log holds behind *cursor*."""
        start = int(cursor or 0)
        log = [each for each in self.log if since is None or each.modified_at >= since]
        for number, first in enumerate(range(start, max(len(log), start + 1), self.page_size)):
            if number in self.trouble:
                raise self.trouble.pop(number)
            last = min(first + self.page_size, len(log))
            yield SubmissionPage(submissions=tuple(log[first:last]), cursor=str(last))

    async def people(
        self, account: BoxAccount, cursor: str | None, *, since: datetime | None = None
    ) -> AsyncIterator[PersonPage]:
        """Who changed behind *cursor*."""
        if self.people_trouble is not None:
            raise self.people_trouble
        start = int(cursor or 0)
        changed = [each for each in self.people_log[start:] if since is None or each.modified_at >= since]
        yield PersonPage(people=tuple(changed), cursor=str(len(self.people_log)))

    def activities(self, before: State | None, after: State) -> tuple[str, ...]:
        """Entering a status is what happens; a first sight of a cancelled one is nothing."""
        if after.get("status") in self.poison:
            raise LookupError(f"nobody knows {after}")
        was, now = None if before is None else before.get("status"), str(after.get("status"))
        if was == now or (was is None and now == "cancels"):
            return ()
        return ("registers", "confirms") if was is None and now == "confirms" else (now,)


class BoxTracker:
    """Follows the box's pages: the form's key is the end of the path."""

    def claims(self, url: str) -> bool:
        return url.startswith(f"{BOX_URL}/")

    def form_key(self, url: str) -> str | None:
        return url.removeprefix(f"{BOX_URL}/") or None

    def mark(self, url: str, use: LinkUse) -> str:
        return f"{url}?utm_content={use.token}&utm_campaign={use.campaign}"

    def token_of(self, submission: Submission) -> str | None:
        return submission.token


def read_fields(fields: Mapping[str, Any]) -> tuple[FieldReading, ...]:
    """Every raw field; those that are none of the four are custom."""
    known = ("first_name", "last_name", "email", "zip")
    return tuple(
        FieldReading(source=name, label=name.title(), value=value, custom=name not in known)
        for name, value in fields.items()
    )


def owes_a_submission(view: NudgeView, /) -> Owed | NotOwed:
    """Owed by whoever opened the link and did not submit its form."""
    if view.submitted_at is not None:
        return NotOwed("submitted")
    return NotOwed("not_clicked") if view.clicked_at is None else Owed()


def box_integration(source: Any) -> IntegrationType:
    """The box, fed by *source*."""
    return IntegrationType(name="box", label="Box", account=BoxAccount, key="org", source=source, people=source)


def box_triggers() -> tuple[TriggerType, ...]:
    """One for each activity; ``confirms`` may happen again and again."""
    words = ("registers", "confirms", "cancels")
    return tuple(
        TriggerType(name=f"box.{word}", label=word, integration="box", activity=word, repeats=word == "confirms")
        for word in words
    )


box_tracker = LinkTrackerType(name="box", label="Box", integration="box", tracker=BoxTracker())

box_mapper = FieldMapperType(
    name="box",
    integration="box",
    defaults=tuple(
        DefaultMapping(source=name, label=name, target=name) for name in ("first_name", "last_name", "email", "zip")
    ),
    read=read_fields,
)

box_nudge = NudgeType(name="box.no_submission", label="No submission", still_owed=owes_a_submission, needs_link=True)
