"""``ascend db``: look after the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ascend_core.cli.groups import LazyGroup
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import say
from ascend_core.operations.restored import freeze_sends
from ascend_core.runtime.opening import home_from
from ascend_core.runtime.restoring import restore_copy
from ascend_core.store.backup import back_up
from ascend_core.store.database import Database, open_database
from ascend_core.store.schema import current_revision, upgrade_schema
from ascend_core.store.vault import open_vault

__all__ = ["backup", "db", "restore", "restored", "upgrade"]


@click.group(cls=LazyGroup)
def db() -> None:
    """Look after the database."""


@db.command()
def upgrade() -> None:
    """Bring the tables to this version: all of them, or none when something fails."""
    from ascend_core.runtime.engine_tables import upgrade_engine_tables

    home = home_from()
    open_vault(home.key_file)  # says what to do where nothing was made yet
    database = open_database(home.database_url)
    try:
        before = current_revision(database)
        upgrade_schema(database)
        after = current_revision(database)
        if database.kind == "postgresql":
            upgrade_engine_tables(database)
    finally:
        database.close()
    say(f"The database is at revision {after}" + (", as before." if before == after else f"; it was at {before}."))


@db.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(*, file: Path) -> None:
    """Copy the database to FILE while everything goes on. The key file is not in it: keep that apart."""
    with _opened() as database:
        back_up(database, file)
    say(f"{file}: {file.stat().st_size:,} bytes. Without the key file {home_from().key_file} its secrets stay sealed.")


@db.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(*, file: Path, yes: bool) -> None:
    """Go back to the copy FILE. Nothing is sent until the copy was compared with the provider.

    What is there now is kept beside the database, even if it cannot be read any more. No worker may run meanwhile.
    """
    home = home_from()
    open_vault(home.key_file)  # says what to do where nothing was made yet
    if not yes:
        click.confirm(f"Replace the database in {home.folder} by {file}?", abort=True, err=True)
    kept = restore_copy(home, file)
    say(f"Restored from {file}; " + ("no database was there." if kept is None else f"what was there is {kept}."))
    say("Nothing is sent until this copy was compared with the provider; run: ascend messages reconcile")


@db.command()
def restored() -> None:
    """Say that another program has restored the database: nothing is sent until it was compared with the provider."""
    with opened_core() as core:
        freeze_sends(core, "an older copy of the database was restored")
    say("Nothing is sent until this copy was compared with the provider; run: ascend messages reconcile")


@contextmanager
def _opened() -> Iterator[Database]:
    home = home_from()
    open_vault(home.key_file)  # says what to do where nothing was made yet
    database = open_database(home.database_url)
    try:
        yield database
    finally:
        database.close()
