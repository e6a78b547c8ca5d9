"""The nudge for people who opened a Mobilize link and did not sign up."""

from __future__ import annotations

from ascend_core.contracts import NotOwed, NudgeType, NudgeView, Owed

__all__ = ["LINK_CLICKED_NO_SUBMISSION", "clicked_without_submission"]


def clicked_without_submission(view: NudgeView) -> Owed | NotOwed:
    """Owed when the member clicked and has not submitted since reaching the bot action, whatever came first."""
    if view.submitted_at is not None:
        return NotOwed("submitted")
    if view.clicked_at is None:
        return NotOwed("no_click")
    return Owed()


LINK_CLICKED_NO_SUBMISSION = NudgeType(
    name="mobilize.link_clicked_no_submission",
    label="Link Clicked No Form Submission",
    still_owed=clicked_without_submission,
    needs_link=True,
    tracker="mobilize",
    least_days=1,
    help="For members who opened the Mobilize link and did not fill in its form. Wait at least a day.",
)
