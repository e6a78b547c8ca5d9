"""The channel: Twilio's Programmable Messaging API, version 2010-04-01, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from ascend_core.contracts import Answer, ChannelEvent, Inbound, Outbound, PluginContext, RawRequest, Receipt, SentText
from ascend_core.errors import NeedsAttention, Refused, TryLater, Unsure
from ascend_sms.missed_texts import missed_in, query_for
from ascend_sms.outgoing import form_of
from ascend_sms.replies import problem, receipt_in
from ascend_sms.sent_texts import find_sent, sent_in, still_settling
from ascend_sms.settings import SmsSettings
from ascend_sms.signature import is_signed
from ascend_sms.webhooks import answer_to, event_in
from ascend_sms.wire import Reply, call

__all__ = ["TwilioChannel"]

_HEADERS: Final = {"accept": "application/json", "user-agent": "ascend-sms"}
_PAGE_SIZE: Final = 1_000
"""The provider's largest."""
_MOST_PAGES: Final = 3
_MOST_MISSED_PAGES: Final = 200
"""Of everything in the account since the last text we heard: what a large campaign sends in a weekend."""
_OK: Final = 200


class TwilioChannel:
    """Sends through, asks and listens to the provider. Holds no state: every method may run beside any other."""

    def __init__(self, context: PluginContext) -> None:
        self._http = context.http
        self._clock = context.clock

    async def check(self, settings: SmsSettings) -> None:
        """Read one text of the account with each of its credentials; sends nothing.

        Raises NeedsAttention with what to do, TryLater when the provider cannot be reached.
        """
        owner = httpx.BasicAuth(settings.account_sid, settings.auth_token.reveal())
        user, secret = settings.credentials
        await self._must_open(settings, httpx.BasicAuth(user, secret.reveal()), settings.api_key_sid and "API key")
        if settings.api_key_sid:
            await self._must_open(settings, owner, "auth token")

    async def send(self, settings: SmsSettings, text: Outbound) -> Receipt:
        """Hand *text* to the provider with exactly one call, and none when it could only be refused.

        Raises TryLater, Unsure, Refused and NeedsAttention as the contract says.
        """
        request = httpx.Request(
            "POST", f"{settings.account_url}/Messages.json", data=form_of(settings, text), headers=_HEADERS
        )
        reply = await call(self._http, request, auth=_basic(settings))
        return receipt_in(reply, self._clock.now())

    async def lookup(self, settings: SmsSettings, text: Outbound, since: datetime) -> Receipt | None:
        """Find *text* in the provider's list; None: it surely is not there. See ``sent_texts`` for the rule."""
        receipt = find_sent(settings, text, since, await self._sent_to(settings, text.phone))
        settling = still_settling(since, self._clock.now())
        if receipt is None and settling is not None:
            raise settling
        return receipt

    async def missed(self, settings: SmsSettings, since: datetime) -> tuple[Inbound, ...]:
        """What people wrote from *since* on, from the provider's list. See ``missed_texts`` for the rule."""
        records = await self._records(settings, query_for(settings, since), most_pages=_MOST_MISSED_PAGES)
        if records is None:
            raise NeedsAttention(
                f"the SMS provider lists more than {_MOST_MISSED_PAGES * _PAGE_SIZE} texts since {since:%Y-%m-%d}: "
                "too many to read before sending; to go on without them, run: ascend sms resume --skip-missed"
            )
        return missed_in(settings, since, records)

    async def sent(self, settings: SmsSettings, since: datetime, /) -> tuple[SentText, ...]:
        """What our sender sent from *since* on, from the provider's list, oldest first."""
        day = (since - timedelta(days=1)).date().isoformat()
        # a service picks its number later: then everything is asked for, and what is not ours is left out here
        sender = {} if settings.messaging_service_sid else {"From": settings.from_number}
        records = await self._records(settings, {**sender, "DateSent>": day}, most_pages=_MOST_MISSED_PAGES)
        if records is None:
            raise NeedsAttention(
                f"the SMS provider lists more than {_MOST_MISSED_PAGES * _PAGE_SIZE} texts since {day}"
            )
        return sent_in(settings, since, records)

    def is_genuine(self, settings: SmsSettings, request: RawRequest) -> bool:
        """Whether the provider signed *request* with a secret of this account. Total."""
        return is_signed(request, settings.signing_keys)

    def read(self, settings: SmsSettings, request: RawRequest) -> tuple[ChannelEvent, ...]:
        """The one event in *request*. Raises BadInput."""
        return (event_in(settings, request),)

    def answer(self, settings: SmsSettings, request: RawRequest) -> Answer:
        """No reply to a person's text (they go through ``send``), no content for a status."""
        return answer_to(request)

    async def _must_open(self, settings: SmsSettings, auth: httpx.BasicAuth, what: str) -> None:
        """Raise unless *auth* may list texts."""
        reply = await self._get(settings, "?PageSize=1", auth=auth)
        if reply.status == _OK and "messages" in reply.json():
            return
        error = _while_reading(reply, self._clock.now())
        if isinstance(error, NeedsAttention) and what:
            raise NeedsAttention(f"{error}; this is about the {what}") from error
        raise error

    async def _sent_to(self, settings: SmsSettings, phone: str) -> list[Mapping[str, Any]]:
        """The provider's records of every text to *phone*. Raises Unsure when there are too many to be sure."""
        records = await self._records(settings, {"To": phone}, most_pages=_MOST_PAGES)
        if records is None:
            raise Unsure(f"the SMS provider lists more than {_MOST_PAGES * _PAGE_SIZE} texts to this number")
        return records

    async def _records(
        self, settings: SmsSettings, wanted: Mapping[str, str], *, most_pages: int
    ) -> list[Mapping[str, Any]] | None:
        """All records the list has of what is *wanted*; None: they are more than *most_pages* pages."""
        query = f"?{httpx.QueryParams({**wanted, 'PageSize': str(_PAGE_SIZE)})}"
        records: list[Mapping[str, Any]] = []
        for _ in range(most_pages):
            reply = await self._get(settings, query)
            page = reply.json()
            found = page.get("messages")
            if reply.status != _OK or not isinstance(found, list):
                raise _while_reading(reply, self._clock.now())
            records += [record for record in found if isinstance(record, dict)]
            following = page.get("next_page_uri")
            if not following:
                return records
            query = "?" + str(following).partition("?")[2]  # its query alone: the secret goes to no other address
        return None

    async def _get(self, settings: SmsSettings, query: str, *, auth: httpx.BasicAuth | None = None) -> Reply:
        """Ask for texts. Reading twice harms nobody: what is Unsure for a send is TryLater here."""
        request = httpx.Request("GET", f"{settings.account_url}/Messages.json{query}", headers=_HEADERS)
        try:
            return await call(self._http, request, auth=auth or _basic(settings))
        except Unsure as error:
            raise TryLater(str(error)) from error


def _basic(settings: SmsSettings) -> httpx.BasicAuth:
    user, secret = settings.credentials
    return httpx.BasicAuth(user, secret.reveal())


def _while_reading(reply: Reply, now: datetime) -> TryLater | NeedsAttention:
    """What an answer that is no list means: a person must act, or it passes."""
    if reply.status == _OK:
        return TryLater("the SMS provider answered with something that is no list of texts")
    error = problem(reply, now)
    if isinstance(error, TryLater | NeedsAttention):
        return error
    return NeedsAttention(str(error)) if isinstance(error, Refused) else TryLater(str(error))
