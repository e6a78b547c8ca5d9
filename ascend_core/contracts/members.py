"""What plugins see of a member, a form and a run. Read-only pictures, taken once per decision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

__all__ = ["FieldValue", "FormView", "MemberView", "RunView"]

FieldValue = str | int | float | bool | None


class MemberView(Struct, frozen=True, kw_only=True, gc=False):
    """A person we may text. ``fields`` holds the core fields (``first_name``, …) and the people-defined ones."""

    id: int
    phone: str
    """E.164."""
    fields: Mapping[str, FieldValue] = {}
    groups: frozenset[str] = frozenset()
    zones: tuple[str, ...] = ()
    """IANA names of every zone the member may be in; empty: unknown."""
    states: tuple[str, ...] = ()
    """Two letters of every state of the United States the member may be in; empty: unknown."""
    subscribed: bool = True


class FormView(Struct, frozen=True, kw_only=True, gc=False):
    """The form (and the slot) a run is about."""

    id: int
    key: str
    name: str
    url: str | None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    timezone: str | None = None
    location: str = ""
    deleted: bool = False


class RunView(Struct, frozen=True, kw_only=True, gc=False):
    """The run itself, as flows may speak of it."""

    id: int
    flow: str
    started_at: datetime
