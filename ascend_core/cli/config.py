"""``ascend config``: what is set, and where each value comes from."""

from __future__ import annotations

import attrs
import click

from ascend_core.cli.groups import LazyGroup
from ascend_core.cli.showing import say, show_json, show_table
from ascend_core.contracts import Secret
from ascend_core.host.registry import Registry
from ascend_core.host.settings import variable_of
from ascend_core.runtime.config import SETTINGS, Config, Setting, read_config, unknown_in
from ascend_core.runtime.opening import open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness

__all__ = ["config", "show"]

HIDDEN = "(hidden)"


@click.group(cls=LazyGroup)
def config() -> None:
    """See what is set, and where."""


@config.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def show(*, as_json: bool) -> None:
    """Show every setting, its value and where that comes from: the environment, the file, or neither."""
    read = read_config()
    registry = open_registry(SystemClock(), SystemRandomness())
    settings = [*SETTINGS, *_of_plugins(registry)]
    secret = {"ASCEND_DATABASE_URL", *_secrets(registry)}
    rows = [_row(setting, read, hidden=setting.variable in secret) for setting in settings]
    if as_json:
        show_json({"file": None if read.file is None else str(read.file), "settings": rows})
    else:
        say(f"Configuration file: {read.file or 'none'}")
        show_table(["Setting", "Value", "From", "What it is"], [list(row.values())[1:] for row in rows])
    for unknown in unknown_in(read, [setting.variable for setting in settings]):
        say(str(unknown))
    for problem in registry.problems:
        say(f"left out: {problem}")


def _row(setting: Setting, read: Config, *, hidden: bool) -> dict[str, str]:
    value = read.values.get(setting.variable)
    shown = setting.otherwise if value is None else HIDDEN if hidden else value
    source = read.sources.get(setting.variable, "default")
    return {"key": setting.key, "variable": setting.variable, "value": shown, "from": source, "help": setting.help}


def _of_plugins(registry: Registry) -> list[Setting]:
    """The settings that installed plugins declare."""
    return [
        Setting(
            key=variable_of(plugin, field.name).removeprefix("ASCEND_").lower(),
            help=f"Of the plugin '{plugin}'",
            otherwise="none" if field.default in (None, attrs.NOTHING, "") else str(field.default),
        )
        for plugin, settings in registry.settings.items()
        for field in attrs.fields(type(settings))
    ]


def _secrets(registry: Registry) -> set[str]:
    return {
        variable_of(plugin, field.name)
        for plugin, settings in registry.settings.items()
        for field in attrs.fields(type(settings))
        if isinstance(getattr(settings, field.name), Secret)
    }
