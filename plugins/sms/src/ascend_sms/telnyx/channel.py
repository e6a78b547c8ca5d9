"""The channel: Telnyx's messaging API, version 2, over HTTP.

Two things the provider does not have: a list of what was sent that surely shows it at once, so that a text in doubt is
cleared up by its delivery status (which brings our key back) or by a person; and a time until which a text may be
delivered: the send call has no such field, and what an answer calls ``valid_until`` is the provider's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import httpx

from ascend_core.contracts import (
    Answer,
    ChannelEvent,
    DeliveryState,
    Inbound,
    Outbound,
    PluginContext,
    RawRequest,
    Receipt,
)
from ascend_core.errors import NeedsAttention, Refused, TryLater, Unsure
from ascend_sms.outgoing import body_of
from ascend_sms.own_key import callback_with_key
from ascend_sms.replies import ID, problem
from ascend_sms.segments import count
from ascend_sms.telnyx.codes import CODES
from ascend_sms.telnyx.missed_texts import PAGE_SIZE, id_in, is_last, query_for, text_in, wanted_in
from ascend_sms.telnyx.settings import TelnyxSettings
from ascend_sms.telnyx.signature import is_signed
from ascend_sms.telnyx.webhooks import answer_to, events_in, first_code, state_of
from ascend_sms.wire import Reply, call

__all__ = ["TelnyxChannel"]

_OK: Final = 200
_GONE: Final = (404, 410)
_MOST_SEGMENTS: Final = 10
"""https://developers.telnyx.com/docs/messaging/messages/send-message"""

_MOST_PAGES: Final = 100
_READ_AT_ONCE: Final = 5
"""Texts of those that were missed."""


class TelnyxChannel:
    """Sends through and listens to the provider. Holds no state: every method may run beside any other."""

    def __init__(self, context: PluginContext) -> None:
        self._http = context.http
        self._clock = context.clock

    async def check(self, settings: TelnyxSettings) -> None:
        """Read one messaging profile; sends nothing. Raises NeedsAttention with what to do, or TryLater."""
        request = httpx.Request(
            "GET", f"{settings.base_url}/v2/messaging_profiles?page%5Bsize%5D=1", headers=_headers(settings)
        )
        try:
            reply = await call(self._http, request)
        except Unsure as error:
            raise TryLater(str(error)) from error
        if reply.status == _OK and "data" in reply.json():
            return
        if reply.status == _OK:
            raise TryLater("the SMS provider answered with something that is no list of messaging profiles")
        met = problem(reply, self._clock.now(), CODES)
        raise NeedsAttention(str(met)) if isinstance(met, Refused) else met

    async def send(self, settings: TelnyxSettings, text: Outbound) -> Receipt:
        """Hand *text* to the provider with exactly one call, and none when it could only be refused.

        Raises TryLater, Unsure, Refused and NeedsAttention as the contract says.
        """
        request = httpx.Request(
            "POST", f"{settings.base_url}/v2/messages", json=_document(settings, text), headers=_headers(settings)
        )
        return _receipt_in(await call(self._http, request), self._clock.now())

    async def lookup(self, settings: TelnyxSettings, text: Outbound, since: datetime) -> Receipt | None:
        """The provider keeps no list to look into."""
        raise Unsure("the SMS provider keeps no list of texts: its delivery status will tell, or a person must")

    async def missed(self, settings: TelnyxSettings, since: datetime) -> tuple[Inbound, ...]:
        """What people wrote from *since* on: who, from the detail records; the words, text by text."""
        pages: list[Mapping[str, Any]] = []
        while not pages or not is_last(pages[-1], len(pages), since):
            if len(pages) == _MOST_PAGES:
                raise NeedsAttention(
                    f"the SMS provider lists more than {_MOST_PAGES * PAGE_SIZE} texts that came in: too many to read "
                    "before sending; to go on without them, run: ascend telnyx resume --skip-missed"
                )
            query = httpx.QueryParams(query_for(len(pages) + 1))
            found = await self._get(settings, f"/v2/detail_records?{query}", holds=list)
            pages.append(found or {})
        turn = asyncio.Semaphore(_READ_AT_ONCE)

        async def read(record: Mapping[str, Any]) -> Inbound | None:
            async with turn:
                found = await self._get(settings, f"/v2/messages/{id_in(record)}", holds=dict)
            return text_in(settings, record, None if found is None else found["data"])

        texts = await asyncio.gather(*(read(record) for record in wanted_in(settings, since, pages)))
        return tuple(text for text in texts if text is not None)

    async def _get(self, settings: TelnyxSettings, path: str, *, holds: type) -> Mapping[str, Any] | None:
        """The document at *path*, whose data are what they should be; None: the provider does not have it (any more).

        Reading twice harms nobody: what is Unsure for a send is TryLater here. Raises that, or NeedsAttention.
        """
        request = httpx.Request("GET", f"{settings.base_url}{path}", headers=_headers(settings))
        try:
            reply = await call(self._http, request)
        except Unsure as error:
            raise TryLater(str(error)) from error
        if reply.status == _OK and isinstance(reply.json().get("data"), holds):
            return reply.json()
        if reply.status == _OK:
            raise TryLater("the SMS provider answered with something that is no list of texts")
        if reply.status in _GONE and holds is dict:
            return None
        met = problem(reply, self._clock.now(), CODES)
        if isinstance(met, TryLater | NeedsAttention):
            raise met
        raise NeedsAttention(str(met)) if isinstance(met, Refused) else TryLater(str(met))

    def is_genuine(self, settings: TelnyxSettings, request: RawRequest) -> bool:
        """Whether the provider signed *request*, and lately. Total."""
        return is_signed(request, (settings.public_key, settings.second_public_key), self._clock.now())

    def read(self, settings: TelnyxSettings, request: RawRequest) -> tuple[ChannelEvent, ...]:
        """The event in *request*, if it is about texts. Raises BadInput."""
        return events_in(settings, request)

    def answer(self, settings: TelnyxSettings, request: RawRequest) -> Answer:
        """Nothing more than that it was heard."""
        return answer_to(request)


