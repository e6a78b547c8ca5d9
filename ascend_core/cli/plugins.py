"""``ascend plugins``: what is installed."""

from __future__ import annotations

from typing import Any

import click

from ascend_core.cli.groups import LazyGroup
from ascend_core.cli.showing import say, show_json, show_table
from ascend_core.host.registry import Registry
from ascend_core.runtime.opening import open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness

__all__ = ["list_plugins", "plugins"]


@click.group(cls=LazyGroup)
def plugins() -> None:
    """See what is installed."""


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_plugins(*, as_json: bool) -> None:
    """Every plugin with its version and what it offers, and what was left out and why."""
    registry = open_registry(SystemClock(), SystemRandomness())
    described = _described(registry)
    if as_json:
        show_json({"plugins": described, "problems": [str(problem) for problem in registry.problems]})
        return
    rows: list[tuple[str, ...]] = []
    for each in described:
        rows.append((each["name"], each["version"], "", ""))
        rows.extend(("", "", shelf, ", ".join(names)) for shelf, names in each["offers"].items())
    show_table(("Plugin", "Version", "Offers", "Names"), rows)
    for problem in registry.problems:
        say(f"left out: {problem}")


def _described(registry: Registry) -> list[dict[str, Any]]:
    offers: dict[str, dict[str, list[str]]] = {name: {} for name in registry.plugins}
    for place, provider in registry.providers.items():
        shelf, _, name = place.partition("/")
        offers[provider.plugin].setdefault(shelf, []).append(name.rpartition("/")[2])
    return [{"name": name, "version": version, "offers": offers[name]} for name, version in registry.plugins.items()]
