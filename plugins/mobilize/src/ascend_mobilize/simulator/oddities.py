"""Rows that real accounts hold and careless programs choke on, made on request."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ascend_core.errors import BadInput
from ascend_mobilize.simulator import payloads
from ascend_mobilize.simulator.signups import SignUp
from ascend_mobilize.simulator.table import Record
from ascend_mobilize.simulator.world import World

__all__ = ["ODDITIES", "add_oddity"]


def _promoted(world: World, row: Record) -> Record:
    """Signed up through a partner's promotion: another sponsor, and no referrer."""
    return {**row, "sponsor": world.partner, "referrer": None}


ODDITIES: Mapping[str, Callable[[World, Record], Record]] = {
    "masked": lambda _world, row: payloads.masked(row),
    "promoted": _promoted,
    "unknown_status": lambda _world, row: {**row, "status": "SHADOWED"},
    "cancelled_attended": lambda _world, row: {**row, "status": "CANCELLED", "attended": True},
    "no_show": lambda _world, row: {**row, "attended": False, "rating": "Negative", "feedback": "I could not come."},
    "no_email": lambda _world, row: {**row, "person": {**row["person"], "email_addresses": []}},
    "no_phone": lambda _world, row: {**row, "person": {**row["person"], "phone_numbers": []}},
    "blocked": lambda _world, row: {**row, "person": {**row["person"], "blocked_date": row["created_date"]}},
    "repeated": lambda _world, row: row,
}
"""By name: what becomes of an ordinary new attendance. ``repeated``: the same person, slot and event once more."""


def add_oddity(world: World, kind: str, *, at: int) -> int | None:
    """Add one such attendance to the first event; returns its id (None: it has none)."""
    change = ODDITIES.get(kind)
    if change is None:
        raise BadInput(f"there is no oddity {kind!r}; there are {', '.join(ODDITIES)}")
    event = next((row for row in world.events if isinstance(row.get("id"), int)), None)
    if event is None:
        raise BadInput("there is no event yet to add an odd attendance to")
    sign_up = SignUp(
        event_id=event["id"],
        first_name="Ode",
        last_name="Tester",
        email="ode.tester@example.org",
        phone="2125550199",
        zip="10001",
        opted_in=True,
    )
    if kind == "repeated":
        world.sign_up(sign_up, at=at)
    (attendance_id,) = world.sign_up(sign_up, at=at)
    odd = change(world, world.attendance(attendance_id))
    world.store_attendance(attendance_id, odd)
    return attendance_id if odd["id"] is not None else None
