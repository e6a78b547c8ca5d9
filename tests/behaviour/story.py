# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""One story of the behaviour specification: a world in a box, and what the story has said about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpx

from ascend_core.contracts import SandboxPerson
from ascend_core.errors import AscendError
from ascend_core.operations.connect import the_account
from ascend_core.operations.fetch_forms import find_form
from ascend_core.store.accounts import AccountRecord, accounts
from ascend_core.store.forms import FormRecord
from ascend_core.store.members import MemberRecord, members_by_phone
from ascend_core.testing.world import PHONE_AGENT, World, address_of, rebased
from tests.behaviour.elsewhere import Elsewhere
from tests.behaviour.organization import Organization

__all__ = ["CORE_FIELDS", "EVENT_STARTS", "EVERYTHING", "START", "Story"]

START = datetime(2026, 5, 4, 14, 0, tzinfo=UTC)
"""Every story begins on Monday, May 4, 2026, at 10:00 in New York."""

EVENT_STARTS = datetime(2026, 5, 9, 14, 0, tzinfo=UTC)
"""Every event begins on the Saturday after, at 10:00 in New York."""

READING = timedelta(seconds=30)
"""Nobody opens a link sooner."""

CORE_FIELDS = {"first name": "first_name", "last name": "last_name", "email": "email", "zip": "zip", "phone": "phone"}

EVERYTHING = range(1, 1000)
"""Ids of rows: no story has more."""


