"""What happened between two states of an attendance.

Mobilize keeps no log: it shows how an attendance stands now. So each activity is *entering* a standing:

- ``registers``: comes to stand as registered or confirmed (a confirmed one has registered before),
- ``confirms``: comes to stand as confirmed,
- ``waitlisted``: comes to stand on the waiting list,
- ``cancels``: comes to stand as cancelled, once we had seen it otherwise,
- ``attends``: ``attended`` comes to be true, whatever the status.

Decided: a first sight that is already cancelled is nothing (nobody was welcomed, nobody is missed); cancelled but
attended is ``attends``, for that person was there. An unknown or empty status is no standing: nothing happens on the
way there, and what comes next is compared with the standing before it (``kept``), so that statuses which are missing
from an answer for once welcome nobody anew. Looking more often can only show more, never less, and never anything twice
for one change.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from ascend_core.contracts import State

__all__ = ["STATUS_TABLE", "Standing", "activities", "kept"]


class Standing(StrEnum):
    """Where an attendance's ``status`` puts it."""

    UNSEEN = "unseen"
    REGISTERED = "registered"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    WAITLISTED = "waitlisted"
    OTHER = "other"
    """Empty, or a word we do not know, and never seen otherwise."""


_STOOD = "stood"
"""In a state that is kept: the last status that said how the attendance stands, where its own does not."""

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
        (_OTHER, _CANCELLED): (),
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


def kept(before: State, after: State) -> State:
    """*after*; where its status says nothing, with the one that the attendance last stood by."""
    if _standing_by(after.get("status")) is not Standing.OTHER:
        return after
    stood = before.get("status") if _standing_by(before.get("status")) is not Standing.OTHER else before.get(_STOOD)
    return after if stood is None else {**after, _STOOD: stood}


def _standing(state: State | None) -> Standing:
    if state is None:
        return Standing.UNSEEN
    now = _standing_by(state.get("status"))
    return now if now is not Standing.OTHER else _standing_by(state.get(_STOOD))


@lru_cache(maxsize=256)
def _standing_by(status: str | bool | None) -> Standing:
    return _STANDINGS.get(str(status).strip().upper(), Standing.OTHER)


_STANDINGS = {
    standing.upper(): standing
    for standing in (Standing.REGISTERED, Standing.CONFIRMED, Standing.CANCELLED, Standing.WAITLISTED)
}
