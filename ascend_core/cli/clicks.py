"""``ascend clicks``: who opened the links."""

from __future__ import annotations

import attrs
import click

from ascend_core.cli.groups import LazyGroup
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import counted, moment, say, show_json, show_table
from ascend_core.engine.clicks import RULES_VERSION
from ascend_core.operations.ip_keys import forget_addresses
from ascend_core.operations.reclassify import reclassify_clicks
from ascend_core.store.shared import shared_sign_ups

__all__ = ["clicks", "forget", "reclassify", "shared"]


@click.group(cls=LazyGroup)
def clicks() -> None:
    """See to it that only people count."""


@clicks.command()
@click.option("--all", "everything", is_flag=True, help="Also what the rules of today were applied to already.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def reclassify(*, everything: bool, as_json: bool) -> None:
    """Apply the rules of today to the clicks of the past. Reports follow."""
    with opened_core() as core:
        done = reclassify_clicks(core, everything=everything)
    changes = [{"was": was, "is": now, "clicks": count} for (was, now), count in sorted(done.changed.items())]
    if as_json:
        show_json({"rules": RULES_VERSION, "looked_at": done.looked_at, "changed": changes})
        return
    if changes:
        show_table(("Was", "Is", "Clicks"), [tuple(each.values()) for each in changes], numbers=("Clicks",))
    say(f"{counted(done.looked_at, 'click')} looked at with rules version {RULES_VERSION}.")


@clicks.command()
def forget() -> None:
    """Forget visitors' addresses now, where it is time: hashes older than 30 days, and the keys of past months."""
    with opened_core() as core:
        gone = forget_addresses(core)
    say(f"The addresses of {counted(gone, 'click')} are forgotten.")


@clicks.command()
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many to show.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def shared(*, limit: int, as_json: bool) -> None:
    """The sign-ups that came through a link texted to somebody else, the newest first: they count in no report."""
    with opened_core() as core:
        found = core.database.read(lambda tx: shared_sign_ups(tx, limit=limit))
    if as_json:
        show_json([attrs.asdict(each) for each in found])
    elif found:
        heads = ("Attendance", "Event", "Signed up", "Texted for", "To member", "Link to")
        rows = [
            (each.key, each.form, moment(each.created_at), each.sent_for, each.member_id, each.url) for each in found
        ]
        show_table(heads, rows)
    else:
        say("Nobody signed up through a link that was texted to somebody else.")
