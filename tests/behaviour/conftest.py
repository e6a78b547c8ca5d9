"""The steps of the behaviour specification, played in a world in a box: real HTTP on loopback, a clock that we move.

``specs/behaviour/README.md`` lists every step. A ``Then`` about texts looks at those that came since the last one
about the same person, so that no text goes unnoticed.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import attrs
import httpx
import psycopg
import pytest
from pytest_bdd import given, parsers, then, when

from ascend_core.contracts import SandboxPerson
from ascend_core.errors import AscendError
from ascend_core.flow.load import check_flow
from ascend_core.operations.connect import connect_account, connect_channel, the_account
from ascend_core.operations.fetch_forms import fetch_forms, find_form, sync_form, unsync_form
from ascend_core.operations.fields import field_rows, set_field_mapping
from ascend_core.operations.import_members import import_members
from ascend_core.operations.publish import publish_flow, put_automation
from ascend_core.operations.report import click_report
from ascend_core.operations.settings import change_settings
from ascend_core.operations.summary import summarize
from ascend_core.store.accounts import AccountRecord, accounts
from ascend_core.store.consents import ledger_of
from ascend_core.store.database import open_database, sqlite_url
from ascend_core.store.flows import set_paused
from ascend_core.store.forms import FormRecord
from ascend_core.store.members import MemberRecord, group_names_of, member_list, members_by_phone
from ascend_core.store.runs import runs_by_id
from ascend_core.store.schema import upgrade_schema
from ascend_core.store.submissions import ignored_list, submissions_by_id
from ascend_core.testing import PostgresServer, SeededRandomness
from ascend_core.testing.world import PHONE_AGENT, World, rebased

START = datetime(2026, 5, 4, 14, 0, tzinfo=UTC)
"""Every story begins on Monday, May 4, 2026, at 10:00 in New York."""

EVENT_STARTS = datetime(2026, 5, 9, 14, 0, tzinfo=UTC)
"""Every event begins on the Saturday after, at 10:00 in New York."""

DATABASES = os.environ.get("ASCEND_TEST_DATABASES", "sqlite,postgresql").split(",")

ROWS = [
    f"{section}{number}"
    for section, count in zip("ABCDEFGHIJ", (9, 10, 5, 8, 5, 5, 4, 6, 3, 5), strict=True)
    for number in range(1, count + 1)
]
"""Every row of the table of behaviours."""

MACHINES = {
    "a link preview": ("GET", {"user-agent": "facebookexternalhit/1.1 Facebot Twitterbot/1.0"}),
    "a scanner": ("GET", {"user-agent": "curl/8.5.0"}),
    "a prefetching browser": ("GET", {"user-agent": PHONE_AGENT, "sec-purpose": "prefetch"}),
    "a HEAD request": ("HEAD", {"user-agent": PHONE_AGENT}),
}
"""What opens links without being a person: method and headers."""

ACTIVITIES = {
    "confirms": "confirms",
    "attends": "attends",
    "cancels": "cancels",
    "is waitlisted for": "waitlisted",
    "registers again for": "registers",
}

SETTINGS = {
    "Sync Accounts": "sync_accounts",
    "Create New Members": "create_members",
    "Sync New Events": "sync_new_forms",
}

CORE_FIELDS = {"first name": "first_name", "last name": "last_name", "email": "email", "zip": "zip", "phone": "phone"}

UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}

EVERYTHING = range(1, 1000)
"""Ids of rows: no story has more."""


def pytest_configure(config: pytest.Config) -> None:
    """A row's id is a mark: ``pytest -m H1``."""
    for row in ROWS:
        config.addinivalue_line("markers", f"{row}: row {row} of specs/behaviour/README.md")


# where the stories are played


