# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Every hook brings what it asks for onto its shelf."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from ascend_core.hookspecs import AscendHooks
from ascend_core.host.kinds import KINDS, SETTINGS_HOOK, Kind
from tests.host.worlds import GARDENER, contexts, registry_of
from tests.plugins.hostile.gardener import Gardener, GardenerSettings
from tests.plugins.hostile.offers import OFFERS

HOOKS = sorted(name for name in dir(AscendHooks) if name.startswith("ascend_"))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.shelf)
def test_what_a_hook_gives_is_in_the_registry(kind: Kind) -> None:
    """What a plugin offers, the product has, under the offer's own name."""
    shelf: Any = getattr(registry_of(GARDENER), kind.shelf)
    offer = OFFERS[kind.shelf]

    keys: dict[str, Any] = {"webhooks": ("gardener", offer.name), "pages": ("gardener", offer.name)}
    given = shelf["gardener"] if kind.shelf == "commands" else shelf
    assert given[keys.get(kind.shelf, offer.name)] is offer


def test_settings_are_made_from_the_type_the_hook_answers() -> None:
    """A plugin's settings reach it and the registry as its own class."""
    assert registry_of(GARDENER).settings == {"gardener": GardenerSettings(gloves=False)}


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test(hook: str) -> None:
    """A hook that nobody tries is a hook that does not work."""
    assert hook == SETTINGS_HOOK or hook in {kind.hook for kind in KINDS}
    assert hasattr(vars(Gardener)[hook], "ascend_impl"), f"{hook} is missing in tests/plugins/hostile/gardener.py"


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_says_what_it_is_for_and_offers_nothing_by_itself(hook: str) -> None:
    """A plugin that implements nothing offers nothing, and a reader of a hook knows what to return."""
    function = getattr(AscendHooks, hook)
    arguments = list(inspect.signature(function).parameters)

    assert inspect.getdoc(function)
    assert arguments == (["self"] if hook == SETTINGS_HOOK else ["self", "context"])
    context = contexts()("nobody")
    assert getattr(AscendHooks(), hook)(*([context] * (len(arguments) - 1))) in ((), None)


def test_a_plugin_that_implements_nothing_is_let_in() -> None:
    """The smallest plugin is an empty class."""
    from tests.host.worlds import found

    registry = registry_of(found(AscendHooks(), "empty"))

    assert registry.problems == ()
    assert "empty" in registry.plugins
