# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Steps: What the operator does."""

from __future__ import annotations

from pytest_bdd import parsers, when

from ascend_core.operations.connect import connect_account
from ascend_core.operations.fetch_forms import fetch_forms
from ascend_core.operations.fields import set_field_mapping
from ascend_core.operations.merge_members import merge_members
from ascend_core.operations.resume import resume_channel
from ascend_core.operations.settings import change_settings
from ascend_core.operations.sync_forms import sync_form, unsync_form
from ascend_core.operations.versions import restore_version
from ascend_core.store.flows import set_paused
from tests.behaviour.story import Story

__all__: list[str] = []

SETTINGS = {
    "Sync Accounts": "sync_accounts",
    "Create New Members": "create_members",
    "Sync New Events": "sync_new_forms",
}


@when("the operator connects Mobilize")
def _connects(story: Story) -> None:
    story.world.connect()


@when("the operator connects the carrier again")
def _connects_carrier(story: Story) -> None:
    story.world.connect_channel()


@when("the operator lets texts go out again")
def _resumes(story: Story) -> None:
    resume_channel(story.world.core, story.world.channel)


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
    story.progress.clear()
    fetching = fetch_forms(
        story.world.core,
        story.account(),
        everything=True,
        progress=lambda seen, total: story.progress.append((seen, total)),
    )
    story.fetched = story.world.run(fetching)


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


@when(parsers.parse('the operator restores version {number:d} of the flow "{name}"'))
def _restores(story: Story, number: int, name: str) -> None:
    restore_version(story.world.core, name, number)


@when(parsers.parse('the operator pauses the automation "{automation}"'))
def _pauses(story: Story, automation: str) -> None:
    story.write(set_paused, automation, True)


@when(parsers.parse("the operator makes one member of {keep} and {other}"))
def _merges(story: Story, keep: str, other: str) -> None:
    merge_members(story.world.core, story.phone(keep), story.phone(other))
