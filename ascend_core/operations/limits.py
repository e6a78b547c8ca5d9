"""How fast and how often texts leave: what the channel knows of its sender, and what people set for it and for members.

Kept in the database, so that every worker goes by the same ones at once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from ascend_core.contracts import Caps, ChannelType, Sender
from ascend_core.errors import BadInput
from ascend_core.operations.core import Core
from ascend_core.store.database import Tx
from ascend_core.store.settings import put_setting, settings_named

__all__ = ["CAPS", "caps_from", "member_caps", "sender_from", "sender_setting", "set_caps", "set_sender_limits"]

CAPS = "caps"
"""The name of the setting for all members."""


def sender_setting(channel: str) -> str:
    """The name of the setting for a channel's sender."""
    return f"sender:{channel}"


def sender_from(type_: ChannelType, settings: Any, stored: dict[str, Any]) -> Sender | None:
    """Whom texts come from, and how fast they may leave; None: nobody limits it. What people set goes first."""
    if type_.sender is None and not stored:
        return None
    known = type_.sender(settings) if type_.sender is not None else Sender(key=type_.name)
    return attrs.evolve(known, **stored)


def caps_from(stored: dict[str, Any]) -> Caps:
    """How much one member is texted."""
    values = dict(stored)
    if values.get("repeat_after") is not None:
        values["repeat_after"] = timedelta(seconds=values["repeat_after"])
    return attrs.evolve(Caps(), **values)


def member_caps(tx: Tx) -> Caps:
    """How much one member is texted, as it is set now."""
    return caps_from(settings_named(tx, CAPS)[CAPS])


def set_sender_limits(core: Core, channel: str, **changes: Any) -> dict[str, Any]:
    """Set ``per_second``, ``burst``, ``per_day`` or ``day_zone`` of a channel's sender; what is set to None is again
    as the channel knows it, but ``per_day=0`` says: no day's limit. Raises BadInput. Returns what is set now."""
    for name in ("per_second", "burst"):
        if changes.get(name) is not None and not 0 < changes[name] <= 10_000:
            raise BadInput(f"{name.replace('_', ' ')} must be more than 0 and at most 10,000 segments")
    if changes.get("day_zone") is not None:
        _check_zone(changes["day_zone"])
    name = sender_setting(channel)

    def work(tx: Tx) -> dict[str, Any]:
        stored = {**settings_named(tx, name)[name], **changes}
        stored = {key: value for key, value in stored.items() if value is not None}
        put_setting(tx, name, stored)
        return stored

    return core.database.write(work)


def set_caps(core: Core, **changes: Any) -> Caps:
    """Set ``per_day``, ``answers_per_hour`` or ``repeat_after`` (a timedelta) for every member. None: no limit.

    Raises BadInput. Returns the caps as they are now.
    """
    for name in ("per_day", "answers_per_hour"):
        if changes.get(name) is not None and changes[name] < 1:
            raise BadInput(f"{name.replace('_', ' ')} must be at least 1; leave texts out by pausing their automation")
    if isinstance(changes.get("repeat_after"), timedelta):
        changes["repeat_after"] = changes["repeat_after"].total_seconds()

    def work(tx: Tx) -> Caps:
        stored = {**settings_named(tx, CAPS)[CAPS], **changes}
        put_setting(tx, CAPS, stored)
        return caps_from(stored)

    return core.database.write(work)


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"there is no time zone '{name}'; write one like America/Los_Angeles") from error
