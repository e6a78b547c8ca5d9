"""Records as plugins and the engine see them."""

from __future__ import annotations

from datetime import time

from ascend_core.contracts import FormView, MemberView, QuietHours
from ascend_core.engine.states import candidate_states
from ascend_core.engine.zones import candidate_zones
from ascend_core.store.forms import FormRecord
from ascend_core.store.members import MemberRecord
from ascend_core.store.submissions import SubmissionRecord

__all__ = ["form_view", "member_view", "quiet_from_json", "quiet_to_json", "zones_of"]


def member_view(record: MemberRecord, groups: frozenset[str] = frozenset(), *, subscribed: bool = True) -> MemberView:
    """A member, with all fields."""
    return MemberView(
        id=record.id,
        phone=record.phone,
        fields=record.all_fields(),
        groups=groups,
        zones=tuple(record.zones),
        states=candidate_states(record.zip, record.phone),
        subscribed=subscribed,
    )


def form_view(form: FormRecord, submission: SubmissionRecord | None = None) -> FormView:
    """A form; with *submission*, at the time of the slot it chose."""
    slot = submission if submission is not None and submission.starts_at is not None else form
    return FormView(
        id=form.id,
        key=form.key,
        name=form.name,
        url=form.url,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        timezone=slot.timezone or form.timezone,
        location=form.location,
        deleted=form.deleted_at is not None,
    )


def zones_of(record: MemberRecord) -> list[str]:
    """Every zone the member may be in (row J3)."""
    return list(candidate_zones(own=record.zone, zip_code=record.zip, phone=record.phone))


_NONE: dict[str, str] = {}
"""One for all: what every text of a batch has travels to the database once."""


def quiet_to_json(quiet: QuietHours | None) -> dict[str, str]:
    """Quiet hours as the store keeps them; empty: none of their own."""
    if quiet is None:
        return _NONE
    return {"from": quiet.start.isoformat(), "to": quiet.end.isoformat(), "zone": quiet.zone, "then": quiet.then}


def quiet_from_json(stored: dict[str, str], default: QuietHours) -> QuietHours:
    """The quiet hours the store kept, or *default*."""
    if not stored:
        return default
    return QuietHours(
        start=time.fromisoformat(stored["from"]),
        end=time.fromisoformat(stored["to"]),
        zone=stored["zone"],
        then="drop" if stored["then"] == "drop" else "hold",
    )
