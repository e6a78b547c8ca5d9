"""``ascend doctor``: what is wrong, and what to do."""

from __future__ import annotations

import asyncio
import sys

import click

from ascend_core.cli.showing import say, show_facts, show_json
from ascend_core.runtime.doctor import LEAST_FREE, examine

__all__ = ["doctor"]

_MB = 1_000_000


@click.command()
@click.option(
    "--least-free",
    type=click.IntRange(min=0),
    default=LEAST_FREE // _MB,
    show_default=True,
    help="The least free space on the disk, in MB.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def doctor(*, least_free: int, as_json: bool) -> None:
    """Say what is wrong with this installation and what to do.

    Looks at the folder, the key, the database, the disk, the clock, the worker, every account and channel and its
    credentials, the public address and its webhooks, held texts, plugins and settings. Ends with 1 when something is
    wrong.
    """
    findings = asyncio.run(examine(least_free=least_free * _MB))
    wrong = [finding for finding in findings if finding.wrong]
    notes = [finding for finding in findings if not finding.wrong]
    if as_json:
        parts = {"wrong": wrong, "notes": notes}
        listed = {
            name: [{"about": each.about, "sentence": each.sentence} for each in part] for name, part in parts.items()
        }
        show_json({"healthy": not wrong, **listed})
    else:
        if wrong:
            show_facts([(finding.about, finding.sentence) for finding in wrong])
        else:
            say("All is well.")
        for note in notes:
            say(f"note: {note.about}: {note.sentence}")
    if wrong:
        sys.exit(1)
