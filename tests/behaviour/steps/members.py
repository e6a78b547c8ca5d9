# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Steps: Members, groups and consent."""

from __future__ import annotations

import re

from pytest_bdd import parsers, then

from ascend_core.store.consents import ledger_of
from ascend_core.store.members import group_names_of, member_list
from tests.behaviour.story import CORE_FIELDS, Story

__all__: list[str] = []


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
