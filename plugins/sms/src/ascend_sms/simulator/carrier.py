"""The carrier itself: takes texts, keeps opt-outs, decides what becomes of everything. It knows no HTTP."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from attrs import frozen

from ascend_core.contracts import Clock
from ascend_sms.simulator.accounts import Account
from ascend_sms.simulator.chance import hexadecimal
from ascend_sms.simulator.drafts import Draft
from ascend_sms.simulator.errors import ApiError, bad_request
from ascend_sms.simulator.events import Accepted, Changed, ConsentChanged, Event, PhoneSet, Received, Said
from ascend_sms.simulator.journal import Journal
from ascend_sms.simulator.keywords import (
    CARRIER_ANSWERS,
    TOLL_FREE_ANSWERS,
    Keyword,
    is_toll_free,
    keyword_in,
    network_keyword_in,
)
from ascend_sms.simulator.lifecycle import steps_of
from ascend_sms.simulator.messages import CarrierText, InboundText, Message, Step
from ascend_sms.simulator.phones import PhoneKind, usual_kind
from ascend_sms.simulator.segments import count_segments
from ascend_sms.simulator.state import CarrierState
from ascend_sms.simulator.views import TextView, inbound_view, message_view

__all__ = ["Carrier", "CarrierRules"]

_LONGEST_QUEUE = timedelta(hours=10)
"""Of one sender: https://www.twilio.com/docs/api/errors/21611"""


@frozen(kw_only=True)
class CarrierRules:
    """How this carrier behaves."""

    handles_opt_out: bool = True
    """It answers STOP, START and HELP itself and refuses texts to who opted out; otherwise it only passes them on."""
    any_webhook_host: bool = False
    """Webhooks may leave this computer."""
    segments_per_second: float | None = None
    """How fast each of our numbers sends; None: at once."""


