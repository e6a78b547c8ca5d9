"""Groups of commands that are imported when they are used, and that know what a misspelt name was meant to be."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

import click

__all__ = ["Entry", "LazyGroup", "imported"]


class Entry(NamedTuple):
    """A command that is not imported yet: the line the overview shows of it, and what brings it."""

    help: str
    load: Callable[[], click.Command]
    hidden: bool = False


def imported(place: str) -> Callable[[], click.Command]:
    """Brings the command at *place*, written ``package.module:attribute``."""

    def load() -> click.Command:
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    return load


class LazyGroup(click.Group):
    """A group that imports a command when it is run, and none to show the overview.

    Commands added in the usual way of click are there as well.
    """

    def entries(self) -> Mapping[str, Entry]:
        """What there is beside the commands that are imported already."""
        return {}

    def entry(self, name: str) -> Entry | None:
        """The entry of that name."""
        return self.entries().get(name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name there is, sorted."""
        return sorted({*self.commands, *self.entries()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported."""
        known = super().get_command(ctx, cmd_name)
        if known is not None:
            return known
        entry = self.entry(cmd_name)
        return None if entry is None else entry.load()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; but a name that does not exist leads to the nearest one that does."""
        name = args[0]
        if ctx.resilient_parsing or name.startswith("-") or self.get_command(ctx, name) is not None:
            return super().resolve_command(ctx, args)
        near = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise click.UsageError(f"There is no command '{name}'.{hint}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The overview, written from the entries."""
        shown = {name: command.get_short_help_str(80) for name, command in self.commands.items() if not command.hidden}
        shown.update((name, entry.help) for name, entry in self.entries().items() if not entry.hidden)
        if shown:
            with formatter.section("Commands"):
                formatter.write_dl(sorted(shown.items()))
