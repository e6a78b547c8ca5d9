"""What every API request passes first: the count, the rate limit, and whatever is meant to go wrong."""

from __future__ import annotations

from collections import Counter

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ascend_core.contracts.clock import Clock
from ascend_mobilize.simulator.faults import FAULTS, Faults, RawAnswer, rate_limited
from ascend_mobilize.simulator.limits import RateLimiter
from ascend_mobilize.simulator.switches import Switches

__all__ = ["Doorway"]


class Doorway:
    """An ASGI application in front of the API."""

    def __init__(self, api: ASGIApp, *, clock: Clock, faults: Faults, switches: Switches) -> None:
        self._api = api
        self._faults = faults
        self._switches = switches
        self._limiter = RateLimiter(clock)
        self.requests: Counter[str] = Counter()
        """How many requests came, by method; ``limited`` counts those that were too many."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or not."""
        self.requests[scope["method"]] += 1
        if self._switches.rate_limit and not self._limiter.admits(_address(scope), scope["method"]):
            self.requests["limited"] += 1
            kind: str | None = "429"
        else:
            kind = self._faults.take(scope["path"])
        match kind:
            case None:
                await self._api(scope, receive, send)
            case "silent":
                await _wait_until_gone(receive)
            case "429":
                await rate_limited(retry_after=self._switches.retry_after)(scope, receive, send)
            case "cut_off":
                await _cut_off(await self._right_answer(scope, receive), send)
            case _:
                status, content_type, body = await self._spoilt(kind, scope, receive)
                await Response(body, status, media_type=content_type)(scope, receive, send)

    async def _spoilt(self, kind: str, scope: Scope, receive: Receive) -> RawAnswer:
        spoil, right = FAULTS[kind], await self._right_answer(scope, receive)
        return spoil(right) if spoil else right

    async def _right_answer(self, scope: Scope, receive: Receive) -> RawAnswer:
        """What the API would have said."""
        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)

        await self._api(scope, receive, keep)
        headers = dict(sent[0]["headers"])
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return sent[0]["status"], headers.get(b"content-type", b"").decode(), body


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cut_off(answer: RawAnswer, send: Send) -> None:
    """Promise the whole body, send half of it: the server then has to close the connection."""
    status, content_type, body = answer
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body[: len(body) // 2]})
