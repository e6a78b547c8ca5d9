"""Finds installed plugins by their entry points. A plugin that cannot be loaded is reported and disturbs nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from importlib.metadata import EntryPoint, entry_points

from attrs import frozen

from ascend_core.errors import PluginError
from ascend_core.hookspecs import PROJECT

__all__ = ["Discovery", "FoundPlugin", "discover"]

_PLUGIN_NAME = re.compile(r"[a-z][a-z0-9_]*")


@frozen(kw_only=True)
class FoundPlugin:
    """A plugin, made but not asked yet. *name* is its entry point's, *version* its distribution's."""

    name: str
    plugin: object
    version: str = "unknown"


@frozen(kw_only=True)
class Discovery:
    """What discovery brought: *plugins* by name, and *problems* with those that were left out."""

    plugins: tuple[FoundPlugin, ...] = ()
    problems: tuple[PluginError, ...] = ()


def discover(*, only: Collection[str] | None = None, found: Iterable[EntryPoint] | None = None) -> Discovery:
    """Load every plugin among the entry points of group ``ascend`` (or among *found*).

    *only* names the plugins to load; None: all of them. A name of *only* that is not installed is a problem.
    Raises nothing: what cannot be loaded is in ``problems``.
    """
    installed = _distinct(entry_points(group=PROJECT) if found is None else found)
    wanted = [point for point in installed if only is None or point.name in only]
    missing = set() if only is None else set(only) - {point.name for point in installed}
    plugins: list[FoundPlugin] = []
    problems = [PluginError(name, "is asked for but not installed; install its distribution") for name in missing]
    copies = Counter(point.name for point in wanted)
    for point in wanted:
        try:
            if copies[point.name] > 1:
                raise PluginError(point.name, f"is offered more than once, also by {point.value}; uninstall one")
            plugins.append(_load(point))
        except PluginError as problem:
            problems.append(problem)
    return Discovery(plugins=tuple(plugins), problems=tuple(sorted(problems, key=str)))


def _distinct(points: Iterable[EntryPoint]) -> list[EntryPoint]:
    """*points* by name, each once: a folder that is on the path twice lists its plugins twice."""
    return sorted({(point.name, point.value): point for point in points}.values(), key=lambda p: (p.name, p.value))


def _load(point: EntryPoint) -> FoundPlugin:
    """Import the plugin and make it. Raises PluginError when either fails or its name cannot be one."""
    if not _PLUGIN_NAME.fullmatch(point.name):
        raise PluginError(point.name, "has a name that is not lower-case letters, digits and underscores")
    try:
        loaded = point.load()
    except (Exception, SystemExit) as error:  # a named fence: plugin loading
        raise PluginError(point.name, f"cannot be imported from {point.value}: {_told(error)}") from error
    try:
        plugin = loaded() if isinstance(loaded, type) else loaded
    except (Exception, SystemExit) as error:  # a named fence: plugin loading
        raise PluginError(point.name, f"cannot be made by {point.value}(): {_told(error)}") from error
    return FoundPlugin(name=point.name, plugin=plugin, version=point.dist.version if point.dist else "unknown")


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
