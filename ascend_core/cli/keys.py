"""``ascend keys``: the key that secrets are sealed with."""

from __future__ import annotations

import click

from ascend_core.cli.groups import LazyGroup
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import counted, say
from ascend_core.operations.rotate_key import rotate_key
from ascend_core.runtime.opening import home_from

__all__ = ["keys", "rotate"]


@click.group(cls=LazyGroup)
def keys() -> None:
    """Look after the key that secrets are sealed with."""


@keys.command()
def rotate() -> None:
    """Seal every secret with a new key, and forget the old one. A running server goes on."""
    with opened_core() as core:
        count = rotate_key(core, home_from().key_file)
    say(f"{counted(count, 'secret')} sealed with a new key in {home_from().key_file.resolve()}.")
    say("Keep a copy of that file apart from the database, and destroy the copies of the old one.")
