"""``ascend flows fmt``: documents in their one layout."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ascend_core.cli.documents import find_documents, read_text
from ascend_core.cli.showing import counted, say
from ascend_core.errors import BadInput
from ascend_core.flow.layout import laid_out

__all__ = ["fmt"]

CHANGES = 1
"""What ``--check`` ends with when a file is not in its layout."""


@click.command()
@click.argument("places", metavar="FILE|FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Change nothing; end with 1 when a file would change.")
def fmt(*, places: tuple[Path, ...], check: bool) -> None:
    """Write flows, automations, broadcasts and flow tests in their one layout. Comments and order stay.

    Documents in an older version of the language are written in the newest. What a document says does not change,
    and neither does its version once published.
    """
    changed, failed = 0, 0
    files = find_documents(places)
    for file in files:
        text = read_text(file)
        try:
            wanted = laid_out(text, file=str(file))
        except BadInput as error:
            failed += 1
            say(f"error: {error}")
            continue
        if wanted.encode() != file.read_bytes():
            changed += 1
            click.echo(f"{file}: {'would change' if check else 'written anew'}")
            if not check:
                file.write_text(wanted, "utf-8", newline="\n")
    say(f"{counted(len(files), 'file')}: {changed} {'would change' if check else 'changed'}")
    if failed:
        sys.exit(BadInput.exit_code)
    if check and changed:
        sys.exit(CHANGES)
