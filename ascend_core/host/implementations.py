"""Looks at how a plugin implements its hooks before it is asked: what pluggy lets pass silently is refused here."""

from __future__ import annotations

import difflib
import inspect

import pluggy

from ascend_core.errors import PluginError
from ascend_core.hookspecs import PROJECT, AscendHooks

__all__ = ["ready_manager"]

_PREFIX = f"{PROJECT}_"
_NAMED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def ready_manager(name: str, plugin: object) -> pluggy.PluginManager:
    """A plugin manager that knows every hook and this one plugin, so that asking it asks nobody else.

    Raises PluginError for an unknown hook, a hook without the mark, an option of the mark, an ``async`` hook, and
    arguments that pluggy would not pass.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(AscendHooks)
    for attribute in dir(plugin):
        options = manager.parse_hookimpl_opts(plugin, attribute)
        if options is None:
            _refuse_unmarked(name, plugin, attribute)
            continue
        used = sorted(option for option, value in options.items() if value)
        if used:
            raise PluginError(name, f"marks {attribute} with {', '.join(used)}; options of hookimpl have no meaning")
        if not hasattr(AscendHooks, attribute):
            raise PluginError(name, f"implements {attribute}, which is no hook{_nearest(attribute)}")
        _refuse_shape(name, plugin, attribute)
    try:
        manager.register(plugin, name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(name, f"does not fit its hooks: {' '.join(str(error).split())}") from error
    return manager


def _refuse_unmarked(name: str, plugin: object, attribute: str) -> None:
    """Raise PluginError when *attribute* is meant as a hook but would never be asked, for want of the mark."""
    if not attribute.startswith(_PREFIX):
        return
    own = inspect.getattr_static(plugin, attribute)
    if own is inspect.getattr_static(AscendHooks, attribute, None):
        return
    if hasattr(AscendHooks, attribute):
        raise PluginError(name, f"has {attribute} without @hookimpl, so it would never be asked; add the mark")
    if nearest := _nearest(attribute):
        raise PluginError(name, f"has {attribute}, which is no hook{nearest}")


def _refuse_shape(name: str, plugin: object, attribute: str) -> None:
    """Raise PluginError when pluggy would call the implementation otherwise than it is written."""
    function = inspect.unwrap(getattr(plugin, attribute))
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise PluginError(name, f"has an async {attribute}; hooks are asked without awaiting, write a plain def")
    for argument in inspect.signature(function).parameters.values():
        if argument.kind not in _NAMED:
            raise PluginError(
                name, f"has {attribute} with {argument.name}, which pluggy never passes: it passes by position"
            )
        if argument.default is not argument.empty:
            raise PluginError(
                name, f"has {attribute} with a default for {argument.name}, so pluggy never passes it; remove it"
            )


def _nearest(attribute: str) -> str:
    """The end of a sentence that names the hook *attribute* is a misspelling of; empty when it is like none."""
    hooks = [hook for hook in dir(AscendHooks) if hook.startswith(_PREFIX)]
    near = difflib.get_close_matches(attribute, hooks, n=1, cutoff=0.8)
    return f"; did you mean {near[0]}?" if near else ""
