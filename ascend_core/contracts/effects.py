"""What a bot action asks for. The engine collects effects; one transaction carries them out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from attrs import field, frozen
from msgspec import Struct

from ascend_core.contracts.flows import QuietHours
from ascend_core.contracts.members import FieldValue

__all__ = [
    "AddToGroups",
    "Body",
    "CallWebhook",
    "Effect",
    "EndRun",
    "HandOff",
    "LinkRef",
    "OptOut",
    "RemoveFromGroups",
    "SendText",
    "SetFields",
    "StartFlow",
    "StartTimer",
    "TakeArm",
    "Trace",
    "TrackedUrl",
]


@frozen
class LinkRef:
    """The place of a declared link in a text; its short URL is made when the message is."""

    name: str


Body = tuple[str | LinkRef, ...]
"""A rendered text: strings, and the places where links go."""


class TrackedUrl(Struct, frozen=True, kw_only=True, gc=False):
    """A rendered link: where it leads and who tracks it."""

    name: str
    url: str
    tracker: str | None = None


class SendText(Struct, frozen=True, kw_only=True, gc=False):
    """Send *body* to the run's member. One intent: it is sent at most once."""

    body: Body
    links: tuple[TrackedUrl, ...] = ()
    quiet_hours: QuietHours | None = None
    expires_at: datetime | None = None
    reply: bool = False
    """True: it answers what the member just wrote, so quiet hours do not hold it."""


@frozen(kw_only=True)
class SetFields:
    """Give the member's fields these values."""

    values: Mapping[str, FieldValue]


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)


@frozen(kw_only=True)
class AddToGroups:
    """Add the member to groups, by name; a group that does not exist is made."""

    names: tuple[str, ...] = field(converter=_in_order)


@frozen(kw_only=True)
class RemoveFromGroups:
    """Take the member out of groups, by name."""

    names: tuple[str, ...] = field(converter=_in_order)


@frozen(kw_only=True)
class StartTimer:
    """Wake the run at *due_at*, unless it has moved on by then (the timer carries the sprint it belongs to).

    *follows_event*: the run is also woken when the times of its event change, so that the action can look again; it is
    before *due_at* then.
    """

    due_at: datetime
    follows_event: bool = False


@frozen(kw_only=True)
class StartFlow:
    """Start another flow for the member, about the same form; that flow's own re-entry rule counts."""

    flow: str


@frozen(kw_only=True)
class HandOff:
    """Open a conversation that waits for a person. *note* tells them what it is about."""

    note: str = ""


@frozen(kw_only=True)
class OptOut:
    """The member wants no more texts: as if they had sent STOP, the one confirmation included."""


@frozen(kw_only=True)
class TakeArm:
    """The member is in *arm* of the A/B test *test*; it is kept, so that reports can compare the arms."""

    test: str
    arm: str


@frozen(kw_only=True)
class CallWebhook:
    """Call another server once this is committed, and come back to the step with an ``Answered``.

    At least once: after a crash the same call is made again, with the same ``Idempotency-Key``.
    """

    url: str
    method: Literal["POST", "PUT", "PATCH", "GET"] = "POST"
    headers: Mapping[str, str] = field(factory=dict)
    secrets: tuple[str, ...] = ()
    """The names of the secrets that stand as ``${secret.NAME}`` in *url* and *headers*: they are filled in as the call
    is made. Name only what an author wrote (``WithSecrets.secrets``)."""
    document: Mapping[str, FieldValue] | None = None
    """The JSON body; None: none."""


class EndRun(Struct, frozen=True, kw_only=True, gc=False):
    """End the run here. *cancel_nudges* tells whether nudges that still wait die with it."""

    reason: str
    cancel_nudges: bool = False


class Trace(Struct, frozen=True, kw_only=True, gc=False):
    """A line for the run's trace: what happened at a step and why. No personal data beyond the run's own."""

    kind: Literal["action", "branch", "wait", "reply", "timer", "answer", "problem", "end", "nudge"]
    step: str | None
    detail: Mapping[str, FieldValue] = {}


Effect = (
    SendText
    | SetFields
    | AddToGroups
    | RemoveFromGroups
    | StartTimer
    | StartFlow
    | HandOff
    | OptOut
    | TakeArm
    | CallWebhook
    | EndRun
    | Trace
)
