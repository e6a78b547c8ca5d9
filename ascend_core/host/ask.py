"""Asks one plugin, alone, everything it can be asked; a plugin that breaks a rule gives nothing at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import attrs
import pluggy
from attrs import frozen

from ascend_core.contracts import PluginContext
from ascend_core.errors import PluginError
from ascend_core.host.context import ContextFor
from ascend_core.host.discover import FoundPlugin
from ascend_core.host.implementations import ready_manager
from ascend_core.host.kinds import KINDS, SETTINGS_HOOK, Kind
from ascend_core.host.offers import fault_of

__all__ = ["MOST_OFFERS", "Offers", "ask_plugin"]

MOST_OFFERS = 1_000
"""Of one kind by one plugin: far above any real plugin, so that a generator that never ends cannot hang the start."""


@frozen(kw_only=True)
class Offers:
    """Everything one plugin offers: by shelf, then by name."""

    plugin: FoundPlugin
    settings: Any
    by_shelf: Mapping[str, Mapping[str, Any]]


def ask_plugin(found: FoundPlugin, context_for: ContextFor) -> Offers:
    """Ask *found* every hook, once. Raises PluginError at the first rule it breaks; other plugins notice nothing."""
    try:
        manager = ready_manager(found.name, found.plugin)
        context = context_for(found.name, _settings_type(found.name, manager))
        by_shelf = {kind.shelf: _ask(found.name, manager, kind, context) for kind in KINDS}
    except PluginError as problem:
        if problem.plugin == found.name:
            raise
        raise PluginError(found.name, f"failed: {problem}") from problem
    except (Exception, SystemExit) as error:  # a named fence: plugin loading
        raise PluginError(found.name, f"cannot be asked: {type(error).__name__}: {error}") from error
    return Offers(plugin=found, settings=context.settings, by_shelf=by_shelf)


def _settings_type(name: str, manager: pluggy.PluginManager) -> type[Any] | None:
    answers = _call(name, manager, SETTINGS_HOOK, {})
    if not answers:
        return None
    if not isinstance(answers[0], type) or not attrs.has(answers[0]):
        raise PluginError(name, f"answers {SETTINGS_HOOK} with {answers[0]!r}, which is not an attrs class")
    return answers[0]


def _ask(name: str, manager: pluggy.PluginManager, kind: Kind, context: PluginContext) -> dict[str, Any]:
    """The offers of one *kind*, by name."""
    offers: dict[str, Any] = {}
    for offer in _given(name, manager, kind, context):
        if fault := fault_of(kind, offer):
            raise PluginError(name, f"in {kind.hook} {fault}")
        if offer.name in offers:
            raise PluginError(name, f"in {kind.hook} gives the name '{offer.name}' twice")
        offers[offer.name] = offer
    return offers


def _given(name: str, manager: pluggy.PluginManager, kind: Kind, context: PluginContext) -> list[Any]:
    """What the plugin's implementation gives, read to its end (a generator fails here, outside pluggy)."""
    if not getattr(manager.hook, kind.hook).get_hookimpls():
        return []
    answers = _call(name, manager, kind.hook, {"context": context})
    if not answers:
        raise PluginError(name, f"returns None from {kind.hook}; return the offers, or () for none")
    if isinstance(answers[0], str | bytes | Mapping) or not isinstance(answers[0], Iterable):
        raise PluginError(name, f"returns a {type(answers[0]).__name__} from {kind.hook}, not several offers")
    try:
        offers = list(islice(answers[0], MOST_OFFERS + 1))
    except (Exception, SystemExit) as error:  # a named fence: plugin loading
        raise _failed(name, kind.hook, error) from error
    if len(offers) > MOST_OFFERS:
        raise PluginError(name, f"gives more than {MOST_OFFERS} offers in {kind.hook}")
    return offers


def _call(name: str, manager: pluggy.PluginManager, hook: str, arguments: Mapping[str, object]) -> list[Any]:
    """The plugin's answer to *hook* in a list; empty when it does not implement it or answers None."""
    try:
        answers: list[Any] = getattr(manager.hook, hook)(**arguments)
    except (Exception, SystemExit) as error:  # a named fence: plugin loading
        raise _failed(name, hook, error) from error
    return answers


def _failed(name: str, hook: str, error: BaseException) -> PluginError:
    return PluginError(name, f"failed in {hook}: {type(error).__name__}: {error}")