def _headers(settings: TelnyxSettings) -> dict[str, str]:
    return {
        "accept": "application/json",
        "authorization": f"Bearer {settings.api_key.reveal()}",
        "user-agent": "ascend-sms",
    }


def _document(settings: TelnyxSettings, text: Outbound) -> dict[str, str]:
    body = body_of(text)
    if count(body).segments > _MOST_SEGMENTS:
        raise Refused(f"the text has more than {_MOST_SEGMENTS} segments", reason="bad_text")
    fields = {
        "from": settings.from_number,
        "messaging_profile_id": settings.messaging_profile_id,
        "to": text.phone,
        "text": body,
        "type": "SMS",
        "webhook_url": callback_with_key(text.callback_url, text.message_key) if text.callback_url else "",
    }
    return {name: value for name, value in fields.items() if value}


def _receipt_in(reply: Reply, now: datetime) -> Receipt:
    """The receipt in *reply*; raises what its code says, and Unsure for a success that names no text."""
    if not 200 <= reply.status < 300:
        raise problem(reply, now, CODES)
    record = reply.json().get("data")
    sid = record.get("id") if isinstance(record, Mapping) else None
    if not isinstance(record, Mapping) or not isinstance(sid, str) or not ID.fullmatch(sid):
        raise Unsure(f"the SMS provider answered {reply.status} without naming the text")
    parts = record.get("parts")
    return Receipt(
        provider_id=sid,
        state=_state_in(record) or DeliveryState.SENT,
        segments=parts if isinstance(parts, int) and not isinstance(parts, bool) and 0 < parts < 1_000 else None,
        error_code=first_code(record),
    )


def _state_in(record: Mapping[str, Any]) -> DeliveryState | None:
    receivers = record.get("to")
    receiver = receivers[0] if isinstance(receivers, list) and receivers else None
    return state_of(receiver.get("status")) if isinstance(receiver, Mapping) else None
