"""What is installed is listed, and a plugin that cannot be used says so where it is used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def ascend(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs ``ascend`` in a process that finds distributions in *folder* too."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "ASCEND_HOME": str(folder)}
    code = "from ascend_core.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, check=False
    )


def install(folder: Path, name: str, source: str) -> None:
    """A distribution in *folder* that offers a plugin."""
    (folder / f"{name}_plugin.py").write_text(source)
    info = folder / f"{name}_plugin-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-plugin\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[ascend]\n{name} = {name}_plugin:Plugin\n")


def test_plugins_are_listed_with_their_versions_and_offers(run: Any) -> None:
    """People see what they have."""
    listed = run("plugins", "list", "--json").json()

    offers = {plugin["name"]: plugin["offers"] for plugin in listed["plugins"]}
    assert listed["problems"] == []
    assert offers["mobilize"]["integrations"] == ["mobilize"]
    assert offers["sms"]["commands"] == ["segments", "simulate"]
    assert "send" in offers["core"]["actions"]
    assert "mobilize.registers" in run("plugins", "list").out


def test_a_plugin_that_cannot_be_imported_is_reported_where_it_is_used_and_nowhere_in_the_way(tmp_path: Path) -> None:
    """One broken installation costs nobody else anything."""
    install(tmp_path, "broken", "raise RuntimeError('no spring')\n")
    problem = "plugin 'broken' cannot be imported from broken_plugin:Plugin: RuntimeError: no spring"

    used = ascend(tmp_path, "broken", "connect")
    listed = ascend(tmp_path, "plugins", "list")

    assert "broken" in ascend(tmp_path, "--help").stdout
    assert (used.stdout, used.stderr, used.returncode) == ("", f"error: {problem}\n", 1)
    assert (listed.stderr, listed.returncode) == (f"left out: {problem}\n", 0)
    assert ascend(tmp_path, "sms", "segments", "hello").returncode == 0


def test_a_plugins_own_command_is_made_when_it_is_called_for(tmp_path: Path) -> None:
    """A command that cannot be made spoils neither the overview nor its neighbours."""
    install(
        tmp_path,
        "garden",
        """
import click
from ascend_core.contracts import CommandType
from ascend_core.hookspecs import AscendHooks, hookimpl

class Plugin(AscendHooks):
    @hookimpl
    def ascend_register_commands(self, context):
        return [
            CommandType(name="grow", make=lambda: click.Command("grow", callback=lambda: click.echo("it grows"))),
            CommandType(name="wilt", make=lambda: 1 / 0, help="Cannot be made."),
            CommandType(name="weed", make=lambda: "weed"),
        ]
""",
    )

    assert ascend(tmp_path, "garden", "grow").stdout == "it grows\n"
    assert "wilt  Cannot be made." in ascend(tmp_path, "garden", "--help").stdout
    assert ascend(tmp_path, "garden", "wilt").stderr == (
        "error: plugin 'garden' cannot make its command 'wilt': ZeroDivisionError: division by zero\n"
    )
    assert ascend(tmp_path, "garden", "weed").stderr == (
        "error: plugin 'garden' makes a str for 'weed', not a click command\n"
    )


def test_an_integration_with_another_name_than_its_plugin_has_a_group_of_its_own(tmp_path: Path) -> None:
    """Two offers of one plugin do not take each other's commands."""
    install(
        tmp_path,
        "town",
        """
import attrs
from ascend_core.contracts import IntegrationType
from ascend_core.hookspecs import AscendHooks, hookimpl

@attrs.frozen(kw_only=True)
class Account:
    district: str

class Source:
    async def check(self, account): ...
    def forms(self, account, cursor): ...
    def submissions(self, account, cursor, *, since=None): ...
    def activities(self, before, after): ...

class Plugin(AscendHooks):
    @hookimpl
    def ascend_register_integrations(self, context):
        return [
            IntegrationType(name=name, label=name.title(), account=Account, key="district", source=Source())
            for name in ("town", "village")
        ]
""",
    )
    assert ascend(tmp_path, "init").returncode == 0

    town = ascend(tmp_path, "town", "connect", "--district", "7")
    village = ascend(tmp_path, "town", "village", "connect", "--district", "9")

    assert town.stderr.splitlines()[0] == "Town 7 is connected."
    assert village.stderr.splitlines()[0] == "Village 9 is connected."
