"""What happened between two states of an attendance.

Mobilize keeps no log: it shows how an attendance stands now. So each activity is *entering* a standing:

- ``registers``: comes to stand as registered or confirmed (a confirmed one has registered before),
- ``confirms``: comes to stand as confirmed,
- ``waitlisted``: comes to stand on the waiting list,
- ``cancels``: comes to stand as cancelled, once we had seen it otherwise,
- ``attends``: ``attended`` comes to be true, whatever the status.

Decided: a first sight that is already cancelled is nothing (nobody was welcomed, nobody is missed); cancelled but
attended is ``attends``, for that person was there; an unknown or empty status is no standing at all, so coming from it
counts as coming anew. Looking more often can only show more, never less, and never anything twice for one change.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from ascend_core.contracts import State

__all__ = ["STATUS_TABLE", "Standing", "activities"]


class Standing(Enum):
    """Where an attendance's ``status`` puts it."""

    UNSEEN = "unseen"
    REGISTERED = "registered"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    WAITLISTED = "waitlisted"
    OTHER = "other"
    """Empty, or a word we do not know."""


_UNSEEN, _REGISTERED, _CONFIRMED, _CANCELLED, _WAITLISTED, _OTHER = Standing

STATUS_TABLE: Mapping[tuple[Standing, Standing], tuple[str, ...]] = MappingProxyType(
    {
        (_UNSEEN, _REGISTERED): ("registers",),
        (_UNSEEN, _CONFIRMED): ("registers", "confirms"),
        (_UNSEEN, _CANCELLED): (),
        (_UNSEEN, _WAITLISTED): ("waitlisted",),
        (_UNSEEN, _OTHER): (),
        (_REGISTERED, _REGISTERED): (),
        (_REGISTERED, _CONFIRMED): ("confirms",),
        (_REGISTERED, _CANCELLED): ("cancels",),
        (_REGISTERED, _WAITLISTED): ("waitlisted",),
        (_REGISTERED, _OTHER): (),
        (_CONFIRMED, _REGISTERED): (),
        (_CONFIRMED, _CONFIRMED): (),
        (_CONFIRMED, _CANCELLED): ("cancels",),
        (_CONFIRMED, _WAITLISTED): ("waitlisted",),
        (_CONFIRMED, _OTHER): (),
        (_CANCELLED, _REGISTERED): ("registers",),
        (_CANCELLED, _CONFIRMED): ("registers", "confirms"),
        (_CANCELLED, _CANCELLED): (),
        (_CANCELLED, _WAITLISTED): ("waitlisted",),
        (_CANCELLED, _OTHER): (),
        (_WAITLISTED, _REGISTERED): ("registers",),
        (_WAITLISTED, _CONFIRMED): ("registers", "confirms"),
        (_WAITLISTED, _CANCELLED): ("cancels",),
        (_WAITLISTED, _WAITLISTED): (),
        (_WAITLISTED, _OTHER): (),
        (_OTHER, _REGISTERED): ("registers",),
        (_OTHER, _CONFIRMED): ("registers", "confirms"),
        (_OTHER, _CANCELLED): ("cancels",),
        (_OTHER, _WAITLISTED): ("waitlisted",),
        (_OTHER, _OTHER): (),
    }
)
"""Every change of status (before, after) there is, and what happened with it, in order."""


def activities(before: State | None, after: State) -> tuple[str, ...]:
    """What happened between *before* (None: first sight) and *after*, in order; nothing is named twice."""
    happened = STATUS_TABLE[_standing(before), _standing(after)]
    has_come = after.get("attended") is True and (before is None or before.get("attended") is not True)
    return (*happened, "attends") if has_come else happened


def _standing(state: State | None) -> Standing:
    if state is None:
        return Standing.UNSEEN
    match str(state.get("status")).strip().upper():
        case "REGISTERED":
            return Standing.REGISTERED
        case "CONFIRMED":
            return Standing.CONFIRMED
        case "CANCELLED":
            return Standing.CANCELLED
        case "WAITLISTED":
            return Standing.WAITLISTED
        case _:
            return Standing.OTHER
