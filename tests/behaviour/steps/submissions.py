# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Steps: Forms and submissions."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_bdd import parsers, then

from ascend_core.operations.fields import field_rows
from ascend_core.operations.summary import summarize
from ascend_core.store.shared import shared_sign_ups
from ascend_core.store.submissions import ignored_list, kept_out_list, submissions_by_id
from tests.behaviour.story import EVERYTHING, Story

__all__: list[str] = []


@then(parsers.parse("the fetch shows {new:d} new, {changed:d} changed and {deleted:d} deleted forms"))
def _fetch_shows(story: Story, new: int, changed: int, deleted: int) -> None:
    assert (story.fetched.new, story.fetched.changed, story.fetched.deleted) == (new, changed, deleted)


@then(parsers.parse("the fetch told on its way of {seen:d} of {total:d} forms"))
def _fetch_told(story: Story, seen: int, total: int) -> None:
    assert (seen, total) in story.progress


@then(parsers.re(r'the form "(?P<form>[^"]+)" is (?P<state>deleted|not deleted)'))
def _is_deleted(story: Story, form: str, state: str) -> None:
    assert (story.form(form).deleted_at is not None) == (state == "deleted")


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


@then(parsers.parse('the last sign-up says "{sentence}"'))
def _kept_out_says(story: Story, sentence: str) -> None:
    assert story.read(kept_out_list, story.account().id)[0].detail == sentence


@then(parsers.parse("the ignored submissions hold nothing about {name:w}"))
def _ignored_hold_nothing(story: Story, name: str) -> None:
    person = story.people[name]
    kept = repr(story.read(ignored_list, story.account().id))
    assert not [word for word in (name, person.last_name, person.email, story.phone(name)[2:]) if word in kept]


@then("the submissions are attributed")
def _attributed(story: Story, datatable: list[list[str]]) -> None:
    found = story.read(submissions_by_id, EVERYTHING).values()
    assert _counted([record.matched_by for record in found]) == _counts(datatable)


@then("the sign-ups through forwarded links are")
def _forwarded(story: Story, datatable: list[list[str]]) -> None:
    members = {member.id: name for name in story.people if (member := story.member(name)) is not None}
    found = [[each.form, members[each.member_id], each.sent_for] for each in story.read(shared_sign_ups)]
    assert found == datatable[1:]


@then("the submissions stand as")
def _submissions_stand(story: Story, datatable: list[list[str]]) -> None:
    found = story.read(submissions_by_id, EVERYTHING).values()
    assert _counted([record.state.get("status") for record in found]) == _counts(datatable)


@then(parsers.parse('the additional mappings offer "{field}"'))
def _offered(story: Story, field: str) -> None:
    rows = field_rows(story.world.core, story.account())
    assert field in [row.label for row in rows if row.custom]


def _counts(table: Sequence[Sequence[str]]) -> dict[str, int]:
    return {name: int(times) for name, times in table}


def _counted(things: Sequence[str | None]) -> dict[str, int]:
    return {str(thing): things.count(thing) for thing in things if thing is not None}
