"""``ascend secrets``: what webhooks show other servers, and nobody here."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ascend_core.cli.documents import read_text
from ascend_core.cli.groups import LazyGroup
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import moment, say, show_json, show_table
from ascend_core.contracts import Secret
from ascend_core.operations.secrets import list_secrets, remove_secret, set_secret

__all__ = ["list_command", "remove", "secrets", "set_command"]


@click.group(cls=LazyGroup)
def secrets() -> None:
    """Keep what webhooks show other servers: a flow says ${secret.NAME}."""


@secrets.command("set")
@click.argument("name")
@click.option(
    "--file",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Where it stands; -: stdin. Asked for when left out.",
)
def set_command(*, name: str, file: Path | None) -> None:
    """Seal a secret under NAME, in the place of the one there is. It is never shown again."""
    value = Secret(_given(name, file))
    with opened_core() as core:
        new = set_secret(core, name, value)
    say(f"{name} is {'set' if new else 'changed'}; a flow's webhook says ${{secret.{name}}}")


def _given(name: str, file: Path | None) -> str:
    if file is None:
        if not sys.stdin.isatty():
            raise click.UsageError("Missing option '--file' (-: stdin); a secret on a command line is seen by others.")
        asked: str = click.prompt(name, hide_input=True, err=True)
        return asked
    return (sys.stdin.read() if str(file) == "-" else read_text(file)).strip()


@secrets.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_command(*, as_json: bool) -> None:
    """Every secret's name and when it was set."""
    with opened_core() as core:
        found = list_secrets(core)
    if as_json:
        show_json([{"name": name, "changed_at": at} for name, at in found.items()])
    elif found:
        show_table(("Secret", "Set"), [(name, moment(at)) for name, at in found.items()])
    else:
        say("There is no secret yet; set one with: ascend secrets set NAME")


@secrets.command()
@click.argument("name")
def remove(*, name: str) -> None:
    """Forget the secret NAME. Webhooks that call for it wait a while for another, and are given up."""
    with opened_core() as core:
        remove_secret(core, name)
    say(f"{name} is forgotten")