@pytest.fixture(scope="session")
def postgres_model(postgres: PostgresServer, worker_name: str) -> str:
    """A database of PostgreSQL with the newest tables, to be copied; its name."""
    name = f"behaviour_{worker_name}"
    database = open_database(postgres.new_database(name))
    upgrade_schema(database)
    database.close()
    return name


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database for one story, with the newest tables and no rows."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_model"), tmp_path / "story.db")
        return sqlite_url(tmp_path / "story.db")
    server, model = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_model")
    with psycopg.connect(server.url().replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{model}_story" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{model}_story" TEMPLATE "{model}"')
    url: str = server.url(f"{model}_story")
    return url


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """A client for everything that a story opens; making one takes longer than a story's requests."""
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def story(tmp_path: Path, database_url: str, http: httpx.Client) -> Iterator[Story]:
    """One story: a world of its own, and who and what it told of so far."""
    with World(tmp_path, start=START, database_url=database_url, randomness=SeededRandomness(1)) as world:
        yield Story(world=world, http=http)


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
    refusal: str = ""
    opened: httpx.Response | None = None
    """What the last link opened answered."""
    happened: int = 0

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

    def account(self) -> AccountRecord:
        """The connected Mobilize account."""
        return self.read(the_account, "mobilize")

    def form(self, name: str) -> FormRecord:
        """A form as the product knows it."""
        return self.read(find_form, self.account().id, name)

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
        """Open a short link, as a phone does unless *headers* say otherwise; gives where it leads."""
        self.opened = self.http.request(
            method, rebased(link, self.world.public_url), headers=headers or {"user-agent": PHONE_AGENT}
        )
        return self.opened.headers.get("location", "")

    def submit(self, name: str, form: str, url: str, changes: Sequence[Sequence[str]] = ()) -> None:
        """Somebody fills in a form, at *url*, with *changes* to what they usually write."""
        key = self.key()
        self.world.forms.submit(key, _changed(self.people[name], dict(changes)), url)
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


def _counts(table: Sequence[Sequence[str]]) -> dict[str, int]:
    return {name: int(times) for name, times in table}


def _counted(things: Sequence[str | None]) -> dict[str, int]:
    return {str(thing): things.count(thing) for thing in things if thing is not None}


# Given: what there is


@given("Mobilize and the carrier are connected")
def _connected(story: Story) -> None:
    story.world.connect()
    story.world.connect_channel()


@given("the carrier leaves STOP, START and HELP to us")
def _opt_out_is_ours(story: Story) -> None:
    settings = story.world.carrier.settings(story.world.carrier_url)
    story.world.run(connect_channel(story.world.core, "sms", {**settings, "keyword_replies": "plugin"}))
    story.control(story.world.carrier_url, "opt_out", {"mode": "none"})


@given("these people")
def _people(story: Story, datatable: list[list[str]]) -> None:
    head, *rows = datatable
    for row in rows:
        person = dict(zip(head, row, strict=True))
        first, _, last = person["name"].partition(" ")
        story.people[first] = SandboxPerson(
            key=first,
            first_name=first,
            last_name=last,
            email=person.get("email", f"{first.lower()}@example.org"),
            phone=person["phone"],
            zip=person.get("zip", "10001"),
            opted_in=person.get("SMS opt-in", "yes") == "yes",
        )


@given(parsers.parse("{name:w} is a member with"))
def _is_a_member(story: Story, name: str, datatable: list[list[str]]) -> None:
    row = {CORE_FIELDS.get(field, field): value for field, value in datatable}
    import_members(story.world.core, [{**row, "phone": story.phone(name)}], proof="a signed sheet")


@given(parsers.parse('the form "{form}" in Mobilize'))
def _form_in_mobilize(story: Story, form: str) -> None:
    story.form_urls[form] = story.world.forms.add_form(
        story.key(), form, starts_at=EVENT_STARTS, timezone="America/New_York", url_base=story.world.forms_url
    )


@given(parsers.parse('the synced form "{form}"'))
def _synced_form(story: Story, form: str) -> None:
    _form_in_mobilize(story, form)
    story.world.run(fetch_forms(story.world.core, story.account()))
    sync_form(story.world.core, story.form(form))


@given("the flow")
@when("the operator publishes the flow")
def _flow(story: Story, docstring: str) -> None:
    publish_flow(story.world.core, docstring, file="flow.yaml")


@given("the automation")
def _automation(story: Story, docstring: str) -> None:
    put_automation(story.world.core, docstring, file="automation.yaml")


# When: what people do


@when(parsers.parse('{name:w} submits the form "{form}"'))
def _submits(story: Story, name: str, form: str) -> None:
    story.submit(name, form, story.form_urls[form])


@when(parsers.parse('{name:w} submits the form "{form}" with'))
def _submits_with(story: Story, name: str, form: str, datatable: list[list[str]]) -> None:
    story.submit(name, form, story.form_urls[form], datatable)


@when(parsers.parse('{name:w} submits the form "{form}" through the link in {owner:w}\'s text'))
def _submits_through(story: Story, name: str, form: str, owner: str) -> None:
    story.submit(name, form, story.open(story.links(owner)[0]))


@when(parsers.parse('{name:w} submits the form "{form}" through the link in {owner:w}\'s text, with'))
def _submits_through_with(story: Story, name: str, form: str, owner: str, datatable: list[list[str]]) -> None:
    story.submit(name, form, story.open(story.links(owner)[0]), datatable)


@when(parsers.re(rf'(?P<name>\w+) (?P<activity>{"|".join(ACTIVITIES)}) "(?P<form>[^"]+)"'))
def _acts(story: Story, name: str, activity: str, form: str) -> None:
    story.world.forms.act(story.key(), story.submissions[name, form], ACTIVITIES[activity])


@when(parsers.parse("{name:w} taps the link"))
def _taps(story: Story, name: str) -> None:
    story.open(story.links(name)[0])


@when(parsers.parse("{name:w} taps link {number:d}"))
def _taps_one(story: Story, name: str, number: int) -> None:
    story.open(story.links(name)[number - 1])


@when(parsers.re(rf"(?P<machine>{'|'.join(MACHINES)}) opens the link in (?P<name>\w+)'s text"))
def _machine_opens(story: Story, machine: str, name: str) -> None:
    method, headers = MACHINES[machine]
    story.open(story.links(name)[0], method, headers)


@when(parsers.parse('somebody opens the short link "{path}"'))
def _opens_a_code(story: Story, path: str) -> None:
    story.open(f"{story.world.public_url}/{path}")


@when(parsers.parse('somebody opens the link in {name:w}\'s text with "{query}" added'))
def _opens_with(story: Story, name: str, query: str) -> None:
    story.open(story.links(name)[0] + query)


@when(parsers.parse('{name:w} replies "{text}"'))
def _replies(story: Story, name: str, text: str) -> None:
    story.world.carrier.reply(story.key(), story.phone(name), text)
    story.world.settle()


# When: what the operator does


@when("the operator connects Mobilize")
def _connects(story: Story) -> None:
    story.world.connect()


@when(parsers.parse('the operator connects Mobilize with "Sync New Events" on'))
def _connects_all(story: Story) -> None:
    story.world.connect(sync_new_forms=True)


@when(parsers.parse('the operator connects Mobilize with the {field} "{value}"'))
def _connects_wrongly(story: Story, field: str, value: str) -> None:
    names = {"Org Id": "org_id", "API key": "api_key", "address": "base_url"}
    values = {**story.world.forms.account(story.world.forms_url), names[field]: value}
    work = connect_account(story.world.core, "mobilize", values, sync_new_forms=False)
    story.attempt(lambda: story.world.run(work))


@when(parsers.re(r'the operator switches "(?P<setting>[^"]+)" (?P<state>on|off)'))
def _switches(story: Story, setting: str, state: str) -> None:
    change_settings(story.world.core, story.account(), **{SETTINGS[setting]: state == "on"})


@when("the operator fetches the forms")
def _fetches(story: Story) -> None:
    story.fetched = story.world.run(fetch_forms(story.world.core, story.account(), everything=True))


@when(parsers.parse('the operator syncs the form "{form}"'))
def _syncs(story: Story, form: str) -> None:
    sync_form(story.world.core, story.form(form))


@when(parsers.parse('the operator un-syncs the form "{form}"'))
def _unsyncs(story: Story, form: str) -> None:
    unsync_form(story.world.core, story.form(form))


@when(parsers.re(r'the operator sets the field "(?P<field>[^"]+)" to (?P<mode>populate|overwrite|ignore)'))
def _sets_mode(story: Story, field: str, mode: str) -> None:
    set_field_mapping(story.world.core, story.account(), field, mode=mode)


@when(parsers.parse('the operator maps the custom field "{field}" to "{target}"'))
def _maps(story: Story, field: str, target: str) -> None:
    story.attempt(lambda: set_field_mapping(story.world.core, story.account(), field, target=target, mode="overwrite"))


@when(parsers.parse('the operator pauses the automation "{automation}"'))
def _pauses(story: Story, automation: str) -> None:
    story.write(set_paused, automation, True)


# When: what happens elsewhere


@when(parsers.re(r"(?P<number>\d+) (?P<unit>minute|hour|day)s? (?:pass|passes)"))
def _time_passes(story: Story, number: str, unit: str) -> None:
    story.go_to(story.world.clock.now() + int(number) * UNITS[unit])


@when(parsers.parse("the clock reaches {day:S} {hour:d}:{minute:d} in {place}"))
def _clock_reaches(story: Story, day: str, hour: int, minute: int, place: str) -> None:
    zone = ZoneInfo(f"America/{place.replace(' ', '_')}")
    story.go_to(datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=zone).astimezone(UTC))


