# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Steps: What the operator is told."""

from __future__ import annotations

import pytest
from pytest_bdd import parsers, then

from ascend_core.errors import AscendError
from ascend_core.flow.load import check_flow
from tests.behaviour.story import Story

__all__: list[str] = []


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
