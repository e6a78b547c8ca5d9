"""``ascend <plugin>``: what every integration and channel gets, and the plugin's own commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import click

from ascend_core.cli import channel, connect, fields, forms, integration, sender
from ascend_core.cli.groups import Entry, LazyGroup
from ascend_core.contracts import ChannelType, CommandType, IntegrationType
from ascend_core.errors import PluginError
from ascend_core.host.registry import Registry
from ascend_core.runtime.opening import open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness

__all__ = ["OfferGroup", "plugin_group"]


class OfferGroup(LazyGroup):
    """A group with fixed entries."""

    def __init__(self, name: str, about: str, entries: Mapping[str, Entry]) -> None:
        super().__init__(name, help=about)
        self._entries = entries

    def entries(self) -> Mapping[str, Entry]:
        """What there is."""
        return self._entries


def plugin_group(name: str) -> click.Group:
    """The group of the plugin *name*. Raises PluginError, saying why, when the plugin was left out."""
    registry = open_registry(SystemClock(), SystemRandomness())
    problems = [problem for problem in registry.problems if problem.plugin == name]
    if name not in registry.plugins:
        raise problems[0] if problems else PluginError(name, "is not installed")
    for problem in problems:
        click.echo(f"left out: {problem}", err=True)
    return OfferGroup(name, f"What the plugin '{name}' brings.", _entries(registry, name))


def _entries(registry: Registry, plugin: str) -> dict[str, Entry]:
    """An offer named like its plugin has its commands here; others, and a second one, get groups of their own."""
    entries: dict[str, Entry] = {}
    for shelf in ("integrations", "channels"):
        for name, type_ in getattr(registry, shelf).items():
            if registry.providers[f"{shelf}/{name}"].plugin != plugin:
                continue
            offered = _of_integration(type_) if isinstance(type_, IntegrationType) else _of_channel(type_)
            if name == plugin and not entries.keys() & offered.keys():
                entries |= offered
            else:
                group = name if name not in entries and name != plugin else shelf.removesuffix("s")
                entries[group] = Entry(f"{type_.label}.", _fixed(OfferGroup(group, f"{type_.label}.", offered)))
    own = {name: Entry(type_.help, _made(plugin, type_)) for name, type_ in registry.commands.get(plugin, {}).items()}
    return entries | own


def _of_integration(type_: IntegrationType) -> dict[str, Entry]:
    events = forms.events_command(type_)
    return {
        "connect": Entry(f"Connect {type_.label}.", lambda: connect.connect_account_command(type_)),
        "fetch": Entry("Fetch events now.", lambda: forms.fetch_command(type_)),
        "events": Entry("See the events, and which are synced.", _fixed(events)),
        "forms": Entry("The same as 'events'.", _fixed(events), hidden=True),
        "sync": Entry("Turn an event on.", lambda: forms.sync_command(type_)),
        "unsync": Entry("Turn an event off.", lambda: forms.unsync_command(type_)),
        "settings": Entry("See or change the switches.", lambda: integration.settings_command(type_)),
        "fields": Entry("See or choose where fields go.", lambda: fields.fields_group(type_)),
        "ignored": Entry("See which submissions were ignored, and why.", lambda: forms.ignored_command(type_)),
        "status": Entry("See the last sync and the lag.", lambda: integration.status_command(type_)),
        "poll": Entry("Sync once, now.", lambda: integration.poll_command(type_)),
    }


def _of_channel(type_: ChannelType) -> dict[str, Entry]:
    return {
        "connect": Entry(f"Connect {type_.label}.", lambda: connect.connect_channel_command(type_)),
        "status": Entry("See whether it is connected.", lambda: channel.status_command(type_)),
        "limits": Entry("See or set how fast its sender may text.", lambda: sender.limits_command(type_)),
        "resume": Entry("Let texts go out again.", lambda: sender.resume_command(type_)),
    }


def _fixed(command: click.Command) -> Callable[[], click.Command]:
    return lambda: command


def _made(plugin: str, type_: CommandType) -> Callable[[], click.Command]:
    def load() -> click.Command:
        try:
            command = type_.make()
        except (Exception, SystemExit) as error:  # a named fence: plugin loading
            problem = f"cannot make its command '{type_.name}': {type(error).__name__}: {error}"
            raise PluginError(plugin, problem) from error
        if not isinstance(command, click.Command):
            raise PluginError(plugin, f"makes a {type(command).__name__} for '{type_.name}', not a click command")
        return command

    return load
