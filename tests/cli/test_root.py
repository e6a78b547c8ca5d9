"""``ascend`` starts quickly, knows misspelt names, and ends every expected failure with a sentence and a code."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from ascend_core.cli.root import COMMANDS, Ascend

HEAVY = {"sqlmodel", "sqlalchemy", "httpx", "rich", "starlette", "uvicorn", "pluggy", "yaml", "alembic"}
MOST_CPU_SECONDS = 0.15

HELP = "import sys; sys.argv = ['ascend', '--help']; from ascend_core.cli import main; main()"


def test_help_imports_nothing_heavy_and_no_plugin() -> None:
    """The overview is there at once, whatever is installed."""
    code = f"""
import atexit, sys
atexit.register(lambda: print("MODULES", *sys.modules))
{HELP}
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    overview, _, modules = done.stdout.partition("MODULES")
    loaded = {module.partition(".")[0] for module in modules.split()}
    assert loaded & (HEAVY | {"ascend_mobilize", "ascend_sms"}) == set()
    assert "importlib.metadata" not in modules.split()
    assert "mobilize" in overview
    assert "sms" in overview


def cpu_seconds(code: str) -> float:
    """What Python needs for *code*, at its best of three."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(once() for _ in range(3))


def test_help_costs_little_more_than_python_itself() -> None:
    """Nobody waits for the overview, and completion in the shell stays quick."""
    assert cpu_seconds(HELP) - cpu_seconds("pass") < MOST_CPU_SECONDS


def test_the_overview_shows_every_plugin_that_is_installed() -> None:
    """It looks for them in its own quick way; the library's way finds the same."""
    from importlib.metadata import entry_points

    shown = set(Ascend().entries()) - set(COMMANDS)

    assert shown == {point.name for point in entry_points(group="ascend")}
    assert shown >= {"mobilize", "sms"}


def test_every_command_of_the_core_can_be_imported_and_says_what_it_does(run: Any) -> None:
    """The overview holds no dead entry."""
    for name in COMMANDS:
        done = run(name, "--help")

        assert done.code == 0, name
        assert done.out.startswith("Usage: "), name


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["stauts"], "Error: There is no command 'stauts'. Did you mean 'status'?"),
        (["flows", "lnt"], "Error: There is no command 'lnt'. Did you mean 'lint'?"),
        (["mobilise"], "Error: There is no command 'mobilise'. Did you mean 'mobilize'?"),
        (["mobilize", "fetsh"], "Error: There is no command 'fetsh'. Did you mean 'fetch'?"),
        (["qqq"], "Error: There is no command 'qqq'."),
    ],
)
def test_a_misspelt_command_leads_to_the_nearest_one(run: Any, typed: list[str], sentence: str) -> None:
    """The person corrects one word, and does not read a manual."""
    done = run(*typed)

    assert (done.out, done.code) == ("", 2)
    assert done.err.splitlines()[-1] == sentence


def test_init_makes_the_folder_the_key_and_the_tables_and_says_where(run: Any, home: Path) -> None:
    """One command after the installation, and everything is ready."""
    done = run("init")

    assert done.code == 0
    assert str(home / "ascend.db") in done.out
    assert oct((home / "ascend.key").stat().st_mode)[-3:] == "600"
    assert run("db", "upgrade").code == 0
    assert run("init").code == 0


def test_init_twice_keeps_the_key(run: Any, home: Path) -> None:
    """What was sealed before can still be opened."""
    run("init")
    key = (home / "ascend.key").read_bytes()

    run("init")

    assert (home / "ascend.key").read_bytes() == key


@pytest.mark.parametrize("typed", [["status"], ["db", "upgrade"], ["flows", "list"], ["mobilize", "events"], ["serve"]])
def test_before_init_every_command_says_what_to_run(run: Any, home: Path, typed: list[str]) -> None:
    """The first thing people forget has an answer."""
    done = run(*typed, *(["--port", "0"] if typed == ["serve"] else []))

    assert (done.out, done.code) == ("", 4)
    assert done.err == f"error: there is no key file at {home}/ascend.key; run: ascend init\n"


def test_a_database_of_a_newer_version_is_not_touched(made: Any, home: Path) -> None:
    """An old program leaves new data alone."""
    import sqlite3

    with sqlite3.connect(home / "ascend.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    for typed in (["status"], ["db", "upgrade"], ["init"]):
        done = made(*typed)

        assert done.code == 1
        assert done.err.startswith("error: the database was made by a newer version of Ascend (revision 9999)")


def test_a_database_that_cannot_be_reached_is_a_sentence_without_its_password(made: Any) -> None:
    """A secret in a URL does not reach the terminal."""
    done = made("status", ASCEND_DATABASE_URL="postgresql://me:hush@127.0.0.1:1/nothing")

    assert done.code == 1
    assert done.err.startswith("error: the database postgresql+psycopg://me:***@127.0.0.1:1/nothing cannot be used")
    assert "hush" not in done.err


def test_a_folder_that_cannot_be_made_is_a_sentence(run: Any) -> None:
    """What the operating system refuses is told as it is."""
    done = run("init", ASCEND_HOME="/proc/nothing")

    assert (done.err, done.code) == ("error: /proc/nothing: No such file or directory\n", 1)


def test_a_wrong_setting_names_its_variable(run: Any) -> None:
    """The person knows what to change."""
    done = run("init", ASCEND_PUBLIC_URL="texts.example.org")

    message = "error: ASCEND_PUBLIC_URL must begin with http:// or https://, not 'texts.example.org'\n"
    assert (done.err, done.code) == (message, 4)


def test_ctrl_c_ends_with_130() -> None:
    """A script can tell an interrupt from a failure."""
    group = Ascend("ascend")

    @group.command()
    def linger() -> None:
        """Be interrupted."""
        raise KeyboardInterrupt

    result = CliRunner().invoke(group, ["linger"])

    assert (result.stderr.split()[-1], result.exit_code) == ("interrupted", 130)


def test_inside_another_program_errors_are_exceptions() -> None:
    """Only the outermost caller ends the process."""
    with pytest.raises(click.UsageError, match="There is no command 'nothing'"):
        Ascend("ascend").main(["nothing"], standalone_mode=False)


def test_a_reader_that_goes_away_is_no_traceback(made: Any, home: Path) -> None:
    """``ascend … | head`` is quiet."""
    environment = {**os.environ, "ASCEND_HOME": str(home)}
    code = "from ascend_core.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "status", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()

    assert b"Traceback" not in errors
