"""A flow test as values: who it is about, and what is done and expected, each entry at its place in the file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import field, frozen

from ascend_core.rehearsal.cast import Cast

__all__ = [
    "Action",
    "Click",
    "Ends",
    "Enter",
    "Entry",
    "Expect",
    "FlowTest",
    "FlowTests",
    "Happens",
    "Quiet",
    "Reply",
    "State",
    "Submit",
    "Wait",
]


@frozen
class Expect:
    """The next text that nobody has looked at is this one; ``*`` stands for anything, ``<form>`` for that link."""

    text: str


@frozen
class Click:
    """The member opens the newest link of that name; None: the newest."""

    link: str | None


@frozen
class Submit:
    """The member fills in the form behind that link; None: the event's form, without a link."""

    link: str | None


@frozen
class Reply:
    """The member writes this."""

    text: str


@frozen
class Wait:
    """Time passes: so long, or until then (aware)."""

    time: timedelta | datetime


@frozen
class Quiet:
    """So long passes and no text comes."""

    time: timedelta


@frozen
class Ends:
    """The newest run is over, for that reason if one is named."""

    reason: str | None


@frozen
class Happens:
    """This trigger fires for the sign-up that brought the member here."""

    trigger: str


@frozen
class Enter:
    """The member enters the flow once more."""


@frozen(kw_only=True)
class State:
    """What is known of the member; what is not named may be anything. A field without a value is empty."""

    groups: tuple[str, ...] = ()
    not_in_groups: tuple[str, ...] = ()
    fields: Mapping[str, str | None] = field(factory=dict)


Action = Expect | Click | Submit | Reply | Wait | Quiet | Ends | Happens | Enter | State


@frozen(kw_only=True)
class Entry:
    """One line of a script. *line* and *column* count from 1."""

    action: Action
    line: int
    column: int


@frozen(kw_only=True)
class FlowTest:
    """One story."""

    name: str
    cast: Cast
    script: tuple[Entry, ...]
    line: int


@frozen(kw_only=True)
class FlowTests:
    """A file of stories about one flow."""

    file: str
    flow: str
    tests: tuple[FlowTest, ...]
    line: int
    column: int
    """Where the flow is named."""
