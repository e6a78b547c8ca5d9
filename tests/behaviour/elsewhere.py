"""Another company's server: it answers as it is told, and keeps what it was asked."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ascend_core.web.serving import ThreadedServer, bind

__all__ = ["Elsewhere"]


class Elsewhere:
    """A server on loopback. Close it."""

    def __init__(self, status: int, answer: Any) -> None:
        self.status, self.answer = status, answer
        self.asked: list[Any] = []
        self.keys: list[str] = []
        """What each call showed as its ``Authorization``."""
        app = Starlette(routes=[Route("/{path:path}", self._take, methods=["POST"])])
        self._server = ThreadedServer(app, bind())

    @property
    def url(self) -> str:
        """Where it is reached."""
        return self._server.url

    async def _take(self, request: Request) -> JSONResponse:
        self.asked.append(await request.json())
        self.keys.append(request.headers.get("authorization", ""))
        return JSONResponse(self.answer, status_code=self.status)

    def close(self) -> None:
        """End it."""
        self._server.close()
