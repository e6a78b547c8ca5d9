"""How lively the simulated Mobilize is: what people, hosts and nightly jobs do by themselves, and how likely."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from attrs import field, frozen, validators

from ascend_core.errors import BadInput

__all__ = ["Scenario", "read_scenario"]


def _share(default: float) -> Any:
    return _between(default, 0, 1)


def _a_day(default: float) -> Any:
    return _between(default, 0, 10_000)


def _between(default: float, least: float, most: float) -> Any:
    kinds: list[Any] = [validators.instance_of((int, float)), validators.not_(validators.instance_of(bool))]
    return field(default=default, validator=[*kinds, validators.ge(least), validators.le(most)])


@frozen(kw_only=True)
class Scenario:
    """Shares are from 0 to 1. The same seed, and the same actions from outside, the same life."""

    running: bool = field(default=False, validator=validators.instance_of(bool))
    """Whether anything happens by itself as time passes."""
    seed: int = field(default=1, validator=[validators.instance_of(int), validators.ge(0)])

    sign_ups_a_day: float = _a_day(0)
    """Invented people who sign up, on average."""
    opts_in: float = _share(0.8)
    """Of them, those who tick the box."""
    again: float = _share(0.05)
    """Of them, those who had signed up for the very same shift before: another row."""
    promoted: float = _share(0.05)
    """Of them, those who come by a partner's promotion."""
    masked: float = _share(0.03)
    """Of them, those who are hidden behind the firewall."""

    confirms: float = _share(0.4)
    """Of the registered, who says yes when asked at 11:00 on the day before."""
    cancels: float = _share(0.12)
    """Of the registered, who says no then."""
    cancels_late: float = _share(0.03)
    """Of those who are still expected, who cancels at 8:00 on the day itself."""
    answers: float = _share(0.6)
    """Of those who were expected, who answers the survey that is sent an hour after the end."""
    attends: float = _share(0.8)
    """Of those of whom it is known, who was there."""
    writes: float = _share(0.3)
    """Of those who answer, who also writes something."""
    host_marks: float = _share(0.5)
    """Of those who did not answer, whom the host marks at 10:00 on the day after."""
    flips: float = _share(0.05)
    """Of those who are marked, whose mark the host turns round then."""
    cancelled_attends: float = _share(0.02)
    """Of those who cancelled, who came all the same."""
    gets_a_seat: float = _share(0.7)
    """Of the wait-listed for whom there is a place, whom the host lets in at 10:00, in the order they came."""

    touched: float = _share(0.1)
    """Of the rows near their shift, those whose date of change a nightly job moves, and nothing else."""
    synced: float = _share(0.1)
    """Of those rows, those to which a nightly sync with a voter file gives a status or a mark."""
    edits: float = _share(0.01)
    """Of all people, who changes phone or zip on a day."""
    renamed: float = _share(0.02)
    """Of the events to come, which get another title on a day."""
    deleted: float = _share(0.005)
    """Of the events to come, which are deleted on a day."""
    restored: float = _share(0.3)
    """Of the deleted, which come back on a day."""


def read_scenario(wish: Mapping[str, Any], before: Scenario) -> Scenario:
    """*before* with what *wish* (JSON) changes. Raises BadInput."""
    known = [each.name for each in attrs.fields(Scenario)]
    unknown = [name for name in wish if name not in known]
    if unknown:
        raise BadInput(f"a scenario has no {unknown[0]!r}; it has {', '.join(known)}")
    try:
        return attrs.evolve(before, **wish)
    except (TypeError, ValueError):
        raise BadInput(
            "running is true or false, seed a whole number, sign_ups_a_day a number, everything else a share of 0 to 1"
        ) from None