@when(parsers.parse('the form "{form}" is renamed to "{name}" in Mobilize'))
def _renamed(story: Story, form: str, name: str) -> None:
    story.control(story.world.forms_url, f"events/{story.event_id(form)}", {"title": name})
    story.form_urls[name] = story.form_urls[form]


@when(parsers.parse('the form "{form}" is deleted in Mobilize'))
def _deleted(story: Story, form: str) -> None:
    story.control(story.world.forms_url, f"events/{story.event_id(form)}/delete", {})


@when(parsers.parse('Mobilize answers the next {times:d} requests with "{kind}"'))
def _mobilize_fails(story: Story, times: int, kind: str) -> None:
    story.control(story.world.forms_url, "faults", {"kind": kind, "times": times, "path": "/v1"})


@when(parsers.parse('Mobilize holds an odd row: "{kind}"'))
def _odd_row(story: Story, kind: str) -> None:
    story.control(story.world.forms_url, "oddities", {"kind": kind})


@when(parsers.parse('the carrier does "{kind}" once'))
def _carrier_fails(story: Story, kind: str) -> None:
    story.control(story.world.carrier_url, "faults", {"kind": kind})


# Then: texts and links


@then(parsers.parse('{name:w} gets the text "{text}"'))
def _gets(story: Story, name: str, text: str) -> None:
    assert story.new_texts(name) == [text]


