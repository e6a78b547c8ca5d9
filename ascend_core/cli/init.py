"""``ascend init``: make an installation."""

from __future__ import annotations

import click

from ascend_core.cli.showing import say, show_facts
from ascend_core.runtime.opening import home_from, init_home
from ascend_core.store.database import open_database

__all__ = ["init"]


@click.command()
def init() -> None:
    """Make the folder, the key file and the database. What is there already stays."""
    home = home_from()
    init_home(home)
    database = open_database(home.database_url)
    shown = database.engine.url.render_as_string(hide_password=True)
    database.close()
    show_facts([("Folder", home.folder.resolve()), ("Key file", home.key_file.resolve()), ("Database", shown)])
    say("Keep a copy of the key file apart from the database: without it every account is connected anew.")
