"""A flow and an automation as values, whichever way they were written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal

from attrs import field, frozen

from ascend_core.contracts import Condition, QuietHours, Text

__all__ = ["ABTest", "Automation", "Flow", "Nudge", "Step", "Unread", "all_steps"]


@frozen(kw_only=True)
class Nudge:
    """A follow-up attached to one step."""

    path: str
    """``<path of the step>.nudges.<index>``."""
    type: str
    """Empty: a stored nudge that this release cannot read. It keeps its place, and is never sent."""
    after: timedelta
    """From the moment the member reached the step."""
    text: Text
    link: str | None = None
    condition: Condition | None = None
    quiet_hours: QuietHours | None = None
    expires: timedelta | datetime | None = None
    """A length counts from the moment the member reached the step; a time is aware."""


@frozen
class Unread:
    """What stands for the parameters of a stored step that this release cannot read: a run that comes to it fails."""

    why: str
    """The first problem of it: its code and message."""


@frozen(kw_only=True)
class Step:
    """One bot action at its place in the tree."""

    path: str
    """``0``, or ``1.replies.0.then.2``: indexes of steps, and between them the names of exits."""
    id: str | None
    action: str
    params: object
    """An instance of the action's parameter class, or ``Unread``."""
    nudges: tuple[Nudge, ...]
    inner: Mapping[str, tuple[Step, ...]]
    """The nested steps, by exit (``replies.0.then``)."""
    refs: Mapping[str, str] = field(factory=dict)
    """The ids of the steps it may jump to, by exit."""
    line: int
    """In the file, from 1."""


@frozen(kw_only=True)
class Flow:
    """A whole flow, checked."""

    name: str
    title: str
    spec: int
    steps: tuple[Step, ...]
    expires: timedelta | None
    """A run lapses this long after it started."""
    reentry: Literal["skip", "restart", "parallel"]
    stop_when: tuple[str, ...]
    """Triggers that end the run at once, its pending nudges with it."""
    quiet_hours: QuietHours | None
    min_gap: timedelta | None = None
    """No nudge of this flow follows another nudge to the same member sooner; None: as the product is set."""
    links_url: str | None = None
    """The address that its short links have, without a slash at the end; None: the product's usual one."""
    source: str
    """The YAML text."""
    digest: str
    """SHA-256, in hexadecimal, of what the flow says: comments, order of keys and layout do not count."""


@frozen(kw_only=True)
class ABTest:
    """A test over several flows; the weights are relative."""

    name: str
    arms: Mapping[str, int]


@frozen(kw_only=True)
class Automation:
    """What starts a flow: exactly one of *run* and *ab_test* is there."""

    name: str
    trigger: str
    form: str = "any"
    """``any``, or a form's key, URL or exact name."""
    once_per: tuple[str, ...] = ("member", "form")
    run: str | None
    ab_test: ABTest | None
    add_to_groups: tuple[str, ...]
    source: str


def all_steps(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step of a tree, each before the ones nested in it, in the order of the document."""
    for step in steps:
        yield step
        for inner in step.inner.values():
            yield from all_steps(inner)