@then(parsers.parse("{name:w} gets the texts"))
def _gets_several(story: Story, name: str, datatable: list[list[str]]) -> None:
    assert story.new_texts(name) == [text for (text,) in datatable]


@then(parsers.parse("{name:w} gets no text"))
def _gets_none(story: Story, name: str) -> None:
    assert story.new_texts(name) == []


@then("everybody got the same text every time")
def _same_text(story: Story) -> None:
    assert all(len(set(story.texts(name))) == 1 for name in story.people)


@then(parsers.parse('somebody got the text "{text}"'))
def _somebody_got(story: Story, text: str) -> None:
    assert any(text in story.texts(name) for name in story.people)


@then(parsers.parse('nobody got the text "{text}"'))
def _nobody_got(story: Story, text: str) -> None:
    assert all(text not in story.texts(name) for name in story.people)


@then(parsers.parse('the page that opens is "{address}"'))
def _page_is(story: Story, address: str) -> None:
    """``<id>`` stands for any id that tells nobody anything, ``<form: name>`` for a form's own address."""
    assert story.opened is not None
    pattern = re.escape(address).replace("<id>", "[0-9A-Za-z]{8,20}")
    for name, url in story.form_urls.items():
        pattern = pattern.replace(re.escape(f"<form: {name}>"), re.escape(url))
    found = story.opened.headers.get("location", "")
    assert re.fullmatch(pattern, found), found


@then("no cache may keep the redirect")
def _no_cache(story: Story) -> None:
    assert story.opened is not None
    assert (story.opened.status_code, "no-store" in story.opened.headers["cache-control"]) == (302, True)


