# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Steps: What the operator is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
import yaml
from jsonschema import Draft202012Validator
from pytest_bdd import parsers, then

from ascend_core.cli.status import accounts_described, channels_described
from ascend_core.errors import AscendError
from ascend_core.flow.load import check_flow
from ascend_core.operations.checkups import check_core
from ascend_core.operations.dry_run import dry_run
from ascend_core.operations.explain import explain
from ascend_core.operations.programs import read_flow
from ascend_core.operations.start_runs import read_automation
from ascend_core.operations.versions import source_of
from ascend_core.rehearsal.check import check_document
from ascend_core.rehearsal.load import check_tests
from ascend_core.rehearsal.play import play_test
from ascend_core.rehearsal.schema import document_schema
from ascend_core.store.flows import automations
from ascend_core.store.messages import messages_of_run
from ascend_core.store.runs import runs_by_id
from ascend_core.store.submissions import ignored_list
from tests.behaviour.story import EVERYTHING, Story

__all__: list[str] = []


@then(parsers.re(r"the operator who asks about (?P<name>\w+) reads"))
def _explained(story: Story, name: str, datatable: list[list[str]]) -> None:
    _reads(story, story.phone(name), datatable)


@then(parsers.re(r'the operator who asks about "(?P<name>[^"]+)" reads'))
def _explained_automation(story: Story, name: str, datatable: list[list[str]]) -> None:
    _reads(story, name, datatable)


@then(parsers.re(r"the operator who asks about (?P<name>\w+)'s sign-up for \"(?P<form>[^\"]+)\" reads"))
def _explained_attendance(story: Story, name: str, form: str, datatable: list[list[str]]) -> None:
    newest = story.read(ignored_list, story.account().id)[0]
    assert newest.form_id == story.form(form).id
    _reads(story, newest.key, datatable)


def _reads(story: Story, subject: str, table: list[list[str]]) -> None:
    """Each row begins a sentence or stands in one, in this order."""
    said = iter([fact.said for fact in explain(story.world.core, subject)])
    for (wanted,) in table:
        assert any(wanted in sentence for sentence in said), wanted


@then(parsers.re(r'a dry run of "(?P<name>[^"]+)" would have texted (?P<count>\d+) members?'))
def _dry_run(story: Story, name: str, count: str) -> None:
    core = story.world.core
    record = next(record for record in story.read(automations) if record.name == name)
    document = read_automation(record.source, record.name)
    assert dry_run(core, document, since=core.clock.now() - timedelta(days=30)).members == int(count)


@then("the tests of the flow hold")
def _rehearsed(story: Story, docstring: str) -> None:
    core = story.world.core
    tests, problems = check_tests(docstring, file="story", triggers=core.registry.triggers)
    assert tests is not None, problems
    flows = (read_flow(core.registry, source_of(core, tests.flow), file="story"),)
    assert [play_test(core.registry, flows, test).failure for test in tests.tests] == [None] * len(tests.tests)


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
        docstring,
        file="flow.yaml",
        actions=offers.actions,
        nudges=offers.nudges,
        trackers=offers.link_trackers,
        channels=offers.channels.values(),
    )
    assert flow is not None
    assert sentence in "\n".join(map(str, problems))


@then(parsers.parse("the status says that Mobilize was read {seconds:d} seconds ago"))
def _status_says(story: Story, seconds: int) -> None:
    (account,) = accounts_described(story.world.core, "mobilize")
    assert account["lag_seconds"] == seconds


@then(parsers.parse('the status says why not: "{sentence}"'))
def _status_says_why(story: Story, sentence: str) -> None:
    (account,) = accounts_described(story.world.core, "mobilize")
    assert sentence in account["trouble"]
    assert account["problem"] is None


@then(parsers.parse('the doctor says of Mobilize "{sentence}"'))
def _doctor_says(story: Story, sentence: str) -> None:
    found = story.world.run(check_core(story.world.core))
    assert any(sentence in each.sentence for each in found if each.about.startswith("mobilize"))


@then("the status says of the carrier nothing")
def _status_of_carrier_is_fine(story: Story) -> None:
    (channel,) = channels_described(story.world.core)
    assert (channel["problem"], channel["alarm"], channel["breaker"]) == (None, None, "closed")


@then("the status says that the carrier does not answer")
def _status_of_carrier_is_silent(story: Story) -> None:
    (channel,) = channels_described(story.world.core)
    assert (channel["problem"], channel["breaker"]) == (None, "open")


@then(parsers.parse('the status says of the carrier "{sentence}"'))
def _status_of_carrier(story: Story, sentence: str) -> None:
    (channel,) = channels_described(story.world.core)
    assert sentence in (channel["problem"] or channel["alarm"])


@then(parsers.parse("the text to {name:w} was waiting to go out within {seconds:d} second of the look that found it"))
def _queued_soon(story: Story, name: str, seconds: int) -> None:
    """``ready`` is the outbound queue; the look begins before any page comes."""
    member = story.member(name)
    assert member is not None
    looked_at = story.account().last_success_at
    run_id = max(run.id for run in story.read(runs_by_id, EVERYTHING).values() if run.member_id == member.id)
    queued_at = story.read(messages_of_run, run_id)[-1].created_at
    assert looked_at is not None
    assert timedelta(0) <= queued_at - looked_at <= timedelta(seconds=seconds)


@then(parsers.parse('lint of "{name}" says'))
def _lint_says(story: Story, name: str, datatable: list[list[str]]) -> None:
    problems = check_document(story.world.registry, story.files[name].encode(), file=name)
    assert [[f"{each.line}:{each.column}", each.code, each.message] for each in problems] == datatable


@then(parsers.re(r'an editor with the schema (?P<does>underlines|is content with) "(?P<name>[^"]+)"'))
def _schema_says(story: Story, does: str, name: str) -> None:
    schema = Draft202012Validator(document_schema(story.world.registry))
    assert schema.is_valid(yaml.safe_load(story.files[name])) == (does == "is content with")
