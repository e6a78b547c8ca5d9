"""Query parameters, read the way Mobilize reads them: unknown ones are ignored, unreadable known ones answer 400."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Literal

from attrs import frozen
from starlette.datastructures import QueryParams

from ascend_mobilize.simulator.errors import ErrorAnswer

__all__ = ["Bound", "bounds", "choices", "flag", "integer", "integers", "within"]

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_BOUND = re.compile(r"(gte|gt|lte|lt)_(now|[0-9]{1,18})")
_NO_INTEGER = "A valid integer is required."
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


@frozen
class Bound:
    """One comparison with a time in Unix seconds."""

    sign: Literal["gte", "gt", "lte", "lt"]
    at: int

    def holds(self, when: int) -> bool:
        """Whether *when* lies on the asked side."""
        match self.sign:
            case "gte":
                return when >= self.at
            case "gt":
                return when > self.at
            case "lte":
                return when <= self.at
            case "lt":
                return when < self.at


def within(when: object, limits: Iterable[Bound]) -> bool:
    """Whether the time *when* holds all *limits*; what is no time holds none."""
    return all(isinstance(when, int) and limit.holds(when) for limit in limits)


def integer(query: QueryParams, name: str) -> int | None:
    """One whole number; None: not asked for. Raises ErrorAnswer(400)."""
    value = query.get(name)
    if value is None:
        return None
    if not _INTEGER.fullmatch(value):
        raise ErrorAnswer(400, {name: [_NO_INTEGER]})
    return int(value)


def integers(query: QueryParams, name: str) -> tuple[int, ...]:
    """Each time *name* is given, a whole number. Raises ErrorAnswer(400) that names each wrong one by its index."""
    values = query.getlist(name)
    wrong = {str(i): [_NO_INTEGER] for i, value in enumerate(values) if not _INTEGER.fullmatch(value)}
    if wrong:
        raise ErrorAnswer(400, {name: wrong})
    return tuple(int(value) for value in values)


def choices(query: QueryParams, name: str, allowed: Collection[str], kind: str) -> tuple[str, ...]:
    """Each time *name* is given, one of *allowed*. A comma joins nothing here. Raises ErrorAnswer(400)."""
    values = query.getlist(name)
    wrong = {str(i): [f"{value} is not a valid {kind}"] for i, value in enumerate(values) if value not in allowed}
    if wrong:
        raise ErrorAnswer(400, {name: wrong})
    return tuple(values)


def flag(query: QueryParams, name: str) -> bool | None:
    """True or false; None: not asked for. Raises ErrorAnswer(400)."""
    value = query.get(name)
    if value is None:
        return None
    if value.lower() not in _FLAGS:
        raise ErrorAnswer(400, {name: ["Must be a valid boolean."]})
    return _FLAGS[value.lower()]


def bounds(query: QueryParams, name: str, now: int) -> tuple[Bound, ...]:
    """Each comparison given for *name*, such as ``gte_now``. A mistyped one filters nothing, as it does there."""
    found = (_BOUND.fullmatch(value) for value in query.getlist(name))
    return tuple(_bound(m[1], now if m[2] == "now" else int(m[2])) for m in found if m)


def _bound(sign: str, at: int) -> Bound:
    match sign:
        case "gte" | "gt" | "lte" | "lt":
            return Bound(sign, at)
        case _:
            raise ValueError(sign)