@then("the id in the link is not the id in the page's address")
def _ids_differ(story: Story) -> None:
    assert story.opened is not None
    query = parse_qs(urlsplit(story.opened.headers["location"]).query)
    ids = {story.opened.url.path.strip("/"), *query["utm_content"], *query["utm_campaign"]}
    assert len(ids) == 3


@then("every link in the texts is another one")
def _links_differ(story: Story) -> None:
    texts = [text for name in story.people for text in story.texts(name)]
    links = [link for text in texts for link in re.findall(rf"{re.escape(story.world.public_url)}/\w+", text)]
    assert len(set(links)) == len(links) > 1


@then(parsers.parse('a friendly page says "{sentence}"'))
def _friendly_page(story: Story, sentence: str) -> None:
    assert story.opened is not None
    assert (story.opened.status_code, sentence in story.opened.text) == (404, True)


@then("the clicks are")
def _clicks(story: Story, datatable: list[list[str]]) -> None:
    found = {kind: count for kind, count in summarize(story.world.core)["clicks"].items() if count}
    assert found == _counts(datatable)


# Then: members, groups and consent


@then(parsers.parse("there are {number:d} members"))
@then(parsers.parse("there is {number:d} member"))
def _members(story: Story, number: int) -> None:
    assert len(story.read(member_list)) == number


@then(parsers.parse("the member {name:w} has"))
def _member_has(story: Story, name: str, datatable: list[list[str]]) -> None:
    member = story.member(name)
    assert member is not None
    fields = {**member.all_fields(), "phone": member.phone}
    found = {field: str(fields.get(CORE_FIELDS.get(field, field)) or "") for field, _ in datatable}
    assert found == dict(datatable)


@then(parsers.parse('the group "{group}" holds {names}'))
def _group_holds(story: Story, group: str, names: str) -> None:
    found = {member.phone for member in story.world.core.database.read(lambda tx: member_list(tx, group=group))}
    wanted = set() if names == "nobody" else {story.phone(name) for name in re.split(", | and ", names)}
    assert found == wanted


@then(parsers.parse("{name:w} is in no group"))
def _in_no_group(story: Story, name: str) -> None:
    member = story.member(name)
    assert member is None or not story.read(group_names_of, {member.id}).get(member.id)


@then(parsers.parse("the ledger of {name:w}'s consent reads"))
def _ledger(story: Story, name: str, datatable: list[list[str]]) -> None:
    found = [[state, source] for state, source, _ in story.read(ledger_of, story.phone(name))]
    assert found == datatable


# Then: forms and submissions


@then(parsers.parse("the fetch shows {new:d} new, {changed:d} changed and {deleted:d} deleted forms"))
def _fetch_shows(story: Story, new: int, changed: int, deleted: int) -> None:
    assert (story.fetched.new, story.fetched.changed, story.fetched.deleted) == (new, changed, deleted)


@then(parsers.re(r'the form "(?P<form>[^"]+)" is (?P<state>synced|not synced)'))
def _is_synced(story: Story, form: str, state: str) -> None:
    assert (story.form(form).synced_at is not None) == (state == "synced")


@then("the ignored submissions are")
def _ignored(story: Story, datatable: list[list[str]]) -> None:
    assert summarize(story.world.core)["submissions"]["ignored"] == _counts(datatable)


@then("no submission is ignored")
def _none_ignored(story: Story) -> None:
    assert summarize(story.world.core)["submissions"]["ignored"] == {}


@then(parsers.parse('the last ignored submission says "{sentence}"'))
def _ignored_says(story: Story, sentence: str) -> None:
    assert story.read(ignored_list, story.account().id)[0].detail == sentence


@then(parsers.parse("the ignored submissions hold nothing about {name:w}"))
def _ignored_hold_nothing(story: Story, name: str) -> None:
    person = story.people[name]
    kept = repr(story.read(ignored_list, story.account().id))
    assert not [word for word in (name, person.last_name, person.email, story.phone(name)[2:]) if word in kept]


@then("the submissions are attributed")
def _attributed(story: Story, datatable: list[list[str]]) -> None:
    found = story.read(submissions_by_id, EVERYTHING).values()
    assert _counted([record.matched_by for record in found]) == _counts(datatable)


