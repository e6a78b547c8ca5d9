"""Texts as the carrier knows them. Plain values that can be written as JSON and read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

__all__ = ["CarrierText", "InboundText", "Message", "Step"]


def _moment(value: str | datetime) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _steps(values: Iterable[Step | Mapping[str, Any]]) -> tuple[Step, ...]:
    return tuple(value if isinstance(value, Step) else Step(**value) for value in values)


def _strings(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@frozen(kw_only=True)
class Step:
    """A status the message will have from *due_at* (aware, UTC) on."""

    status: str
    due_at: datetime = field(converter=_moment)
    error_code: int | None = None


@frozen(kw_only=True)
class Message:
    """An accepted text to a phone. What becomes of it is settled when it is accepted."""

    sid: str
    number: str
    """Our side of the conversation."""
    to: str
    body: str
    segments: int
    media: tuple[str, ...] = field(default=(), converter=_strings)
    service_sid: str | None = None
    callback_url: str | None = None
    status: str
    """The initial one, which no callback tells."""
    accepted_at: datetime = field(converter=_moment)
    starts_at: datetime = field(converter=_moment)
    """When the sender's queue reaches it."""
    steps: tuple[Step, ...] = field(converter=_steps)
    """What follows, in order."""

    @property
    def at(self) -> datetime:
        """When it came to be, as of the other kinds of texts."""
        return self.accepted_at


@frozen(kw_only=True)
class InboundText:
    """A text somebody wrote to our number."""

    sid: str
    key: str
    phone: str
    number: str
    body: str
    segments: int
    media: tuple[str, ...] = field(default=(), converter=_strings)
    opt_out_type: str | None = None
    at: datetime = field(converter=_moment)


@frozen(kw_only=True)
class CarrierText:
    """A text the carrier sent by itself: it confirms STOP and START and answers HELP."""

    phone: str
    number: str
    body: str
    at: datetime = field(converter=_moment)
