"""What the parameters of bot actions and nudges are made of.

A plugin writes its parameters as an attrs class of these types; the flow room reads YAML into it, the schema is
generated from it, and the engine renders, tests and follows what it holds.
"""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Any, Literal

import attrs
from attrs import frozen

__all__ = [
    "BEHIND",
    "HEARD",
    "KEY",
    "MAIN",
    "SECRET_PLACE",
    "STARTS",
    "WRITES",
    "Condition",
    "Duration",
    "LinkSpec",
    "Moment",
    "QuietHours",
    "StepRef",
    "Steps",
    "Text",
    "WithSecrets",
    "main",
    "named",
    "param",
]

SECRET_PLACE = re.compile(r"\$\{secret\.([A-Za-z][A-Za-z0-9_]{0,99})\}")
"""Where a secret goes."""

MAIN = "ascend_main"
"""Metadata: this parameter is the value right behind the action's own key (``send: <here>``)."""
KEY = "ascend_key"
"""Metadata: the YAML key, where it cannot be the attribute's name (``else``, ``if``)."""
BEHIND = "ascend_help"
"""Metadata: one sentence for the schema and for error messages."""
WRITES = "ascend_writes"
"""Metadata: it names the member fields that the bot action gives values (a name, or names with values)."""
STARTS = "ascend_starts"
"""Metadata: it names a flow that the bot action starts. Lint warns where there is none."""
HEARD = "ascend_heard"
"""Metadata: these words are waited for in replies. Lint warns of those that the channel takes for itself."""


def main(*, default: Any = attrs.NOTHING, factory: Any = None, help: str = "") -> Any:  # noqa: A002 -- the word authors read
    """An attrs field that holds the value behind the action's own key."""
    if factory is not None:
        return attrs.field(factory=factory, metadata={MAIN: True, BEHIND: help})
    return attrs.field(default=default, metadata={MAIN: True, BEHIND: help})


def named(key: str, *, default: Any = attrs.NOTHING, help: str = "") -> Any:  # noqa: A002 -- the word authors read
    """An attrs field whose YAML key is *key* (``if``, ``else``: words Python keeps for itself)."""
    return attrs.field(default=default, metadata={KEY: key, BEHIND: help})


def param(*, default: Any = attrs.NOTHING, factory: Any = None, help: str = "", validator: Any = None) -> Any:  # noqa: A002 -- the word authors read
    """An attrs field whose *help* the schema shows."""
    if factory is not None:
        return attrs.field(factory=factory, metadata={BEHIND: help}, validator=validator)
    return attrs.field(default=default, metadata={BEHIND: help}, validator=validator)


@frozen
class Text:
    """A text with ``${path|fallback}`` in it, as the author wrote it."""

    source: str


@frozen
class WithSecrets:
    """A string for another server, as the author wrote it: each ``${secret.NAME}`` in it is filled in as the call is
    made, and nowhere else. Nothing else is: a member's data never stands beside a secret.
    """

    source: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of the secrets it calls for, in order."""
        return tuple(SECRET_PLACE.findall(self.source))

    def without_places(self) -> str:
        """What is left when every place of a secret is taken out."""
        return SECRET_PLACE.sub("", self.source)


@frozen
class Condition:
    """A CEL expression that says yes or no."""

    source: str


@frozen
class Moment:
    """A CEL expression that gives a time."""

    source: str


@frozen
class Duration:
    """A span of time, written ``15m``, ``48h``, ``1d`` or ``2w``."""

    length: timedelta


@frozen
class Steps:
    """Nested steps. *exit* is their name among the exits of the bot action that holds them."""

    exit: str


@frozen
class StepRef:
    """Another step of the flow, by its id. *exit* is its name among the exits of the bot action that holds it."""

    id: str
    exit: str


@frozen(kw_only=True)
class QuietHours:
    """Hours in which nothing is sent. ``start`` later than ``end``: across midnight. Equal: none at all."""

    start: time
    end: time
    zone: str = "member"
    """``member``: where the member is; or an IANA name."""
    then: Literal["hold", "drop"] = "hold"


@frozen(kw_only=True)
class LinkSpec:
    """A link that a message declares: its *url* (a text), and the tracker that follows it."""

    url: Text = param(help="Where it leads: https://…, or ${event.url}.")  # noqa: RUF009 -- it makes an attrs field
    track: str | None = param(default=None, help="Track click-throughs by type: the integration that follows it.")
