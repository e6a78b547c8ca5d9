"""What a person can do about a submission that was ignored (row A7)."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["HINTS", "hint_for"]

HINTS: Mapping[str, str] = {
    "bad_phone": "The number cannot be texted; ask the person for a mobile number, and correct it at the source.",
    "before_sync": "It is older than the sync of its form. Bring such people along with: ascend members import",
    "create_members_off": "The phone is new and Create New Members is OFF; switched ON in the settings, it counts.",
    "failed": "Something broke on it; the detail says where. It is tried again once a day, or now: poll --all",
    "form_not_synced": "Its form is not synced; turn it on with sync. Who signed up at most 15 minutes before counts.",
    "form_unknown": "Its form was not fetched yet; the next fetch brings it, unless the source hides it from us.",
    "malformed": "The record cannot be read; the detail names the field. It is read again when it changes.",
    "masked": "The source hides who signed up from this account, as for another organization's event.",
    "no_opt_in": "The person did not tick the opt-in to texts. Only they can.",
    "opted_out": "The person opted out of texts, or is blocked, at the source.",
    "phone_changed": "The person has another number now. Consent is per number: their next sign-up with it counts.",
    "unsubscribed": "The number is unsubscribed, by STOP or as strongly. Only START, or a recorded proof, undoes that.",
}
"""By reason."""


def hint_for(reason: str | None) -> str | None:
    """What to do; None for a reason that says it all."""
    return None if reason is None else HINTS.get(reason)
