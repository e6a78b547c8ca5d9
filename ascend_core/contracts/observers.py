"""Observers: told after commit; they can change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from ascend_core.contracts.members import FieldValue

__all__ = ["Observer", "ObserverType", "Told"]


@frozen(kw_only=True)
class Told:
    """Something that was committed: *what* (``run.started``, ``message.sent``, …), when, and ids. No personal data."""

    what: str
    at: datetime
    ids: Mapping[str, FieldValue] = field(factory=dict)


class Observer(Protocol):
    """Hears what happened. An exception it raises is recorded and stops nothing."""

    def __call__(self, told: tuple[Told, ...], /) -> None: ...


@frozen(kw_only=True)
class ObserverType:
    """A named observer."""

    name: str
    tell: Observer
