"""``ascend`` itself: which commands there are, and how the process ends when one fails."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import click

from ascend_core.cli.groups import Entry, LazyGroup, imported
from ascend_core.errors import AscendError, FlowProblem

__all__ = ["INTERRUPTED", "Ascend", "ascend"]

INTERRUPTED = 130
"""What a process ends with after Ctrl-C: 128 and the number of the signal, as shells have it."""

_CLI = "ascend_core.cli"

COMMANDS: Mapping[str, Entry] = {
    "automations": Entry("Say what starts which flow.", imported(f"{_CLI}.automations:automations")),
    "broadcasts": Entry("Text everybody in some groups at once.", imported(f"{_CLI}.broadcasts:broadcasts")),
    "clicks": Entry("See to it that only people count.", imported(f"{_CLI}.clicks:clicks")),
    "config": Entry("See what is set, and where.", imported(f"{_CLI}.config:config")),
    "db": Entry("Look after the database.", imported(f"{_CLI}.db:db")),
    "demo": Entry("See a week of an invented organization.", imported(f"{_CLI}.demo:demo")),
    "doctor": Entry("Say what is wrong, and what to do.", imported(f"{_CLI}.doctor:doctor")),
    "explain": Entry("Say what happened, and why not.", imported(f"{_CLI}.explain:explain")),
    "flows": Entry("Check and publish flows.", imported(f"{_CLI}.flows:flows")),
    "inbox": Entry("See who waits for a person.", imported(f"{_CLI}.inbox:inbox")),
    "init": Entry("Make the folder, the key and the database.", imported(f"{_CLI}.init:init")),
    "keys": Entry("Look after the key that secrets are sealed with.", imported(f"{_CLI}.keys:keys")),
    "members": Entry("Bring people along, and list them.", imported(f"{_CLI}.members:members")),
    "messages": Entry("See texts that need you.", imported(f"{_CLI}.messages:messages")),
    "plugins": Entry("See what is installed.", imported(f"{_CLI}.plugins:plugins")),
    "report": Entry("Count clicks and sign-ups.", imported(f"{_CLI}.report:report")),
    "runs": Entry("See what happened to one person in one flow.", imported(f"{_CLI}.runs:runs")),
    "secrets": Entry("Keep what webhooks show other servers.", imported(f"{_CLI}.secrets:secrets")),
    "serve": Entry("Serve links and webhooks, and do the work.", imported(f"{_CLI}.serve:serve")),
    "status": Entry("See how everything is.", imported(f"{_CLI}.status:status")),
    "worker": Entry("Do the work, without serving anything.", imported(f"{_CLI}.worker:worker")),
}


class Ascend(LazyGroup):
    """The root of all commands. Expected failures become one sentence and an exit code, never a traceback."""

    def entries(self) -> Mapping[str, Entry]:
        """The core's commands and one group for each installed plugin."""
        return {**{name: _plugin_entry(name) for name in _names_at_a_glance()}, **COMMANDS}

    def entry(self, name: str) -> Entry | None:
        """The entry of that name. Plugins are looked for only when the core has no such command."""
        return COMMANDS.get(name) or _plugin_entries().get(name)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command. In *standalone_mode* the process ends with its exit code."""

        def run() -> Any:
            return super(Ascend, self).main(
                args, prog_name, complete_var, standalone_mode=False, windows_expand_args=windows_expand_args, **extra
            )

        if not standalone_mode:
            return run()
        try:
            code = run()
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except click.Abort:
            click.echo("interrupted", err=True)
            sys.exit(INTERRUPTED)
        except AscendError as error:
            _tell(error)
            sys.exit(error.exit_code)
        except BrokenPipeError:
            # whoever read our output has gone; nothing may be written any more, not even at the very end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except OSError as error:
            what = f"{error.filename}: " if error.filename else ""
            click.echo(f"error: {what}{error.strerror or error}", err=True)
            sys.exit(1)
        sys.exit(code if isinstance(code, int) else 0)


def _tell(error: AscendError) -> None:
    """One sentence; of a document each problem in a line of its own, so that an editor can jump to it."""
    lines = str(error).splitlines()
    if isinstance(error, FlowProblem) and len(lines) > 1:
        lines = [f"{len(lines)} problems", *lines]
    click.echo("\n".join([f"error: {lines[0]}", *lines[1:]]) if lines else "error", err=True)


def _plugin_entries() -> dict[str, Entry]:
    """One group for each plugin; its name is that of the entry point, and nothing of it is imported yet."""
    from importlib.metadata import entry_points

    return {name: _plugin_entry(name) for name in sorted({point.name for point in entry_points(group="ascend")})}


def _names_at_a_glance() -> list[str]:
    """The plugins for the overview: what is installed in folders. Who runs a command is looked for with
    ``importlib.metadata``, whose import alone is a third of what the overview costs.
    """
    names: set[str] = set()
    for folder in sys.path:
        with suppress(OSError):
            for each in os.listdir(folder or "."):  # noqa: PTH208 -- pathlib takes its time too
                if each.endswith((".dist-info", ".egg-info")):
                    names.update(_names_in(f"{folder or '.'}/{each}/entry_points.txt"))
    return sorted(names)


def _names_in(file: str) -> Iterator[str]:
    with suppress(OSError), open(file, encoding="utf-8") as lines:  # noqa: PTH123 -- as above
        ours = False
        for line in map(str.strip, lines):
            if line.startswith("["):
                ours = line == "[ascend]"
            elif ours and "=" in line and not line.startswith(("#", ";")):
                yield line.partition("=")[0].strip()


def _plugin_entry(name: str) -> Entry:
    return Entry(f"What the plugin '{name}' brings.", _plugin_loader(name))


def _plugin_loader(name: str) -> Any:
    def load() -> click.Command:
        from ascend_core.cli.plugin_group import plugin_group

        return plugin_group(name)

    return load


@click.command(cls=Ascend, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ascend-core", prog_name="ascend")
def ascend() -> None:
    """Text people who sign up: flows, nudges and links, driven by events.

    Settings come from the environment (ASCEND_HOME: the folder, ./ascend-data) and from ascend.toml in that folder;
    ascend config show says what there is and what holds.
    """