class Carrier:
    """One simulated carrier with one account. Safe for threads; never posts anything by itself."""

    def __init__(
        self, *, account: Account, clock: Clock, seed: int, journal: Journal, rules: CarrierRules | None = None
    ) -> None:
        self.account = account
        self.rules = rules or CarrierRules()
        self.clock = clock
        self.lock = threading.RLock()
        self.state = CarrierState()
        """Read it under the lock only."""
        self._seed = seed
        self._journal = journal
        for event in journal.read():
            self.state.apply(event)

    def now(self) -> datetime:
        """The carrier's time (aware, UTC)."""
        return self.clock.now()

    def record(self, *events: Event) -> None:
        """Write *events* down and let them be true."""
        with self.lock:
            self._journal.append(events)
            for event in events:
                self.state.apply(event)

    def accept(self, draft: Draft) -> TextView:
        """Take the message *draft* asks for.

        Raises ApiError: it is refused; nothing was kept.
        """
        with self.lock:
            now = self.now()
            if self._is_blocked(draft):
                raise bad_request(21610)
            message = self._message(draft, now)
            self.record(Accepted(message=message))
            return message_view(self.state, message, now)

    def find(self, sid: str) -> TextView | None:
        """The text with *sid*, None when there is none or it was deleted."""
        with self.lock:
            if self.state.is_deleted(sid):
                return None
            if sid in self.state.inbound:
                return inbound_view(self.state, self.state.inbound[sid])
            message = self.state.messages.get(sid)
            return message_view(self.state, message, self.now()) if message else None

    def received(self, sid: str) -> InboundText | None:
        """The text with *sid* that a person wrote; None: there is none."""
        with self.lock:
            return self.state.inbound.get(sid)

    def find_all(self, phone: str | None = None) -> list[TextView]:
        """Every text in both directions, the newest first; only those with *phone* when it is given.

        What the carrier said by itself is not the account's, and not here.
        """
        with self.lock:
            now = self.now()
            log = self.state.log if phone is None else self.state.log_by_phone.get(phone, [])
            return [
                inbound_view(self.state, text) if isinstance(text, InboundText) else message_view(self.state, text, now)
                for text in reversed(log)
                if not isinstance(text, CarrierText) and not self.state.is_deleted(text.sid)
            ]

    def change(self, sid: str, to: str) -> None:
        """Have the message *sid* canceled, redacted or deleted.

        Raises ApiError: it went out already (to cancel), or is still under way (to redact or delete).
        """
        with self.lock:
            view = self.find(sid)
            waits = view is not None and view.status in {"accepted", "queued", "scheduled"}
            if view is None or waits != (to == "canceled"):
                raise ApiError(409, 20009)
            self.record(Changed(sid=sid, to=to, at=self.now()))

    def receive(self, key: str, phone: str, body: str, media: tuple[str, ...] = ()) -> tuple[InboundText, bool]:
        """The person with *phone* writes *body*. Returns the text, and whether *key* was told before (a repeat)."""
        body = body.encode("utf-8", "replace").decode("utf-8")
        with self.lock:
            sid = ("MM" if media else "SM") + hexadecimal(self._seed, "inbound", key)
            if sid in self.state.inbound:
                return self.state.inbound[sid], True
            number = self._number_known_to(phone)
            opted_out = any((sender, phone) in self.state.opted_out for sender in self._senders(number))
            keyword = self._keyword_in(body, number, opted_out=opted_out)
            text = InboundText(
                sid=sid,
                key=key,
                phone=phone,
                number=number,
                body=body,
                segments=count_segments(body),
                media=media,
                opt_out_type=keyword.value if keyword and not is_toll_free(number) else None,
                at=self.now(),
            )
            self.record(Received(text=text), *self._reaction(text, keyword, opted_out=opted_out))
            return text, False

    def set_phone(self, phone: str, kind: PhoneKind) -> None:
        """Decide what *phone* is, for the texts accepted from now on."""
        self.record(PhoneSet(phone=phone, kind=kind))

    def kind_of(self, phone: str) -> PhoneKind:
        """What *phone* is: as somebody decided, or by the seed."""
        with self.lock:
            return self.state.kinds.get(phone) or usual_kind(self._seed, phone)

    def texts(self, after: int = 0) -> tuple[Message, ...]:
        """The accepted messages in order, without the first *after*."""
        with self.lock:
            return tuple(self.state.accepted[after:])

    def _reaction(self, text: InboundText, keyword: Keyword | None, *, opted_out: bool) -> tuple[Event, ...]:
        if keyword is None or (keyword is Keyword.STOP and opted_out):
            return ()
        words = TOLL_FREE_ANSWERS if is_toll_free(text.number) else CARRIER_ANSWERS
        answer = CarrierText(phone=text.phone, number=text.number, body=words[keyword], at=text.at)
        if keyword is Keyword.HELP:
            return (Said(text=answer),)
        changed = [
            ConsentChanged(number=sender, phone=text.phone, opted_out=keyword is Keyword.STOP)
            for sender in self._senders(text.number)
        ]
        return (*changed, Said(text=answer))

    def _senders(self, number: str) -> tuple[str, ...]:
        """Whose consent a keyword to *number* is about: the service's too, unless the network keeps it."""
        return (number,) if is_toll_free(number) else (number, self.account.service_sid)

    def _is_blocked(self, draft: Draft) -> bool:
        """Tell whether the person left: the service for what it sends, else the number."""
        if is_toll_free(draft.number):
            return (draft.number, draft.to) in self.state.opted_out
        sender = draft.service_sid or draft.number
        return self.rules.handles_opt_out and (sender, draft.to) in self.state.opted_out

    def _keyword_in(self, body: str, number: str, *, opted_out: bool) -> Keyword | None:
        if is_toll_free(number):
            return network_keyword_in(body, opted_out=opted_out)
        return keyword_in(body, opted_out=opted_out) if self.rules.handles_opt_out else None

    def _number_known_to(self, phone: str) -> str:
        """People answer the number that wrote to them last."""
        log = self.state.log_by_phone.get(phone)
        return log[-1].number if log else self.account.number

    def _message(self, draft: Draft, now: datetime) -> Message:
        ordinal = self.state.accepted_by_phone.get(draft.to, 0)
        sid = ("MM" if draft.media else "SM") + hexadecimal(self._seed, "message", draft.to, ordinal)
        starts_at = draft.send_at or self._queue_reaches(draft.number, now)
        if starts_at - now > _LONGEST_QUEUE and draft.send_at is None and draft.service_sid is None:
            raise bad_request(21611)
        return Message(
            sid=sid,
            number=draft.number,
            to=draft.to,
            body=draft.body,
            segments=count_segments(draft.body),
            media=draft.media,
            service_sid=draft.service_sid,
            callback_url=draft.callback_url,
            status="scheduled" if draft.send_at else "accepted" if draft.service_sid else "queued",
            accepted_at=now,
            starts_at=starts_at,
            steps=self._steps(draft, sid, starts_at, now),
        )

    def _steps(self, draft: Draft, sid: str, starts_at: datetime, now: datetime) -> tuple[Step, ...]:
        if starts_at - now > _LONGEST_QUEUE and draft.send_at is None:
            return (Step(status="failed", due_at=now, error_code=30001),)
        return steps_of(
            seed=self._seed,
            sid=sid,
            kind=self.kind_of(draft.to),
            body=draft.body,
            starts_at=starts_at,
            expires_at=(draft.send_at or now) + draft.validity,
        )

    def _queue_reaches(self, number: str, now: datetime) -> datetime:
        last, rate = self.state.last_by_number.get(number), self.rules.segments_per_second
        if last is None or rate is None:
            return now
        return max(now, last.starts_at + timedelta(seconds=last.segments / rate))
