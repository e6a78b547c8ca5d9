"""Reads a plugin's settings from environment variables into the attrs class it declares."""

from __future__ import annotations

import types
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from ascend_core.contracts import BEHIND, Secret
from ascend_core.errors import PluginError

__all__ = ["read_settings", "variable_of"]

_YES = ("1", "true", "yes", "on")
_NO = ("0", "false", "no", "off")


def variable_of(plugin: str, setting: str) -> str:
    """The environment variable of a plugin's *setting*: ``ASCEND_SMS_API_KEY``."""
    return f"ASCEND_{plugin}_{setting.lstrip('_')}".upper()


def read_settings(plugin: str, settings_type: type[Any], environment: Mapping[str, str]) -> Any:
    """An instance of *settings_type* with each field read from its variable; an empty variable is none.

    Fields may be ``str``, ``Secret``, ``int``, ``float``, ``bool``, ``Path``, a ``Literal``, an ``Enum``, or one of
    these ``| None``. Raises PluginError that names the variable, never its value.
    """
    hints = get_type_hints(settings_type)
    given: dict[str, Any] = {}
    for setting in attrs.fields(settings_type):
        variable = variable_of(plugin, setting.name)
        text = environment.get(variable, "").strip()
        if text:
            given[setting.alias] = _read(plugin, variable, hints.get(setting.name, str), text)
        elif setting.default is attrs.NOTHING and setting.init:
            behind = setting.metadata.get(BEHIND)
            raise PluginError(plugin, f"needs {variable}" + (f": {behind}" if behind else "; set it"))
    try:
        return settings_type(**given)
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- a named fence: plugin loading
        # The error itself may show a value, and a value may be a secret: only its kind is told.
        names = ", ".join(variable_of(plugin, name) for name in given)
        raise PluginError(plugin, f"does not accept its settings ({names}): {type(error).__name__}") from None


def _read(plugin: str, variable: str, hint: Any, text: str) -> Any:
    """*text* as a value of type *hint*. Raises PluginError that says what was expected."""
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    expected = getattr(hint, "__name__", str(hint))
    try:
        if get_origin(hint) is Literal:
            expected = " or ".join(str(choice) for choice in get_args(hint))
            return next(choice for choice in get_args(hint) if str(choice) == text)
        if hint is bool:
            expected = "yes or no"
            return _yes_or_no(text)
        if isinstance(hint, type) and issubclass(hint, Enum):
            expected = " or ".join(str(choice.value) for choice in hint)
            return next(choice for choice in hint if str(choice.value) == text)
        if hint in (str, Secret, int, float, Path):
            return hint(text)
    except (ValueError, StopIteration):
        raise PluginError(plugin, f"cannot read {variable}: it must be {expected}") from None
    raise PluginError(plugin, f"declares a setting for {variable} of type {expected}, which no variable can hold")


def _yes_or_no(text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise ValueError
