"""``ascend members merge``: two members who are one person become one."""

from __future__ import annotations

import click

from ascend_core.cli.opening import opened_core
from ascend_core.cli.runs import phone_of
from ascend_core.cli.showing import say, show_json
from ascend_core.operations.merge_members import merge_members

__all__ = ["merge_command"]


@click.command("merge")
@click.argument("keep", metavar="KEEP")
@click.argument("other", metavar="OTHER")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def merge_command(*, keep: str, other: str, yes: bool, as_json: bool) -> None:
    """Make one member of two who are one person: the phone KEEP stays, the phone OTHER is texted no more.

    What happened to either stays known and is the one member's. What waited for OTHER is called off. If either has
    unsubscribed, the one member is unsubscribed. It cannot be undone.
    """
    phones = phone_of(keep), phone_of(other)
    if not yes:
        click.confirm("Make one member of these two for good?", abort=True, err=True)
    with opened_core() as core:
        done = merge_members(core, *phones)
    if as_json:
        show_json({"kept": done.kept, "gone": done.gone, "unsubscribed": done.unsubscribed})
        return
    say(f"Member {done.gone} is part of member {done.kept} now; what waited for the number given up is called off.")
    if done.unsubscribed:
        say("That number had unsubscribed, so the member is unsubscribed.")
