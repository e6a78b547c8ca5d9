"""Checks one offer of a plugin: its type, its name, and that its parts are of the sort the core will use."""

from __future__ import annotations

import inspect
import re
from typing import Any

import attrs

from ascend_core.contracts import (
    BotActionType,
    ChannelType,
    CommandType,
    FieldMapperType,
    GateType,
    IntegrationType,
    LinkTrackerType,
    NudgeType,
    ObserverType,
    TriggerType,
    WebhookType,
)
from ascend_core.host.kinds import Kind

__all__ = ["fault_of"]

_OFFER_NAME = re.compile(r"[a-z][a-z0-9_.]*")
_SOURCE = ("check", "forms", "submissions", "activities")
_CHANNEL = ("check", "send", "lookup", "is_genuine", "read", "answer")
_TRACKER = ("claims", "form_key", "mark", "token_of")


def fault_of(kind: Kind, offer: object) -> str | None:
    """What is wrong with *offer* of *kind*, as the rest of a sentence that begins with the hook; None: nothing."""
    if not isinstance(offer, kind.offer):
        return f"gives a {type(offer).__name__}, not a {kind.offer.__name__}"
    name: object = getattr(offer, "name", None)
    if not isinstance(name, str) or not _OFFER_NAME.fullmatch(name):
        return f"gives the name {name!r}; a name is lower-case letters, digits, underscores and dots"
    fault = _fault_inside(offer)
    return None if fault is None else f"gives '{name}', whose {fault}"


def _fault_inside(offer: object) -> str | None:
    match offer:
        case IntegrationType():
            kept = None if offer.kept is None else _plain("kept", offer.kept)
            return _account(offer) or _methods("source", offer.source, _SOURCE) or kept
        case TriggerType():
            whole = f"{offer.integration}.{offer.activity}"
            return None if offer.name == whole else f"name must be its integration and activity, '{whole}'"
        case BotActionType():
            return _values("params", offer.params) or _plain("run", offer.run)
        case NudgeType():
            return _plain("still_owed", offer.still_owed)
        case LinkTrackerType():
            return _methods("tracker", offer.tracker, _TRACKER)
        case FieldMapperType():
            return _plain("read", offer.read)
        case ChannelType():
            return _values("settings", offer.settings) or _methods("channel", offer.channel, _CHANNEL)
        case GateType():
            return _plain("gate", offer.gate)
        case ObserverType():
            return _plain("tell", offer.tell)
        case WebhookType():
            return _callable("handle", offer.handle)
        case CommandType():
            return _plain("make", offer.make)
        case _:
            return None


def _values(part: str, given: object) -> str | None:
    return None if isinstance(given, type) and attrs.has(given) else f"{part} is not an attrs class"


def _account(offer: IntegrationType) -> str | None:
    if fault := _values("account", offer.account):
        return fault
    fields = attrs.fields_dict(offer.account)
    return None if offer.key in fields else f"key '{offer.key}' is no field of its account"


def _callable(part: str, given: object) -> str | None:
    return None if callable(given) else f"{part} cannot be called"


def _plain(part: str, given: Any) -> str | None:
    if fault := _callable(part, given):
        return fault
    if inspect.iscoroutinefunction(given) or inspect.iscoroutinefunction(type(given).__call__):
        return f"{part} is async; it must decide without awaiting"
    return None


def _methods(part: str, given: object, wanted: tuple[str, ...]) -> str | None:
    missing = [method for method in wanted if not callable(getattr(given, method, None))]
    return f"{part} lacks {', '.join(missing)}" if missing else None
