"""The carrier's memory: events folded into what is true now."""

from __future__ import annotations

import heapq
from datetime import datetime
from typing import assert_never

from ascend_sms.simulator.events import (
    Accepted,
    Answered,
    Changed,
    ConsentChanged,
    Event,
    PhoneSet,
    Posted,
    Received,
    Said,
)
from ascend_sms.simulator.messages import CarrierText, InboundText, Message, Step
from ascend_sms.simulator.phones import PhoneKind

__all__ = ["CarrierState"]

_INITIAL = -1
"""Place of the initial status, before the first of a message's steps."""


class CarrierState:
    """What is known. Only :meth:`apply` changes it. Not safe for threads: the carrier locks."""

    def __init__(self) -> None:
        self.log: list[Message | InboundText | CarrierText] = []
        """Every text, in both directions, in order."""
        self.log_by_phone: dict[str, list[Message | InboundText | CarrierText]] = {}
        self.accepted: list[Message] = []
        self.messages: dict[str, Message] = {}
        self.inbound: dict[str, InboundText] = {}
        self.inbound_status: dict[str, int | None] = {}
        """What the webhook answered, by sid; no entry: not done yet. None: given up."""
        self.unanswered: dict[str, InboundText] = {}
        """Inbound texts whose webhook is not done, oldest first."""
        self.last_by_number: dict[str, Message] = {}
        """The message each of our numbers queued last."""
        self.accepted_by_phone: dict[str, int] = {}
        self.opted_out: set[tuple[str, str]] = set()
        self.kinds: dict[str, PhoneKind] = {}
        self.changes: dict[str, dict[str, datetime]] = {}
        """When a message was canceled, redacted or deleted."""
        self.posted: set[tuple[str, int]] = set()
        self._due: list[tuple[datetime, str, int]] = []

    def apply(self, event: Event) -> None:
        """Take note of *event*."""
        match event:
            case Accepted(message=message):
                self._accept(message)
            case Posted(sid=sid, step=step):
                self.posted.add((sid, step))
            case Received(text=text):
                self.inbound[text.sid] = self.unanswered[text.sid] = text
                self._record(text.phone, text)
            case Answered(sid=sid, status=status):
                self.inbound_status[sid] = status
                self.unanswered.pop(sid, None)
            case Said(text=said):
                self._record(said.phone, said)
            case ConsentChanged(number=number, phone=phone, opted_out=opted_out):
                (self.opted_out.add if opted_out else self.opted_out.discard)((number, phone))
            case Changed(sid=sid, to=to, at=at):
                self.changes.setdefault(sid, {})[to] = at
            case PhoneSet(phone=phone, kind=kind):
                self.kinds[phone] = kind
            case _:
                assert_never(event)

    def status_of(self, message: Message, now: datetime) -> Step:
        """The status *message* has at *now*: the last step that is due, or that a callback told already."""
        if "canceled" in self.changes.get(message.sid, {}):
            return Step(status="canceled", due_at=self.changes[message.sid]["canceled"])
        place = max(
            (n for n, step in enumerate(message.steps) if step.due_at <= now or (message.sid, n) in self.posted),
            default=_INITIAL,
        )
        if place == _INITIAL:
            return Step(status=message.status, due_at=message.accepted_at)
        return message.steps[place]

    def body_of(self, text: Message | InboundText | CarrierText) -> str:
        """The body, unless it was redacted."""
        redacted = not isinstance(text, CarrierText) and "redacted" in self.changes.get(text.sid, {})
        return "" if redacted else text.body

    def is_deleted(self, sid: str) -> bool:
        """Tell whether the account holder deleted the message."""
        return "deleted" in self.changes.get(sid, {})

    def next_callback(self) -> tuple[datetime, str, int] | None:
        """The callback that is due first: when, whose, which step. It stays until it is done or postponed."""
        while self._due:
            due_at, sid, step = self._due[0]
            if (sid, step) not in self.posted and "canceled" not in self.changes.get(sid, {}):
                return due_at, sid, step
            heapq.heappop(self._due)
        return None

    def take_callback(self) -> None:
        """Put the first callback aside; :meth:`put_back` returns it."""
        heapq.heappop(self._due)

    def put_back(self, due_at: datetime, sid: str, step: int) -> None:
        """Have the callback for *step* due at *due_at*."""
        heapq.heappush(self._due, (due_at, sid, step))

    def _accept(self, message: Message) -> None:
        self._record(message.to, message)
        if message.status != "scheduled" and message.steps[0].status != "failed":
            self.last_by_number[message.number] = message
        self.accepted.append(message)
        self.messages[message.sid] = message
        self.accepted_by_phone[message.to] = self.accepted_by_phone.get(message.to, 0) + 1
        if message.callback_url is not None:
            for place, step in enumerate(message.steps):
                self.put_back(step.due_at, message.sid, place)

    def _record(self, phone: str, text: Message | InboundText | CarrierText) -> None:
        self.log.append(text)
        self.log_by_phone.setdefault(phone, []).append(text)
