"""The carrier's postman: signs statuses and inbound texts and posts them to whoever asked for them."""

from __future__ import annotations

import base64
import functools
import ssl
import threading
from datetime import datetime, timedelta
from urllib.parse import SplitResult, urldefrag, urlsplit

import httpx
from attrs import evolve, frozen

from ascend_core.errors import BadInput
from ascend_sms.simulator.carrier import Carrier
from ascend_sms.simulator.dialect import Dialect, Letter
from ascend_sms.simulator.drafts import is_loopback
from ascend_sms.simulator.events import Answered, Posted
from ascend_sms.simulator.faults import FaultKind, Faults
from ascend_sms.simulator.messages import InboundText, Message

__all__ = ["Postman"]

_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
"""Seconds the provider waits by default: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides"""

_QUICK_ATTEMPTS, _MOST_ATTEMPTS = 3, 10
"""The first few follow each other settling by settling, the others ever later; then the webhook is given up."""
_FIRST_PAUSE = timedelta(seconds=15)
"""After the quick attempts; it doubles each time, which adds up to half an hour."""


@functools.cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than all the rest of an errand."""
    return ssl.create_default_context()


@frozen(kw_only=True)
class _Callback:
    message: Message
    step: int
    due_at: datetime


class Postman:
    """Posts webhooks, never while it holds the carrier's lock. Safe for threads: nothing is posted by two at once."""

    def __init__(self, carrier: Carrier, faults: Faults, dialect: Dialect) -> None:
        self._carrier = carrier
        self._dialect = dialect
        self._faults = faults
        self._inbound_url: str | None = None
        self._receiver: SplitResult | None = None
        self._attempts: dict[tuple[str, int], int] = {}
        self._not_before: dict[str, datetime] = {}
        self._in_hand: set[str] = set()
        self._lock = threading.Lock()

    def point(self, inbound_url: str, *, callbacks_too: bool = False) -> None:
        """Post inbound texts to *inbound_url*.

        *callbacks_too*: there is one receiver, and this is where it is now; callbacks asked for at an address that
        it had before a restart go there too. Raises BadInput: it is not on this computer.
        """
        if not self._carrier.rules.any_webhook_host and not is_loopback(inbound_url):
            raise BadInput("the simulated carrier posts to this computer only: give a URL on 127.0.0.1 or localhost")
        self._inbound_url = urldefrag(inbound_url).url
        self._receiver = urlsplit(inbound_url) if callbacks_too else None

    def settle(self) -> int:
        """Post what is due, by due time and then sid; returns how many posts were done.

        A webhook that cannot be reached, or answers 5xx, is tried again the next time.
        """
        inbound, callbacks = self._take_inbound(), self._take_callbacks()
        with self._client() as client:
            done = sum(self._post_inbound(client, text, retry=True) for text in inbound)
            return done + sum(self._post_callback(client, callback) for callback in callbacks)

    def next_due(self) -> datetime | None:
        """When the next callback, or the next attempt to post an inbound text, is due; None: nothing waits."""
        with self._carrier.lock:
            callback = self._carrier.state.next_callback()
            texts = self._carrier.state.unanswered.values() if self._inbound_url else ()
            waiting = [self._not_before.get(text.sid, text.at) for text in texts]
        return min([*waiting, *([callback[0]] if callback else [])], default=None)

    def deliver(self, text: InboundText, *, retry: bool) -> bool:
        """Post *text* now; tells whether the webhook answered. *retry*: it may have had it before."""
        if self._inbound_url is None:
            return False
        with self._lock:
            self._in_hand.add(text.sid)
        with self._client() as client:
            return self._post_inbound(client, text, retry=retry)

    def post_early(self, sid: str) -> None:
        """Post the first callback of the message *sid* before it is due."""
        with self._carrier.lock:
            message = self._carrier.state.messages[sid]
        first = _Callback(message=message, step=0, due_at=message.steps[0].due_at)
        if message.callback_url is not None:
            with self._client() as client:
                if self._send_callback(client, first):
                    self._carrier.record(Posted(sid=sid, step=0))

    def _take_callbacks(self) -> list[_Callback]:
        taken = []
        with self._carrier.lock:
            state, now = self._carrier.state, self._carrier.now()
            while (first := state.next_callback()) is not None and first[0] <= now:
                state.take_callback()
                due_at, sid, step = first
                taken.append(_Callback(message=state.messages[sid], step=step, due_at=due_at))
        return taken

    def _take_inbound(self) -> list[InboundText]:
        if self._inbound_url is None:
            return []
        now = self._carrier.now()
        with self._carrier.lock, self._lock:
            texts = [
                text
                for sid, text in self._carrier.state.unanswered.items()
                if sid not in self._in_hand and self._not_before.get(sid, now) <= now
            ]
            self._in_hand.update(text.sid for text in texts)
        return sorted(texts, key=lambda text: (text.at, text.sid))

    def _post_callback(self, client: httpx.Client, callback: _Callback) -> bool:
        message, step = callback.message, callback.step
        last_at = message.steps[-1].due_at
        if callback.due_at < last_at and self._faults.take(message.to, FaultKind.REORDER_CALLBACKS):
            self._put_back(callback, last_at + timedelta(seconds=1))
            return False
        lost = self._faults.take(message.to, FaultKind.LOSE_CALLBACKS) is not None
        if lost or self._send_callback(client, callback):
            self._carrier.record(Posted(sid=message.sid, step=step))
            return not lost
        pause = self._pause_after_failure(message.sid, step)
        if pause is None:
            self._carrier.record(Posted(sid=message.sid, step=step))
        else:
            self._put_back(callback, self._carrier.now() + pause if pause else callback.due_at)
        return False

    def _send_callback(self, client: httpx.Client, callback: _Callback) -> bool:
        message = callback.message
        url = self._where_now(message.callback_url or "")
        step = message.steps[callback.step]
        letter = self._dialect.status(url, message, step)
        if self._faults.take(message.to, FaultKind.UNKNOWN_STATUS):
            self._post(client, url, self._dialect.status(url, message, step, strange=True), message.to)
        if self._faults.take(message.to, FaultKind.DUPLICATE_CALLBACKS):
            self._post(client, url, letter, message.to)
        return self._post(client, url, letter, message.to) is not None

    def _where_now(self, url: str) -> str:
        if self._receiver is None:
            return url
        return urlsplit(url)._replace(scheme=self._receiver.scheme, netloc=self._receiver.netloc).geturl()

    def _post_inbound(self, client: httpx.Client, text: InboundText, *, retry: bool) -> bool:
        url = self._inbound_url or ""
        if self._faults.take(text.phone, FaultKind.LOSE_INBOUND):
            with self._lock:
                self._in_hand.discard(text.sid)
            self._carrier.record(Answered(sid=text.sid, status=None))
            return False
        if self._faults.take(text.phone, FaultKind.BASE64_INBOUND):
            text = evolve(text, body=base64.b64encode(text.body.encode()).decode("ascii"))
        try:
            status = self._post(client, url, self._dialect.inbound(url, text, retry=retry), text.phone)
        finally:
            with self._lock:
                self._in_hand.discard(text.sid)
        if status is not None:
            self._carrier.record(Answered(sid=text.sid, status=status))
            return True
        pause = self._pause_after_failure(text.sid, 0)
        if pause is None:
            self._carrier.record(Answered(sid=text.sid, status=None))
        elif pause:
            self._not_before[text.sid] = self._carrier.now() + pause
        return False

    def _post(self, client: httpx.Client, url: str, letter: Letter, phone: str) -> int | None:
        """The status the webhook answered with; None: nobody was there, it failed, or a fault spoiled the post."""
        if not self._carrier.rules.any_webhook_host and not is_loopback(url):
            return None
        forged = self._faults.take(phone, FaultKind.BAD_SIGNATURE) is not None
        letter = letter.forged() if forged else letter
        try:
            answer = client.post(url, content=letter.body, headers=letter.headers)
        except (httpx.HTTPError, httpx.InvalidURL):
            return None
        return None if forged or answer.is_server_error else answer.status_code

    def _put_back(self, callback: _Callback, due_at: datetime) -> None:
        with self._carrier.lock:
            self._carrier.state.put_back(due_at, callback.message.sid, callback.step)

    def _pause_after_failure(self, sid: str, step: int) -> timedelta | None:
        """How long to wait before the next attempt; zero: the next settling. None: there is none."""
        failures = self._attempts[sid, step] = self._attempts.get((sid, step), 0) + 1
        if failures < _QUICK_ATTEMPTS:
            return timedelta(0)
        return _FIRST_PAUSE * 2 ** (failures - _QUICK_ATTEMPTS) if failures < _MOST_ATTEMPTS else None

    def _client(self) -> httpx.Client:
        """A client for one errand: closed after it, so that nothing stays open between."""
        return httpx.Client(timeout=_TIMEOUT, trust_env=False, verify=_tls())
