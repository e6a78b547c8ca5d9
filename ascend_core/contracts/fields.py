"""Fields: how an integration's data reaches a member."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen
from msgspec import Struct

__all__ = ["DefaultMapping", "FieldMapperType", "FieldReading"]


@frozen(kw_only=True)
class DefaultMapping:
    """A source field that always maps to one core field of a member; people choose only how it syncs."""

    source: str
    label: str
    target: str
    """``first_name``, ``last_name``, ``email`` or ``zip``."""


class FieldReading(Struct, frozen=True, kw_only=True, gc=False):
    """One value found in a submission. ``source`` is stable; *label* is what a person calls it."""

    source: str
    label: str
    value: str | bool | None
    custom: bool = False
    """True: not among the defaults; it appears under *Additional mappings* once met."""


@frozen(kw_only=True)
class FieldMapperType:
    """How the fields of one integration's submissions are read."""

    name: str
    integration: str
    defaults: tuple[DefaultMapping, ...] = field(converter=tuple)
    read: Callable[[Mapping[str, Any]], tuple[FieldReading, ...]]
    """Reads ``Submission.fields``, or a ``Person``'s; pure."""
