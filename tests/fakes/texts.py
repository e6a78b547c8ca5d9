"""A way to text people that only remembers what it was given, and fails as it is told."""

from __future__ import annotations

import json
from collections import deque
from datetime import datetime
from typing import Any, Literal

from attrs import frozen

from ascend_core.contracts import (
    Answer,
    ChannelEvent,
    ChannelType,
    DeliveryState,
    DeliveryStatus,
    Inbound,
    Outbound,
    RawRequest,
    Receipt,
    Secret,
    SentText,
)
from ascend_core.errors import BadInput

__all__ = ["FakeChannel", "pigeon_channel"]


@frozen(kw_only=True)
class PigeonSettings:
    """What connecting asks for."""

    loft: str
    key: Secret


class FakeChannel:
    """Carrier pigeons. ``accepted`` is what they took, in order.

    ``unheard`` is what people wrote while nobody listened, ``listed`` what the pigeons remember to have taken.
    ``next_sends`` and ``next_lookups`` say what the coming calls do: an error to raise, or ``(error, "accepted")`` for
    one that is raised after the text was taken all the same. With none left, a call works.
    """

    def __init__(self) -> None:
        self.accepted: list[Outbound] = []
        self.asked: list[str] = []
        self.asked_since: list[datetime] = []
        self.next_sends: deque[Exception | tuple[Exception, str]] = deque()
        self.next_lookups: deque[Exception] = deque()
        self.unheard: list[Inbound] = []
        self.listed: list[SentText] = []

    async def check(self, settings: PigeonSettings) -> None:
        """Every loft works."""

    async def send(self, settings: PigeonSettings, text: Outbound) -> Receipt:
        fault = self.next_sends.popleft() if self.next_sends else None
        if isinstance(fault, Exception):
            raise fault
        self.accepted.append(text)
        if fault is not None:
            raise fault[0]
        return self._receipt(len(self.accepted))

    async def lookup(self, settings: PigeonSettings, text: Outbound, since: datetime) -> Receipt | None:
        self.asked.append(text.message_key)
        if self.next_lookups:
            raise self.next_lookups.popleft()
        for number, each in enumerate(self.accepted, start=1):
            if each.message_key == text.message_key:
                return self._receipt(number)
        return None

    def _receipt(self, number: int) -> Receipt:
        return Receipt(provider_id=f"P{number}", segments=1)

    async def missed(self, settings: PigeonSettings, since: datetime) -> tuple[Inbound, ...]:
        self.asked_since.append(since)
        if self.next_lookups:
            raise self.next_lookups.popleft()
        return tuple(self.unheard)

    async def sent(self, settings: Any, since: datetime, /) -> tuple[SentText, ...]:
        return tuple(text for text in self.listed if text.sent_at >= since)

    def is_genuine(self, settings: PigeonSettings, request: RawRequest) -> bool:
        return request.header("x-key") == settings.key.reveal()

    def read(self, settings: PigeonSettings, request: RawRequest) -> tuple[ChannelEvent, ...]:
        """A JSON list; each entry tells a text or a status by its fields."""
        try:
            return tuple(_event(entry) for entry in json.loads(request.body))
        except (ValueError, TypeError, KeyError) as error:
            raise BadInput("the pigeon's note cannot be read") from error

    def answer(self, settings: PigeonSettings, request: RawRequest) -> Answer:
        return Answer(body=b"coo\n")


def _event(entry: dict[str, str]) -> ChannelEvent:
    if "body" in entry:
        return Inbound(
            provider_id=entry["id"], phone=entry["phone"], body=entry["body"], keyword=_keyword(entry["body"])
        )
    return DeliveryStatus(provider_id=entry.get("id"), message_key=entry["key"], state=DeliveryState(entry["state"]))


def _keyword(body: str) -> Literal["stop", "start", "help"] | None:
    word = body.strip().lower()
    return word if word in ("stop", "start", "help") else None  # type: ignore[return-value]  # -- just compared


def pigeon_channel(channel: FakeChannel, dedupe: Literal["key", "lookup", "none"] = "lookup") -> ChannelType:
    """The pigeons as a plugin offers them."""
    return ChannelType(name="pigeon", label="Pigeon", settings=PigeonSettings, channel=channel, dedupe=dedupe)
