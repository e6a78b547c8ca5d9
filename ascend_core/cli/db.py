"""``ascend db``: look after the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import click

from ascend_core.cli.groups import LazyGroup
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import say
from ascend_core.errors import DatabaseProblem
from ascend_core.operations.restored import freeze_sends
from ascend_core.runtime.file_lock import only_one
from ascend_core.runtime.opening import home_from
from ascend_core.store.backup import back_up, put_back
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

    What is there now is kept beside the database. No worker may run meanwhile.
    """
    with _opened() as database:
        if database.file is None:
            raise DatabaseProblem("restore PostgreSQL with pg_restore, then run: ascend db restored")
        if not yes:
            click.confirm(f"Replace {database.file} by {file}?", abort=True, err=True)
        with only_one(database.file.with_name(f"{database.file.name}.lock")):
            kept = _free(database.file.with_name(f"{database.file.name}.before-restore"))
            back_up(database, kept)
            put_back(database, file)
            upgrade_schema(database)
            with opened_core() as core:
                freeze_sends(core, f"the copy {file.name} was restored")
    say(f"Restored from {file}; what was there is {kept}.")
    say("Nothing is sent until this copy was compared with the provider; run: ascend messages reconcile")


@db.command()
def restored() -> None:
    """Say that another program has restored the database: nothing is sent until it was compared with the provider."""
    with opened_core() as core:
        freeze_sends(core, "an older copy of the database was restored")
    say("Nothing is sent until this copy was compared with the provider; run: ascend messages reconcile")


def _free(wanted: Path) -> Path:
    """The first name like *wanted* that no file has."""
    names = (wanted.with_name(f"{wanted.name}{'' if number == 1 else f'-{number}'}") for number in count(1))
    return next(name for name in names if not name.exists())


@contextmanager
def _opened() -> Iterator[Database]:
    home = home_from()
    open_vault(home.key_file)  # says what to do where nothing was made yet
    database = open_database(home.database_url)
    try:
        yield database
    finally:
        database.close()
