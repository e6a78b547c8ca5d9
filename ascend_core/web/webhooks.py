"""Webhooks: ``/hooks/<channel>/…`` for providers, ``/hooks/<plugin>/<name>`` for what plugins registered.

A provider's request is checked for its signature, its events are committed, and only then it is answered; the work
they cause is done afterwards by the worker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ascend_core.calls.spans import span
from ascend_core.contracts import Answer, RawRequest
from ascend_core.errors import AscendError, BadInput
from ascend_core.operations.connect import open_channel
from ascend_core.operations.core import Core
from ascend_core.operations.receive_messages import receive_events
from ascend_core.runtime.logs import log_named
from ascend_core.web.requests import Receive, Scope, Send, TooLarge, read_request, send_answer

__all__ = ["Webhooks"]

NOT_TAKEN = 400
"""Statuses from here on say that something did not fit."""
NOT_KEPT = 500
"""Statuses from here on say that we could not keep what we were told."""

_LOG = log_named("web")


class Webhooks:
    """Answers everything under ``/hooks/``. *stir* is called when there is new work, *missed* when what a channel's
    provider told could not be kept: it may not tell it again.
    """

    def __init__(self, core: Core, stir: Callable[[], None], missed: Callable[[], None]) -> None:
        self._core = core
        self._stir = stir
        self._missed = missed

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        try:
            request = await read_request(scope, receive, self._core.options.public_url)
        except TooLarge:
            await send_answer(send, Answer(status=413, body=b"the body is too large\n"))
            return
        await send_answer(send, await self._route(scope["path"], request))

    async def _route(self, path: str, request: RawRequest) -> Answer:
        parts = path.split("/")
        owner, name = parts[2:] if len(parts) == 4 else ("", "")
        of_plugin = (owner, name) in self._core.registry.webhooks
        if not of_plugin and owner not in self._core.registry.channels:
            return _MISSING
        try:
            with span("webhook", owner=owner):
                answer = await self._handled(owner, name, request)
        except Exception:  # noqa: BLE001 -- a fence: whatever a plugin raises, the caller gets an answer
            _LOG.exception("webhook.failed", owner=owner)
            answer = Answer(status=NOT_KEPT, body=b"something broke here; try again later\n")
        else:
            say = _LOG.debug if answer.status < NOT_TAKEN else _LOG.info  # anybody may call here
            say("webhook.answered", owner=owner, status=answer.status)
        if answer.status >= NOT_KEPT and not of_plugin:
            self._missed()
        return answer

    async def _handled(self, owner: str, name: str, request: RawRequest) -> Answer:
        webhook = self._core.registry.webhooks.get((owner, name))
        if webhook is not None:
            return await webhook.handle(request)
        return await asyncio.to_thread(self._channel, owner, request)

    def _channel(self, name: str, request: RawRequest) -> Answer:
        try:
            opened = open_channel(self._core, name)
        except AscendError:
            return Answer(status=503, body=b"try again later\n")
        if opened is None:
            return _MISSING
        _, type_, settings = opened
        if not type_.channel.is_genuine(settings, request):
            return Answer(status=403, body=b"the signature does not fit\n")
        try:
            events = type_.channel.read(settings, request)
        except BadInput as error:
            return Answer(status=400, body=f"{error}\n".encode())
        try:
            receive_events(self._core, name, events)
        except AscendError:
            return Answer(status=503, body=b"try again later\n")
        self._stir()
        return type_.channel.answer(settings, request)


_MISSING = Answer(status=404, body=b"nothing here\n")
