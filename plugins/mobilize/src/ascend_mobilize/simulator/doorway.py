"""What every API request passes first: the count, the rate limit, and whatever is meant to go wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime

import anyio
from attrs import evolve
from starlette.datastructures import URL
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ascend_core.contracts.clock import Clock
from ascend_mobilize.simulator.faults import Fault, Faults
from ascend_mobilize.simulator.limits import RateLimiter
from ascend_mobilize.simulator.spoiling import SPOILERS, RawAnswer
from ascend_mobilize.simulator.switches import Switches

__all__ = ["Doorway", "Wire"]

_TRANSPORT = "simulated_mobilize.transport"
_SAY_WHEN = {"429", "503", "rate_limited_200"}
_COME_BACK_SECONDS = 1
_DROPS = 20


class Wire:
    """Runs *app* with the connection at hand, which ASGI itself does not give: uvicorn keeps it beside ``send``.

    *before* is done before each request is looked at.
    """

    def __init__(self, app: ASGIApp, *, before: Callable[[], object]) -> None:
        self._app = app
        self._before = before

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        self._before()
        scope[_TRANSPORT] = getattr(getattr(send, "__self__", None), "transport", None)
        await self._app(scope, receive, send)


class Doorway:
    """An ASGI application in front of the API."""

    def __init__(
        self,
        api: ASGIApp,
        *,
        clock: Clock,
        faults: Faults,
        switches: Switches,
    ) -> None:
        self._api = api
        self._clock = clock
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
            fault: Fault | None = Fault(kind="429")
        else:
            fault = self._faults.take(scope["path"])
        match fault and fault.kind:
            case None:
                await self._api(scope, receive, send)
            case "silent":
                await _wait_until_gone(receive)
            case "reset":
                await _hang_up(scope, receive)
            case "cut_off":
                await _cut_off(await self._right_answer(scope, receive), scope, receive, send)
            case "drip" if fault:
                await _drip(await self._right_answer(scope, receive), receive, send, seconds=fault.seconds)
            case str() as kind if fault:
                answer = SPOILERS[kind](await self._right_answer(scope, receive))
                await _response(self._saying_when(answer, fault))(scope, receive, send)

    def _saying_when(self, answer: RawAnswer, fault: Fault) -> RawAnswer:
        """*answer* with the time to come back, if it is to be said."""
        if fault.kind not in _SAY_WHEN or fault.retry_after == "none":
            return answer
        match fault.retry_after:
            case None if fault.kind != "429" or not self._switches.retry_after:
                return answer
            case None:
                when = str(_COME_BACK_SECONDS)
            case "date":
                until = self._clock.now() + timedelta(seconds=_COME_BACK_SECONDS)
                when = format_datetime(until, usegmt=True)
            case said:
                when = str(said)
        return evolve(answer, headers={**answer.headers, "retry-after": when})

    async def _right_answer(self, scope: Scope, receive: Receive) -> RawAnswer:
        """What the API would have said."""
        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)

        url = str(URL(scope=scope))
        await self._api(scope, receive, keep)
        headers = dict(sent[0]["headers"])
        body = b"".join(message.get("body", b"") for message in sent[1:])
        content_type = headers.get(b"content-type", b"").decode()
        return RawAnswer(status=sent[0]["status"], content_type=content_type, body=body, url=url)


def _response(answer: RawAnswer) -> Response:
    return Response(answer.body, answer.status, headers=dict(answer.headers), media_type=answer.content_type)


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """End the connection and wait until it is gone; on a server that keeps it to itself, just stop."""
    transport = scope.get(_TRANSPORT)
    if transport is not None:
        transport.abort()
        await _wait_until_gone(receive)


async def _start(answer: RawAnswer, send: Send) -> None:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})


async def _cut_off(answer: RawAnswer, scope: Scope, receive: Receive, send: Send) -> None:
    """Promise the whole body, send half of it, and hang up."""
    await _start(answer, send)
    half = answer.body[: len(answer.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    transport = scope.get(_TRANSPORT)
    if transport is not None:
        transport.close()
        await _wait_until_gone(receive)


async def _drip(answer: RawAnswer, receive: Receive, send: Send, *, seconds: float) -> None:
    """Send the body in drops, unless the caller hangs up. Real seconds: it is the caller's patience that is tried."""
    await _start(answer, send)
    size = len(answer.body) // _DROPS + 1
    for begin in range(0, len(answer.body), size):
        with anyio.move_on_after(seconds / _DROPS):
            await _wait_until_gone(receive)
            return
        await send({"type": "http.response.body", "body": answer.body[begin : begin + size], "more_body": True})
    await send({"type": "http.response.body", "body": b""})
