"""``ascend db``: look after the database."""

from __future__ import annotations

import click

from ascend_core.cli.groups import LazyGroup
from ascend_core.cli.showing import say
from ascend_core.runtime.opening import home_from
from ascend_core.store.database import open_database
from ascend_core.store.schema import current_revision, upgrade_schema
from ascend_core.store.vault import open_vault

__all__ = ["db", "upgrade"]


@click.group(cls=LazyGroup)
def db() -> None:
    """Look after the database."""


@db.command()
def upgrade() -> None:
    """Bring the tables to this version: all of them, or none when something fails."""
    home = home_from()
    open_vault(home.key_file)  # says what to do where nothing was made yet
    database = open_database(home.database_url)
    try:
        before = current_revision(database)
        upgrade_schema(database)
        after = current_revision(database)
    finally:
        database.close()
    say(f"The database is at revision {after}" + (", as before." if before == after else f"; it was at {before}."))
