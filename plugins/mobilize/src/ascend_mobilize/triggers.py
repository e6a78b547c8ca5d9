"""What an automation can wait for at Mobilize."""

from __future__ import annotations

from ascend_core.contracts import TriggerType

__all__ = ["TRIGGERS"]


def _trigger(activity: str, label: str, help_text: str, *, repeats: bool = False) -> TriggerType:
    return TriggerType(
        name=f"mobilize.{activity}",
        label=label,
        integration="mobilize",
        activity=activity,
        repeats=repeats,
        help=help_text,
    )


TRIGGERS = (
    _trigger(
        "registers",
        "Mobilize Event Registers",
        "Somebody signs up, or signs up again after cancelling.",
        repeats=True,
    ),
    _trigger("confirms", "Mobilize Event Confirm Registration", "Somebody says yes to Mobilize's reminder."),
    _trigger("attends", "Mobilize Event Attends", "Somebody is marked as having been there."),
    _trigger("cancels", "Mobilize Event Cancel Registration", "Somebody who had signed up cancels."),
    _trigger("waitlisted", "Mobilize Event Registration Waitlisted", "Somebody is put on the waiting list."),
)
