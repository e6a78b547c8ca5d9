"""Breaks one thing in a record, in every way a record has been seen or feared to be broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ascend_core.errors import BadInput
from ascend_mobilize.simulator.table import Record

__all__ = ["DAMAGES", "damaged", "paths_of"]

Path = Sequence[str | int]
"""The way to a value: names of members and numbers of elements."""

_GONE = object()
_LEVELS = 200
_LONG = 100_000


def _nested(_value: Any) -> Any:
    inner: Any = []
    for _ in range(_LEVELS):
        inner = [inner]
    return inner


def _times(factor: int) -> Callable[[Any], Any]:
    """Numbers only: other values become the factor."""
    return lambda value: value * factor if isinstance(value, int) and not isinstance(value, bool) else factor


def _always(made: Any) -> Callable[[Any], Any]:
    return lambda _value: made


DAMAGES: Mapping[str, Callable[[Any], Any]] = {
    "missing": _always(_GONE),
    "null": _always(None),
    "true": _always(True),
    "zero": _always(0),
    "negative": _times(-1),
    "fraction": _always(1.5),
    "not_a_number": _always(float("nan")),
    "huge_number": _always(2**63),
    "milliseconds": _times(1000),
    "number_as_text": str,
    "date_as_text": _always("2026-03-02T12:00:00Z"),
    "empty_text": _always(""),
    "new_word": _always("SHADOWED"),
    "nul_text": _always("a\0b"),
    "lone_surrogate": _always("\ud83d"),
    "long_text": _always("x" * _LONG),
    "empty_list": _always([]),
    "in_a_list": lambda value: [value],
    "list_of_null": _always([None]),
    "empty_object": _always({}),
    "in_an_object": lambda value: {"value": value},
    "nested": _nested,
}
"""By name: what becomes of the value."""


def paths_of(value: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every value inside *value*, containers before what they hold."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in inner:
        yield (*way, name)
        yield from paths_of(member, (*way, name))


def damaged(record: Record, path: Path, kind: str) -> Record:
    """A copy of *record* with the value at *path* damaged. Raises BadInput: no such damage, or nothing is there."""
    change = DAMAGES.get(kind)
    if change is None:
        raise BadInput(f"there is no damage {kind!r}; there are {', '.join(DAMAGES)}")
    if not path:
        raise BadInput('path is the way to a value, such as ["person", "phone_numbers", 0, "number"]')
    changed: Record = _with(record, path, change)
    return changed


def _with(value: Any, path: Path, change: Callable[[Any], Any]) -> Any:
    if not path:
        return change(value)
    name, *rest = path
    if isinstance(value, dict) and name in value:
        inner = _with(value[name], rest, change)
        kept = {key: member for key, member in value.items() if key != name}
        return kept if inner is _GONE else {**value, name: inner}
    if isinstance(value, list) and isinstance(name, int) and 0 <= name < len(value):
        inner = _with(value[name], rest, change)
        return [*value[:name], *([] if inner is _GONE else [inner]), *value[name + 1 :]]
    raise BadInput(f"there is nothing at {name!r}")
