"""What happened at the carrier, as it is written to the journal: the state is these, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from attrs import asdict, field, frozen

from ascend_sms.simulator.messages import CarrierText, InboundText, Message
from ascend_sms.simulator.phones import PhoneKind

__all__ = [
    "Accepted",
    "Answered",
    "Changed",
    "ConsentChanged",
    "Event",
    "PhoneSet",
    "Posted",
    "Received",
    "Said",
    "event_from_json",
    "event_to_json",
]


def _moment(value: str | datetime) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _message(value: Message | Mapping[str, Any]) -> Message:
    return value if isinstance(value, Message) else Message(**value)


def _inbound(value: InboundText | Mapping[str, Any]) -> InboundText:
    return value if isinstance(value, InboundText) else InboundText(**value)


def _carrier_text(value: CarrierText | Mapping[str, Any]) -> CarrierText:
    return value if isinstance(value, CarrierText) else CarrierText(**value)


@frozen(kw_only=True)
class Accepted:
    """A message was taken."""

    message: Message = field(converter=_message)


@frozen(kw_only=True)
class Posted:
    """The callback for one of a message's steps is done: it was answered, lost on purpose or given up."""

    sid: str
    step: int


@frozen(kw_only=True)
class Received:
    """Somebody wrote."""

    text: InboundText = field(converter=_inbound)


@frozen(kw_only=True)
class Answered:
    """The webhook for an inbound text is done: answered with *status*, or given up (None)."""

    sid: str
    status: int | None


@frozen(kw_only=True)
class Said:
    """The carrier sent a text of its own."""

    text: CarrierText = field(converter=_carrier_text)


@frozen(kw_only=True)
class ConsentChanged:
    """The pair was opted out, or in again."""

    number: str
    phone: str
    opted_out: bool


@frozen(kw_only=True)
class Changed:
    """The account holder changed a message: *to* is canceled, redacted or deleted."""

    sid: str
    to: str
    at: datetime = field(converter=_moment)


@frozen(kw_only=True)
class PhoneSet:
    """Somebody decided what a phone is."""

    phone: str
    kind: PhoneKind = field(converter=PhoneKind)


Event: TypeAlias = Accepted | Posted | Received | Answered | Said | ConsentChanged | Changed | PhoneSet

_TYPES: dict[str, type[Event]] = {
    kind.__name__: kind for kind in (Accepted, Posted, Received, Answered, Said, ConsentChanged, Changed, PhoneSet)
}


def event_to_json(event: Event) -> dict[str, Any]:
    """*event* as JSON-able values: its own fields, and its type's name under ``event``."""
    return {"event": type(event).__name__, **asdict(event, value_serializer=_plain)}


def event_from_json(row: Mapping[str, Any]) -> Event:
    """Read what :func:`event_to_json` wrote.

    Raises KeyError, TypeError or ValueError: *row* is something else.
    """
    fields = dict(row)
    return _TYPES[fields.pop("event")](**fields)


def _plain(_owner: Any, _attribute: Any, value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
