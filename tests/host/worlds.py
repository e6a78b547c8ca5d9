# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Registries for the tests of the host: a clock that stands, chance that repeats, no network."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from ascend_core.host import ContextMaker, FoundPlugin, Registry, build_registry, core_plugin
from ascend_core.testing import SeededRandomness, VirtualClock
from tests.plugins.hostile.gardener import Gardener

__all__ = ["GARDENER", "contexts", "found", "registry_of"]


def contexts(environment: Mapping[str, str] | None = None) -> ContextMaker:
    """Contexts of a world in which nothing happens."""
    return ContextMaker(
        clock=VirtualClock(datetime(2026, 5, 4, 12, tzinfo=UTC)),
        randomness=SeededRandomness(1),
        environment=environment or {},
    )


def found(plugin: object, name: str = "hostile", version: str = "6.6") -> FoundPlugin:
    """*plugin* as discovery finds it."""
    return FoundPlugin(name=name, plugin=plugin, version=version)


GARDENER = found(Gardener(), "gardener", "1.0")


def registry_of(*plugins: FoundPlugin) -> Registry:
    """The registry of the core and *plugins*."""
    return build_registry((core_plugin(), *plugins), contexts())
