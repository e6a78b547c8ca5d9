# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""A plugin that breaks a rule is told which one; nobody else notices."""

from __future__ import annotations

import itertools
from typing import Any

import attrs
import pytest

from ascend_core.errors import PluginError
from ascend_core.hookspecs import hookimpl
from ascend_core.host import Provider, Registry, build_registry, core_plugin
from tests.host.worlds import GARDENER, contexts, found, registry_of
from tests.plugins.hostile.broken import BROKEN
from tests.plugins.hostile.gardener import Gardener
from tests.plugins.hostile.offers import OFFERS, action, gate, integration, trigger


class Offering:
    """A plugin that offers the actions, integrations and triggers it is given."""

    def __init__(self, *, actions: Any = (), integrations: Any = (), triggers: Any = (), webhooks: Any = ()) -> None:
        self.actions, self.integrations, self.triggers, self.webhooks = actions, integrations, triggers, webhooks

    @hookimpl
    def ascend_register_actions(self, context: Any) -> Any:
        return self.actions

    @hookimpl
    def ascend_register_integrations(self, context: Any) -> Any:
        return self.integrations

    @hookimpl
    def ascend_register_triggers(self, context: Any) -> Any:
        return self.triggers

    @hookimpl
    def ascend_register_webhooks(self, context: Any) -> Any:
        return self.webhooks


def without_problems(registry: Registry) -> Registry:
    """What *registry* holds, whatever it complains about."""
    return attrs.evolve(registry, problems=())


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_plugin_that_breaks_a_rule_is_left_out_and_its_neighbour_works(broken: type[Any]) -> None:
    """The operator reads one sentence that names the plugin and the rule; everything else is as without it."""
    registry = registry_of(found(broken()), GARDENER)

    (problem,) = registry.problems
    assert str(problem).startswith(f"plugin 'hostile' {BROKEN[broken]}")
    assert without_problems(registry) == registry_of(GARDENER)


def test_all_hostile_plugins_together_disturb_nobody() -> None:
    """Each one is told about its own fault; the well-behaved one offers all it has."""
    hostile = [found(broken(), f"hostile_{number}") for number, broken in enumerate(BROKEN)]

    registry = registry_of(*hostile, GARDENER)

    assert {problem.plugin for problem in registry.problems} == {plugin.name for plugin in hostile}
    assert without_problems(registry) == registry_of(GARDENER)


def test_the_order_of_plugins_carries_no_meaning() -> None:
    """Whatever the order in which they are installed, the product behaves the same."""
    plugins = (core_plugin(), GARDENER, found(Offering(actions=[action()]), "rival"), found(Offering(), "quiet"))

    built = [build_registry(order, contexts()) for order in itertools.permutations(plugins)]

    assert all(without_problems(each) == without_problems(built[0]) for each in built)
    assert all(list(map(str, each.problems)) == list(map(str, built[0].problems)) for each in built)


def test_a_name_that_two_plugins_offer_is_used_by_neither() -> None:
    """No order could say who is right, so nobody gets it, and both read who the other is."""
    registry = registry_of(GARDENER, found(Offering(actions=[action("water"), action("mow")]), "rival", "2.1"))

    assert [str(problem) for problem in registry.problems] == [
        "plugin 'gardener' 1.0 offers actions/water, and so does rival 2.1; neither is used",
        "plugin 'rival' 2.1 offers actions/water, and so does gardener 1.0; neither is used",
    ]
    assert "water" not in registry.actions
    assert registry.providers["actions/mow"] == Provider("rival", "2.1")


def test_nobody_takes_a_name_from_the_core() -> None:
    """A plugin cannot knock out a built-in action or gate by offering its name."""
    registry = registry_of(found(Offering(actions=[action("send"), action("mow")]), "thief"))

    assert [str(problem) for problem in registry.problems] == [
        "plugin 'thief' offers actions/send, which the core has; rename it"
    ]
    assert registry == attrs.evolve(registry_of(), problems=registry.problems)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"triggers": [trigger("moon")]},
            "offers triggers/moon.blooms for the integration 'moon', which nobody offers",
        ),
    ],
)
def test_an_offer_for_an_integration_that_nobody_offers_is_left_out(given: dict[str, Any], message: str) -> None:
    """A trigger that could never happen is not shown to authors; the plugin's other offers stay."""
    registry = registry_of(found(Offering(actions=[action("mow")], **given)))

    assert [problem.problem for problem in registry.problems] == [message]
    assert list(registry.triggers) == []
    assert "mow" in registry.actions


def test_a_trigger_may_belong_to_the_integration_of_another_plugin() -> None:
    """A small plugin can add to a large one."""
    registry = registry_of(
        found(Offering(integrations=[integration("meadow")]), "meadow"),
        found(Offering(triggers=[trigger("meadow")]), "meadow_extra"),
    )

    assert registry.problems == ()
    assert registry.providers["triggers/meadow.blooms"] == Provider("meadow_extra", "6.6")


def test_webhooks_pages_and_commands_belong_to_their_plugin() -> None:
    """Two plugins may each have a webhook of the same name: the plugin's own name tells them apart."""
    registry = registry_of(GARDENER, found(Offering(webhooks=[OFFERS["webhooks"]]), "neighbour"))

    assert registry.problems == ()
    assert list(registry.webhooks) == [("gardener", "weather"), ("neighbour", "weather")]
    assert registry.providers["webhooks/neighbour/weather"] == Provider("neighbour", "6.6")


def test_two_plugins_of_one_name_are_both_left_out() -> None:
    """Settings, webhooks and commands are found by a plugin's name, so it must be one plugin's."""
    registry = registry_of(found(Offering(), "twin", "1.0"), found(Offering(), "twin", "2.0"), GARDENER)

    assert [str(problem) for problem in registry.problems] == [
        "plugin 'twin' 1.0 has a name that another has too",
        "plugin 'twin' 2.0 has a name that another has too",
    ]
    assert without_problems(registry) == registry_of(GARDENER)


def test_a_plugin_called_core_is_not_the_core() -> None:
    """The product's own actions and gates stay, whoever else takes the name."""
    registry = registry_of(found(Gardener(), "core", "9.9"))

    assert [str(problem) for problem in registry.problems] == ["plugin 'core' 9.9 has a name that another has too"]
    assert without_problems(registry) == registry_of()


def test_the_registry_cannot_be_changed() -> None:
    """What was found at the start holds for as long as the product runs."""
    registry = registry_of(GARDENER)

    with pytest.raises(TypeError):
        registry.gates["late"] = gate("late")  # type: ignore[index]  # -- the point of the test
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        registry.problems = (PluginError("x", "y"),)  # type: ignore[misc]  # -- the point of the test


def test_every_mapping_is_sorted_by_name() -> None:
    """Lists in the console and in error messages come in one order."""
    registry = registry_of(found(Offering(actions=[action("zinnia"), action("aster")])))

    assert list(registry.actions) == sorted(registry.actions)
    assert list(registry.providers) == sorted(registry.providers)