@then("the submissions stand as")
def _submissions_stand(story: Story, datatable: list[list[str]]) -> None:
    found = story.read(submissions_by_id, EVERYTHING).values()
    assert _counted([record.state.get("status") for record in found]) == _counts(datatable)


@then(parsers.parse('the additional mappings offer "{field}"'))
def _offered(story: Story, field: str) -> None:
    rows = field_rows(story.world.core, story.account())
    assert field in [row.label for row in rows if row.custom]


# Then: triggers, runs, nudges, reports


@then("the triggers fired are")
def _fired(story: Story, datatable: list[list[str]]) -> None:
    assert summarize(story.world.core)["triggers"] == _counts(datatable)


@then("no trigger fired")
def _nothing_fired(story: Story) -> None:
    assert summarize(story.world.core)["triggers"] == {}


@then("the runs took the arms")
def _arms(story: Story, datatable: list[list[str]]) -> None:
    assert _counted([run.arm for run in story.read(runs_by_id, EVERYTHING).values()]) == _counts(datatable)


@then("the runs ended as")
def _runs_ended(story: Story, datatable: list[list[str]]) -> None:
    found = [run.end_reason or "still running" for run in story.read(runs_by_id, EVERYTHING).values()]
    assert _counted(found) == _counts(datatable)


@then("the nudges are")
def _nudges(story: Story, datatable: list[list[str]]) -> None:
    nudges = summarize(story.world.core)["nudges"]
    skipped = {f"skipped: {reason}": count for reason, count in nudges.pop("skipped").items()}
    assert {name: count for name, count in {**nudges, **skipped}.items() if count} == _counts(datatable)


@then("the messages are")
def _messages(story: Story, datatable: list[list[str]]) -> None:
    assert summarize(story.world.core)["messages"] == _counts(datatable)


@then(parsers.re(r'the report of the (?P<by>flow|automation) "(?P<subject>[^"]+)" shows'))
def _report(story: Story, by: Any, subject: str, datatable: list[list[str]]) -> None:
    _check_report(story, by, subject, None, datatable)


@then(parsers.parse('the report of the flow "{subject}" for the link to "{form}" shows'))
def _report_of_link(story: Story, subject: str, form: str, datatable: list[list[str]]) -> None:
    _check_report(story, "flow", subject, story.form_urls[form], datatable)


def _check_report(story: Story, by: Any, subject: str, url: str | None, table: list[list[str]]) -> None:
    row = next(row for row in click_report(story.world.core, by=by, url=url) if row.name == subject)
    shown = {
        "recipients": str(row.recipients),
        "click-through rate": _percent(row.click_through_rate),
        "form submissions": f"{row.exact} exact, {row.estimated} estimated",
        "link clicked with no submission": str(row.clicked_no_submission),
        "messages sent with no clicks": str(row.no_clicks),
        "submission conversion rate": _percent(row.conversion_rate),
    }
    assert {figure: shown[figure] for figure, _ in table} == dict(table)


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.0%}"


# Then: what the operator is told


@then(parsers.parse('"{name}" is called "{label}"'))
def _is_called(story: Story, name: str, label: str) -> None:
    registry = story.world.registry
    assert {**registry.triggers, **registry.nudges}[name].label == label


@then(parsers.parse('the operator is told "{sentence}"'))
def _told(story: Story, sentence: str) -> None:
    assert sentence in story.refusal


@then("no account is saved")
def _nothing_saved(story: Story) -> None:
    with pytest.raises(AscendError, match="no mobilize account is connected"):
        story.account()


@then("the API key can be read nowhere in what is stored")
def _key_is_sealed(story: Story) -> None:
    account = story.account()
    key = story.world.forms.account(story.world.forms_url)["api_key"]
    assert not [kept for kept in (repr(account), account.sealed, repr(account.settings)) if key in kept]


@then(parsers.parse('lint of this flow warns "{sentence}"'))
def _lint_warns(story: Story, sentence: str, docstring: str) -> None:
    offers = story.world.registry
    flow, problems = check_flow(
        docstring, file="flow.yaml", actions=offers.actions, nudges=offers.nudges, trackers=offers.link_trackers
    )
    assert flow is not None
    assert sentence in "\n".join(map(str, problems))