@attrs.define(kw_only=True)
class Story:
    """A world, and what a story has said about it."""

    world: World
    http: httpx.Client
    people: dict[str, SandboxPerson] = attrs.Factory(dict)
    form_urls: dict[str, str] = attrs.Factory(dict)
    submissions: dict[tuple[str, str], str] = attrs.Factory(dict)
    """The newest key by person and form."""
    seen: dict[str, int] = attrs.Factory(dict)
    """How many texts of each person a ``Then`` has looked at."""
    fetched: Any = None
    progress: list[tuple[int, int | None]] = attrs.Factory(list)
    """What the last fetch said on its way: forms seen, and how many there are."""
    refusal: str = ""
    opened: httpx.Response | None = None
    """What the last link opened answered."""
    happened: int = 0
    files: dict[str, str] = attrs.Factory(dict)
    elsewhere: Elsewhere | None = None
    """Another company's server."""
    other: Organization | None = None
    """The other organization on Mobilize, where a story has two."""

    def key(self) -> str:
        """A key that nothing else in this story has."""
        self.happened += 1
        return f"story:{self.happened}"

    def read(self, work: Any, *args: Any) -> Any:
        """What *work* finds in the store."""
        return self.world.core.database.read(lambda tx: work(tx, *args))

    def write(self, work: Any, *args: Any, **values: Any) -> Any:
        """Change something in the store, as the console or the CLI does."""
        return self.world.core.database.write(lambda tx: work(tx, *args, **values))

    def account(self, form: str = "") -> AccountRecord:
        """The connected Mobilize account; where there are two, that of *form*, else the first."""
        of_other = self.other_with(self.form_urls.get(form, ""))
        key = of_other.key if of_other else self.world.forms.account(self.world.forms_url)["org_id"]
        return self.read(the_account, "mobilize", key)

    def other_with(self, page: str) -> Organization | None:
        """The other organization, when the page at *page* is one of its own."""
        return self.other if self.other is not None and self.other.has(page) else None

    def form(self, name: str) -> FormRecord:
        """A form as the product knows it."""
        return self.read(find_form, self.account(name).id, name)

    def phone(self, name: str) -> str:
        """A person's phone as E.164."""
        return "+1" + re.sub(r"\D", "", self.people[name].phone)[-10:]

    def member(self, name: str) -> MemberRecord | None:
        """The member with a person's phone."""
        return self.read(members_by_phone, {self.phone(name)}).get(self.phone(name))

    def control(self, server: str, path: str, wish: dict[str, Any]) -> Any:
        """Pull a lever of a simulator."""
        answer = self.http.post(f"{server}/_sim/{path}", json=wish)
        assert answer.is_success, answer.text
        return answer.json()

    def event_id(self, name: str) -> int:
        """The id that Mobilize gave to a form."""
        events = self.http.get(f"{self.world.forms_url}/_sim/state").json()["events"]
        return next(event["id"] for event in events if event["title"] == name)

    def records(self, listed: str) -> list[dict[str, Any]]:
        """What Mobilize's API lists: ``people``, ``attendances``."""
        account = self.world.forms.account(self.world.forms_url)
        url = f"{account['base_url']}/organizations/{account['org_id']}/{listed}"
        answer = self.http.get(url, params={"per_page": 100}, headers={"Authorization": f"Bearer {account['api_key']}"})
        found: list[dict[str, Any]] = answer.json()["data"]
        return found

    def person_in_mobilize(self, name: str) -> dict[str, Any]:
        """Somebody as Mobilize describes them."""
        email = self.people[name].email
        return next(each for each in self.records("people") if each["email_addresses"][0]["address"] == email)

    def texts(self, name: str) -> list[str]:
        """Every text that a person's phone got, whoever sent it."""
        phone = {"phone": self.phone(name)}
        texts = self.http.get(f"{self.world.carrier_url}/_sim/transcript", params=phone).json()["texts"]
        return [text["body"] for text in texts if text["direction"] == "out"]

    def new_texts(self, name: str) -> list[str]:
        """The texts that nothing was said about yet; a short link in them is ``<link>``."""
        texts = self.texts(name)
        new = texts[self.seen.get(name, 0) :]
        self.seen[name] = len(texts)
        return [re.sub(rf"{re.escape(self.world.public_url)}/\w+", "<link>", text).strip() for text in new]

    def links(self, name: str) -> list[str]:
        """The short links in a person's last text with any."""
        for text in reversed(self.texts(name)):
            found = re.findall(rf"{re.escape(self.world.public_url)}/\w+", text)
            if found:
                return found
        raise AssertionError(f"{name} got no text with a link")

    def open(self, link: str, method: str = "GET", headers: dict[str, str] | None = None) -> str:
        """Open a short link, as a phone does unless *headers* say otherwise; gives where it leads.

        It takes a moment to read a text, and everybody has an address of their own.
        """
        self.world.go_to(self.world.clock.now() + READING, poll=False)
        sent = {"user-agent": PHONE_AGENT, "x-forwarded-for": address_of(link), **(headers or {})}
        self.opened = self.http.request(method, rebased(link, self.world.public_url), headers=sent)
        return self.opened.headers.get("location", "")

    def submit(self, name: str, form: str, url: str, changes: Sequence[Sequence[str]] = ()) -> None:
        """Somebody fills in a form, at *url*, with *changes* to what they usually write."""
        key = self.key()
        other = self.other_with(url)
        forms = self.world.forms if other is None else other.sandbox
        forms.submit(key, _changed(self.people[name], dict(changes)), url)
        self.submissions[name, form] = key

    def go_to(self, moment: datetime) -> None:
        """Let time pass. Mobilize is looked at in a minute and at the end, and in between while it fails."""
        next_look = self.world.clock.now() + timedelta(minutes=1)
        while next_look is not None and next_look < moment:
            self.world.go_to(next_look)
            next_look = self._tries_again_at()
        self.world.go_to(moment)

    def _tries_again_at(self) -> datetime | None:
        """When a failing account is looked at again; None: it does not fail, or asks a person for help."""
        found = self.read(accounts)
        return found[0].retry_at if found and found[0].problem is None else None

    def attempt(self, work: Any) -> None:
        """Do what may be refused, and keep the refusal."""
        try:
            work()
        except AscendError as error:
            self.refusal = str(error)


def _changed(person: SandboxPerson, changes: dict[str, str]) -> SandboxPerson:
    values: dict[str, Any] = {CORE_FIELDS[name]: value for name, value in changes.items() if name in CORE_FIELDS}
    if "SMS opt-in" in changes:
        values["opted_in"] = changes["SMS opt-in"] == "yes"
    answers = {name: value for name, value in changes.items() if name not in {*CORE_FIELDS, "SMS opt-in"}}
    return attrs.evolve(person, **values, answers={**person.answers, **answers})
