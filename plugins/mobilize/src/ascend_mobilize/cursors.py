"""Cursors: where the reading of one of Mobilize's lists stands, as text that the core keeps for us."""

from __future__ import annotations

import json
from typing import Any

from attrs import evolve, frozen

from ascend_core.errors import BadInput, Refused
from ascend_mobilize.reading import Node

__all__ = ["OVERLAP_SECONDS", "Pull", "dump_pulls", "load_pulls"]

OVERLAP_SECONDS = 120
"""Asked again with each pull. Whether ``updated_since`` includes its own second is undocumented, a second holds many
changes, and a server behind a replica may show a change late. Records met twice are recognised by their key."""


@frozen(kw_only=True)
class Pull:
    """One reading of a list from its first page to its last. Times are Unix seconds of Mobilize's.

    *high* is the newest change known to be read completely: the next pull starts there, less the overlap. It never
    passes *started*, when this pull began: a record that changed behind our back, on a page already read, must be met
    by the next pull (and a record dated in the future must not hide all others).
    """

    asked: int | None = None
    """The ``updated_since`` of this pull; None: everything."""
    high: int | None = None
    started: int
    next: str | None = None
    """The page to go on with, as Mobilize named it; None: the first."""

    def read(self, *, newest: int | None, following: str | None) -> Pull:
        """This pull after a page whose newest change is *newest* and whose next page is *following*."""
        capped = None if newest is None else min(newest, self.started)
        known = [second for second in (self.high, capped) if second is not None]
        return evolve(self, high=max(known, default=None), next=following)

    def again(self, *, now: int) -> Pull:
        """The pull to go on with: this one, where it stopped in the middle; else the one that follows it."""
        if self.next is not None:
            return self
        return Pull(
            asked=None if self.high is None else max(0, self.high - OVERLAP_SECONDS), high=self.high, started=now
        )


def dump_pulls(pulls: dict[str, Pull], *, at: str) -> str:
    """A cursor: each list's pull by name, and the list *at* which to go on."""
    lists = {name: _plain(pull) for name, pull in sorted(pulls.items())}
    return json.dumps({"at": at, "lists": lists}, sort_keys=True)


def load_pulls(cursor: str) -> tuple[str, dict[str, Pull]]:
    """What ``dump_pulls`` made a cursor of. Raises Refused when it is not one of ours."""
    try:
        root = Node(json.loads(cursor))
        at, lists = root["at"].text(), root["lists"]
        if at is None or not isinstance(lists.value, dict):
            raise BadInput("a member is missing")
        return at, {name: _pull(lists[name]) for name in lists.value}
    except (ValueError, BadInput):
        raise Refused(
            "The saved place in Mobilize's lists cannot be read. Fetch everything again to set it right.",
            reason="bad_cursor",
        ) from None


def _plain(pull: Pull) -> dict[str, Any]:
    values = {"asked": pull.asked, "high": pull.high, "started": pull.started, "next": pull.next}
    return {name: value for name, value in values.items() if value is not None}


def _pull(node: Node) -> Pull:
    started = node["started"].number()
    if started is None:
        raise BadInput(f"field {node.path}.started: expected a whole number")
    return Pull(asked=node["asked"].number(), high=node["high"].number(), started=started, next=node["next"].text())
