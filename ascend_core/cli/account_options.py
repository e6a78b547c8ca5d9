"""From an attrs class of settings to command-line options, one a field; secrets can come from a file or from stdin."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import attrs
import click

from ascend_core.contracts import BEHIND
from ascend_core.errors import BadInput

__all__ = ["SettingOptions"]

F = TypeVar("F", bound=Callable[..., Any])

_SORTS = frozenset({"api", "base", "id", "number", "sid"})
"""Words that say of what sort a value is: a short form goes without them (``--org-id``, ``--org``)."""


class SettingOptions:
    """The options of one settings class."""

    def __init__(self, kind: type[Any]) -> None:
        self._fields: Mapping[str, attrs.Attribute[Any]] = {
            field.name: field for field in attrs.fields(kind) if field.init
        }
        shorts = Counter(_short(name) for name in self._fields)
        self._shorts = {
            name: short
            for name in self._fields
            if (short := _short(name)) and shorts[short] == 1 and short not in self._fields
        }

    def decorate(self, command: F) -> F:
        """Add the options to *command*; ``read`` takes the values it is called with."""
        for name, field in reversed(list(self._fields.items())):
            if _is_secret(field):
                flags = [f"{flag}-file" for flag in self._flags(name)]
                kind = click.Path(path_type=Path, allow_dash=True)
                about = f"Read {self._flags(name)[0]} from a file; -: from stdin."
                command = click.option(*flags, f"{name}_file", type=kind, metavar="FILE", help=about)(command)
            command = self._option(name, field)(command)
        return command

    def read(self, given: Mapping[str, Any]) -> dict[str, str]:
        """The values of the fields among *given*, secrets fetched from where they were said to be."""
        values: dict[str, str] = {}
        stdin_for: str | None = None
        for name, field in self._fields.items():
            value, file = given.get(name), given.get(f"{name}_file")
            if not _is_secret(field):
                if value is not None:
                    values[name] = value
                continue
            flag = self._flags(name)[0]
            if value is not None and file is not None:
                raise click.UsageError(f"Give {flag} or {flag}-file, not both.")
            if value == "-" or str(file) == "-":
                if stdin_for is not None:
                    raise click.UsageError(f"Only one value can come from stdin: {stdin_for} or {flag}.")
                stdin_for = flag
                values[name] = sys.stdin.read().strip()
            elif file is not None:
                values[name] = _from_file(file)
            elif value is not None:
                values[name] = value
            elif field.default is attrs.NOTHING:
                values[name] = self._ask(name, flag)
        return values

    def _flags(self, name: str) -> list[str]:
        names = [name, self._shorts[name]] if name in self._shorts else [name]
        return [f"--{each.replace('_', '-')}" for each in names]

    def _option(self, name: str, field: attrs.Attribute[Any]) -> Callable[[F], F]:
        secret = _is_secret(field)
        required = field.default is attrs.NOTHING
        about = field.metadata.get(BEHIND, "")
        if secret:
            about = f"{about} -: read from stdin.".strip() + (" Asked for when left out." if required else "")
        default = field.default if isinstance(field.default, str) and field.default else None
        if default is not None:
            about = f"{about}  [default: {default}]".strip()
        return click.option(*self._flags(name), name, required=required and not secret, metavar="TEXT", help=about)

    def _ask(self, name: str, flag: str) -> str:
        """Ask the person for a secret. A program that left it out hears which option is missing."""
        if not sys.stdin.isatty():
            raise click.UsageError(f"Missing option '{flag}' (or '{flag}-file').")
        answer: str = click.prompt(name.replace("_", " ").capitalize(), hide_input=True, err=True)
        return answer


def _short(name: str) -> str:
    """*name* without the words that say its sort; empty when that is no shorter, or nothing is left."""
    words = name.split("_")
    kept = [word for word in words if word not in _SORTS]
    return "_".join(kept) if kept != words else ""


def _is_secret(field: attrs.Attribute[Any]) -> bool:
    return "Secret" in str(field.type)


def _from_file(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadInput(f"cannot read {path}: {reason}") from error
