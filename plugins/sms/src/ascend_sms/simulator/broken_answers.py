"""Answers that go wrong on their way: cut, dropped or late. And a little of the wire they need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ascend_sms.simulator.errors import ApiError
from ascend_sms.simulator.faults import Fault, FaultKind

__all__ = ["Wire", "answer_in_place_of_acceptance", "answer_spoiled"]

_TRANSPORT = "simulated_carrier.transport"


class Wire:
    """Runs *app* with the connection at hand, which ASGI itself does not give: uvicorn keeps it beside ``send``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[_TRANSPORT] = getattr(getattr(send, "__self__", None), "transport", None)
        await self._app(scope, receive, send)


class _Dropped(Response):
    """Nothing comes, and the connection is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _hang_up(scope, receive)


class _Truncated(JSONResponse):
    """The headers and half of the body come, and the connection is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await _hang_up(scope, receive)


class _Late(JSONResponse):
    """The answer comes late, if the caller still listens. Real seconds: it is the caller's patience that is tried."""

    seconds: float = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with anyio.move_on_after(self.seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        await super().__call__(scope, receive, send)


_Words = Callable[[ApiError], dict[str, Any]]
"""How the provider puts an error."""


def answer_in_place_of_acceptance(fault: Fault, words: _Words = ApiError.payload) -> Response:
    """What the caller gets when *fault* kept its message from being accepted."""
    if fault.kind is FaultKind.HTML_502:
        return HTMLResponse("<html><body><h1>502 Bad Gateway</h1></body></html>", status_code=502)
    errors = {FaultKind.RATE_LIMITED: ApiError(429, 20429), FaultKind.KEY_REFUSED: ApiError(401, 20003)}
    error = errors.get(fault.kind) or ApiError(500, 20500)
    wait = fault.retry_after_seconds
    return JSONResponse(words(error), error.status, headers={} if wait is None else {"Retry-After": str(wait)})


def answer_spoiled(fault: Fault, payload: dict[str, Any], words: _Words = ApiError.payload) -> Response:
    """What the caller gets of *payload*, the answer about its accepted message, when *fault* strikes."""
    match fault.kind:
        case FaultKind.DROP_RESPONSE_AFTER_ACCEPT:
            return _Dropped()
        case FaultKind.TRUNCATED:
            return _Truncated(payload, 201)
        case FaultKind.SLOW:
            late = _Late(payload, 201)
            late.seconds = fault.seconds
            return late
        case FaultKind.ERROR_500_AFTER_ACCEPT:
            return JSONResponse(words(ApiError(500, 20500)), 500)
        case _:
            return JSONResponse(payload, 201)


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """Close the connection and wait until it is; on a server that keeps it to itself, just stop."""
    transport = scope.get(_TRANSPORT)
    if transport is None:
        return
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
