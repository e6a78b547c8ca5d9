"""``ascend inbox``: who waits for a person, and what the person decides."""

from __future__ import annotations

import getpass

import click

from ascend_core.cli.groups import LazyGroup
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import moment, say, show_json, show_table
from ascend_core.operations.inbox import Waiting, inbox_list, settle_conversation
from ascend_core.store.inbox import DOUBTFUL

__all__ = ["inbox", "list_", "settle"]

_REASONS = {"handoff": "a flow handed over", "reply": "wrote when no flow listened", DOUBTFUL: "may have said STOP"}
_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


@click.group(cls=LazyGroup)
def inbox() -> None:
    """See who waits for a person, and settle it."""


@inbox.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="The oldest so many.")
@_as_json
def list_(*, limit: int, as_json: bool) -> None:
    """Who waits for a person, the longest waiting first, with what they wrote last."""
    with opened_core() as core:
        found = inbox_list(core, limit)
    if as_json:
        show_json([_described(each) for each in found])
        return
    if not found:
        say("Nobody waits for a person.")
        return
    rows = [
        (
            each.conversation.id,
            each.conversation.member_id,
            moment(each.conversation.opened_at),
            _REASONS.get(each.conversation.reason, each.conversation.reason),
            each.words or None,
        )
        for each in found
    ]
    show_table(("Conversation", "Member", "Since", "Why", "Wrote last"), rows, numbers=("Conversation", "Member"))
    say("ascend inbox settle CONVERSATION when it is done; with --unsubscribe when they want no more texts.")


@inbox.command()
@click.argument("conversation", type=int)
@click.option("--unsubscribe", is_flag=True, help="They want no more texts: the same as if they had said STOP.")
@click.option("--by", default=None, metavar="NAME", help="Who decides.  [default: who is logged in here]")
def settle(*, conversation: int, unsubscribe: bool, by: str | None) -> None:
    """Say that you have dealt with CONVERSATION. What waited for that member goes on, unless you unsubscribe them."""
    with opened_core() as core:
        settled = settle_conversation(core, conversation, left=unsubscribe, by=by or _me())
    if unsubscribe:
        say(f"Member {settled.member_id} is unsubscribed; nothing that waited for them goes out.")
    else:
        say(f"Member {settled.member_id} waits no more; what waited for them goes on.")


def _me() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise click.UsageError("Say who decides, with --by.") from error


def _described(each: Waiting) -> dict[str, object]:
    return {
        "conversation": each.conversation.id,
        "member": each.conversation.member_id,
        "since": each.conversation.opened_at,
        "reason": each.conversation.reason,
        "note": each.conversation.note,
        "words": each.words,
        "written_at": each.written_at,
    }
