"""The nudge for a member who was asked and has not answered."""

from __future__ import annotations

from ascend_core.contracts import NotOwed, NudgeType, NudgeView, Owed

__all__ = ["NO_REPLY", "owes_a_reply"]


def owes_a_reply(view: NudgeView, /) -> Owed | NotOwed:
    """Owed until the member replied."""
    return Owed() if view.replied_at is None else NotOwed("replied")


NO_REPLY = NudgeType(
    name="no_reply",
    label="No Reply",
    still_owed=owes_a_reply,
    help="Sent when the member has not replied since reaching the bot action.",
)
