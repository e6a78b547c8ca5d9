"""The nudge for a member who has not opened the link."""

from __future__ import annotations

from ascend_core.contracts import NotOwed, NudgeType, NudgeView, Owed

__all__ = ["NO_LINK_CLICK", "owes_a_click"]


def owes_a_click(view: NudgeView, /) -> Owed | NotOwed:
    """Owed until a person clicked the link. Somebody who submitted its form has no need to."""
    if view.submitted_at is not None:
        return NotOwed("submitted")
    return Owed() if view.clicked_at is None else NotOwed("clicked")


NO_LINK_CLICK = NudgeType(
    name="no_link_click",
    label="No Link Click",
    still_owed=owes_a_click,
    needs_link=True,
    help="Sent when the member has not clicked the link since reaching the bot action.",
)
