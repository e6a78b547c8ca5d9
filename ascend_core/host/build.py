"""Builds the registry: asks every plugin, takes out what clashes or hangs in the air, and says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ascend_core.errors import PluginError
from ascend_core.host.ask import Offers, ask_plugin
from ascend_core.host.context import ContextFor
from ascend_core.host.core_plugin import CORE, core_plugin
from ascend_core.host.discover import FoundPlugin, discover
from ascend_core.host.kinds import KINDS, Kind
from ascend_core.host.registry import Provider, Registry

__all__ = ["build_registry", "load_registry"]

_NEED_INTEGRATION = ("triggers", "link_trackers", "field_mappers")
"""The shelves whose offers belong to an integration, which may be another plugin's."""


def load_registry(*, context_for: ContextFor, only: Collection[str] | None = None) -> Registry:
    """The registry of the core and of every installed plugin (or of those *only* names).

    A bad plugin is left out and told in ``Registry.problems``. Raises PluginError only when the core itself cannot be
    asked: without its gates nothing may be sent.
    """
    found = discover(only=only)
    registry = build_registry((core_plugin(), *found.plugins), context_for, problems=found.problems)
    if CORE not in registry.plugins:
        raise next(problem for problem in registry.problems if problem.plugin == CORE)
    return registry


def build_registry(
    plugins: Sequence[FoundPlugin], context_for: ContextFor, *, problems: Iterable[PluginError] = ()
) -> Registry:
    """Ask *plugins*, each alone, and freeze what they offer. Their order has no meaning.

    A plugin that breaks a rule is left out whole. Where two offer the same name, neither gets it, for no order
    could say who is right; but nobody takes a name from the core: who tries is left out whole. An offer for an
    integration that nobody offers is left out. Everything left out is in ``Registry.problems``.
    """
    told = list(problems)
    asked = _ask_all(plugins, context_for, told)
    asked = _without_core_thieves(asked, told)
    shelves = {kind.shelf: _without_clashes(kind, asked, told) for kind in KINDS if kind.shared}
    for shelf in _NEED_INTEGRATION:
        shelves[shelf] = _without_orphans(shelf, shelves[shelf], shelves["integrations"], told)
    return Registry(
        **{shelf: {name: offer for name, (_, offer) in offers.items()} for shelf, offers in shelves.items()},
        webhooks=_by_plugin_and_name("webhooks", asked),
        pages=_by_plugin_and_name("pages", asked),
        commands={one.plugin.name: one.by_shelf["commands"] for one in asked if one.by_shelf["commands"]},
        settings={one.plugin.name: one.settings for one in asked if one.settings is not None},
        plugins={one.plugin.name: one.plugin.version for one in asked},
        providers=_providers(shelves, asked),
        problems=tuple(sorted(told, key=str)),
    )


def _ask_all(plugins: Sequence[FoundPlugin], context_for: ContextFor, told: list[PluginError]) -> list[Offers]:
    """What each of *plugins* offers, by plugin name; those that break a rule are in *told* instead."""
    asked: list[Offers] = []
    by_name: dict[str, list[FoundPlugin]] = defaultdict(list)
    for plugin in plugins:
        by_name[plugin.name].append(plugin)
    for name, same in sorted(by_name.items()):
        rivals = [plugin for plugin in same if not (name == CORE and plugin is same[0])]
        if len(same) > 1:
            told.extend(PluginError(name, f"{rival.version} has a name that another has too") for rival in rivals)
        if len(same) > 1 and name != CORE:
            continue
        try:
            asked.append(ask_plugin(same[0], context_for))
        except PluginError as problem:
            told.append(problem)
    return asked


def _without_core_thieves(asked: list[Offers], told: list[PluginError]) -> list[Offers]:
    """*asked* without the plugins that offer a name of the core's; they are *told*."""
    core = next((one for one in asked if one.plugin.name == CORE), None)
    kept: list[Offers] = []
    for one in asked:
        stolen = [
            f"{kind.shelf}/{name}"
            for kind in KINDS
            if kind.shared and core is not None and one is not core
            for name in one.by_shelf[kind.shelf]
            if name in core.by_shelf[kind.shelf]
        ]
        if stolen:
            told.append(PluginError(one.plugin.name, f"offers {', '.join(stolen)}, which the core has; rename it"))
        else:
            kept.append(one)
    return kept


_Claims = dict[str, tuple[Provider, Any]]


def _without_clashes(kind: Kind, asked: list[Offers], told: list[PluginError]) -> _Claims:
    """The offers of one *kind* by name, without the names that more than one plugin claims; these are *told*."""
    claims: dict[str, list[tuple[Provider, Any]]] = defaultdict(list)
    for one in asked:
        for name, offer in one.by_shelf[kind.shelf].items():
            claims[name].append((_provider(one), offer))
    for name, claimed in claims.items():
        for provider, _ in claimed[1:] and claimed:
            others = ", ".join(str(other) for other, _ in claimed if other != provider)
            told.append(
                PluginError(
                    provider.plugin,
                    f"{provider.version} offers {kind.shelf}/{name}, and so does {others}; neither is used",
                )
            )
    return {name: claimed[0] for name, claimed in claims.items() if len(claimed) == 1}


def _without_orphans(shelf: str, offers: _Claims, integrations: _Claims, told: list[PluginError]) -> _Claims:
    """*offers* without those of an integration that does not exist; these are *told*."""
    kept: _Claims = {}
    for name, (provider, offer) in offers.items():
        if offer.integration in integrations:
            kept[name] = (provider, offer)
        else:
            told.append(
                PluginError(
                    provider.plugin,
                    f"offers {shelf}/{name} for the integration '{offer.integration}', which nobody offers",
                )
            )
    return kept


def _by_plugin_and_name(shelf: str, asked: list[Offers]) -> dict[tuple[str, str], Any]:
    return {(one.plugin.name, name): offer for one in asked for name, offer in one.by_shelf[shelf].items()}


def _providers(shelves: Mapping[str, _Claims], asked: list[Offers]) -> dict[str, Provider]:
    """Who offers what, by ``<shelf>/<name>``, and ``<shelf>/<plugin>/<name>`` for what plugins do not share."""
    shared = {
        f"{shelf}/{name}": provider for shelf, offers in shelves.items() for name, (provider, _) in offers.items()
    }
    own = {
        f"{kind.shelf}/{one.plugin.name}/{name}": _provider(one)
        for kind in KINDS
        if not kind.shared
        for one in asked
        for name in one.by_shelf[kind.shelf]
    }
    return shared | own


def _provider(offers: Offers) -> Provider:
    return Provider(offers.plugin.name, offers.plugin.version)
