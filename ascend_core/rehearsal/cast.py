"""Who a rehearsal is about, and which event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from attrs import evolve, field, frozen

from ascend_core.calls.call import Called
from ascend_core.contracts import Form

__all__ = ["DEFAULT_AT", "DEFAULT_EVENT", "DEFAULT_PHONE", "Cast", "event_at"]

DEFAULT_AT = datetime(2026, 5, 4, 14, 0, tzinfo=UTC)
"""Monday, May 4, 2026, at 10:00 in New York: nobody sleeps there, and the next days have no surprises."""

DEFAULT_PHONE = "+12125550142"
"""New York, and of the numbers that belong to nobody."""

DEFAULT_EVENT = Form(
    key="rehearsal",
    name="Saturday Canvass",
    url="https://events.example.org/rehearsal/event/1/",
    starts_at=datetime(2026, 5, 9, 14, 0, tzinfo=UTC),
    ends_at=datetime(2026, 5, 9, 17, 0, tzinfo=UTC),
    timezone="America/New_York",
    location="Town Hall, 1 Main St",
)
"""The Saturday after, at 10:00 in New York."""


@frozen(kw_only=True)
class Cast:
    """One member and one event. *fields* as a form would bring them; *kinds* of the fields people defined."""

    phone: str = DEFAULT_PHONE
    zone: str | None = None
    fields: Mapping[str, str] = field(factory=dict)
    groups: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(factory=dict)
    event: Form = DEFAULT_EVENT
    answers: Mapping[str, Called] = field(factory=dict)
    """What the servers behind webhooks answer, by URL; any other is not reached."""
    at: datetime = DEFAULT_AT
    """When the member enters the flow; aware."""


def event_at(at: datetime) -> Form:
    """The default event, moved so that it is five days after *at*, as it is after the default time."""
    moved = at - DEFAULT_AT
    starts_at, ends_at = DEFAULT_EVENT.starts_at, DEFAULT_EVENT.ends_at
    return evolve(
        DEFAULT_EVENT,
        starts_at=None if starts_at is None else starts_at + moved,
        ends_at=None if ends_at is None else ends_at + moved,
    )
