# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Steps: What there is when a story begins."""

from __future__ import annotations

import json

import attrs
from pytest_bdd import given, parsers, when

from ascend_core.contracts import FormSandbox, SandboxPerson, Secret
from ascend_core.engine.field_values import FieldKind
from ascend_core.operations.connect import connect_account, connect_channel
from ascend_core.operations.fetch_forms import fetch_forms
from ascend_core.operations.import_members import import_members
from ascend_core.operations.limits import set_caps, set_sender_limits
from ascend_core.operations.member_fields import define_field
from ascend_core.operations.publish import publish_flow, put_automation
from ascend_core.operations.secrets import set_secret
from ascend_core.operations.sync_forms import sync_form
from tests.behaviour.elsewhere import Elsewhere
from tests.behaviour.organization import Organization
from tests.behaviour.story import CORE_FIELDS, EVENT_STARTS, Story

__all__: list[str] = []


@given("Mobilize and the carrier are connected")
def _connected(story: Story) -> None:
    story.world.connect()
    story.world.connect_channel()


@given(parsers.parse('the short links are answered at "{first}" and "{second}"'))
def _addresses(story: Story, first: str, second: str) -> None:
    core = story.world.core
    story.world.core = attrs.evolve(core, options=attrs.evolve(core.options, links_urls=(first, second)))


@given("the carrier leaves STOP, START and HELP to us")
def _opt_out_is_ours(story: Story) -> None:
    settings = story.world.carrier.settings(story.world.carrier_url)
    story.world.run(connect_channel(story.world.core, story.world.channel, {**settings, "keyword_replies": "plugin"}))
    story.control(story.world.carrier_url, "opt_out", {"mode": "none"})


@given("the carrier signs with a shared key")
def _signs_with_shared_key(story: Story) -> None:
    told = story.control(story.world.carrier_url, "signing", {"with": "shared_key"})
    settings = story.world.carrier.settings(story.world.carrier_url)
    shared = {name: told[name] for name in ("shared_key_id", "shared_key_secret")}
    story.world.run(connect_channel(story.world.core, story.world.channel, {**settings, **shared}))


@given(parsers.parse("the sender may text {segments:d} segments a {span:w}, {burst:d} at once"))
def _sender_pace(story: Story, segments: int, span: str, burst: int) -> None:
    """Slower than any real one, so that a story need not count seconds."""
    per_second = segments / {"second": 1, "minute": 60}[span]
    set_sender_limits(story.world.core, story.world.channel, per_second=per_second, burst=burst)


@given(parsers.parse("the carriers take {segments:d} segments a day"))
def _sender_day(story: Story, segments: int) -> None:
    set_sender_limits(story.world.core, story.world.channel, per_day=segments, day_zone="America/New_York")


@given(parsers.parse("a member gets at most {texts:d} texts a day"))
def _member_cap(story: Story, texts: int) -> None:
    set_caps(story.world.core, per_day=texts)


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


@given(parsers.re(r'the member field "(?P<name>\w+)" takes a (?P<kind>text|number|date)'))
def _defines(story: Story, name: str, kind: str) -> None:
    define_field(story.world.core, name, FieldKind(kind))


@given(parsers.parse('the member field "{name}" takes one of: {choices}'))
def _defines_choice(story: Story, name: str, choices: str) -> None:
    define_field(story.world.core, name, FieldKind.CHOICE, choices=choices.split(", "))


@given("another organization on Mobilize is connected")
def _another_organization(story: Story) -> None:
    story.other = Organization(story.world.clock, key="5021")
    account = story.other.sandbox.account(story.other.url)
    story.world.run(connect_account(story.world.core, "mobilize", account, sync_new_forms=False))


@given(parsers.parse('the form "{form}" in Mobilize'))
def _form_in_mobilize(story: Story, form: str) -> None:
    _add_form(story, form, story.world.forms, story.world.forms_url)


@given(parsers.parse('the synced form "{form}"'))
def _synced_form(story: Story, form: str) -> None:
    _form_in_mobilize(story, form)
    _sync(story, form)


@given(parsers.parse('the synced form "{form}" of the other organization'))
def _synced_form_of_the_other(story: Story, form: str) -> None:
    assert story.other is not None
    _add_form(story, form, story.other.sandbox, story.other.url)
    _sync(story, form)


def _add_form(story: Story, form: str, forms: FormSandbox, url: str) -> None:
    story.form_urls[form] = forms.add_form(
        story.key(), form, starts_at=EVENT_STARTS, timezone="America/New_York", url_base=url
    )


def _sync(story: Story, form: str) -> None:
    story.world.run(fetch_forms(story.world.core, story.account(form)))
    sync_form(story.world.core, story.form(form))


@given("the flow")
@when("the operator publishes the flow")
def _flow(story: Story, docstring: str) -> None:
    document = docstring.replace("<the server>", story.elsewhere.url if story.elsewhere else "")
    publish_flow(story.world.core, document, file="flow.yaml")


@given(parsers.re(r"a server that answers (?P<status>\d+) with (?P<answer>.+)"))
def _server(story: Story, status: str, answer: str) -> None:
    story.elsewhere = Elsewhere(int(status), json.loads(answer))


@given(parsers.parse('the secret "{name}" is "{value}"'))
def _secret(story: Story, name: str, value: str) -> None:
    set_secret(story.world.core, name, Secret(value))


@given(parsers.parse('the file "{name}"'))
def _file(story: Story, name: str, docstring: str) -> None:
    story.files[name] = docstring


@given("the automation")
def _automation(story: Story, docstring: str) -> None:
    put_automation(story.world.core, docstring, file="automation.yaml")
