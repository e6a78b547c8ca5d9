"""The public face: short links first, before any framework, then webhooks, then a plain page."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

from ascend_core.contracts import Answer
from ascend_core.operations.checkups import HIDDEN_VISITORS
from ascend_core.operations.core import Core
from ascend_core.operations.wording import Program
from ascend_core.web.click_writer import ClickWriter
from ascend_core.web.readiness import Readiness
from ascend_core.web.redirect import NOT_FOUND, Redirect, code_in
from ascend_core.web.requests import Receive, Scope, Send, send_answer, visitor_of
from ascend_core.web.webhooks import Webhooks

__all__ = ["PublicApp"]

ROBOTS = Answer(content_type="text/plain; charset=utf-8", body=b"User-agent: *\nDisallow:\n")
"""Nothing is forbidden: whoever checks where a link leads must be able to. Answers say ``noindex`` by themselves."""


def _home(program: Program) -> Answer:
    """Who stands behind these links, for whoever types the bare address."""
    title = "Links from text messages"
    if program.name:
        title = f"Links in text messages from {escape(program.name)}"
    contact = f"<p>Questions? {escape(program.contact)}</p>" if program.contact else ""
    return Answer(
        content_type="text/html; charset=utf-8",
        headers={"x-robots-tag": "noindex"},
        body=(
            '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{title}</title><h1>{title}</h1>"
            "<p>This address serves the links in texts that people signed up for. "
            f"To get no more texts, reply STOP to any of them.</p>{contact}</html>"
        ).encode(),
    )


def _health(scope: Scope) -> Answer:
    """That the process lives; and whether a proxy names its visitors and is not believed (``ascend doctor`` asks)."""
    named = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    believed = not named or visitor_of(scope) in {address.strip() for address in named.split(",")}
    return Answer(body=b"ok\n", headers={} if believed else dict([HIDDEN_VISITORS]))


class PublicApp:
    """The ASGI application of the public address."""

    def __init__(
        self,
        core: Core,
        *,
        stir: Callable[[], None] = lambda: None,
        missed: Callable[[], None] = lambda: None,
        spill_folder: Path | None = None,
    ) -> None:
        """*stir* hears of work that came in, *missed* of webhooks that had to be refused (see ``Hearing``);
        *spill_folder* is where clicks go while the database takes none.
        """
        self._home = _home(core.options.program)
        self._writer = ClickWriter(core, spill_folder)
        self._redirect = Redirect(core, self._writer)
        self._webhooks = Webhooks(core, stir, missed)
        self._readiness = Readiness(core)

    def close(self) -> None:
        """Commit what is queued."""
        self._redirect.close()
        self._writer.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            code = code_in(scope["path"])
            if code is not None and scope["method"] in ("GET", "HEAD"):
                await self._redirect.answer(scope, send, code)
            else:
                await self._pages(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _pages(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.startswith("/hooks/"):
            await self._webhooks.answer(scope, receive, send)
        elif path == "/":
            await send_answer(send, self._home, head_only=scope["method"] == "HEAD")
        elif path == "/robots.txt":
            await send_answer(send, ROBOTS, head_only=scope["method"] == "HEAD")
        elif path == "/health":
            await send_answer(send, _health(scope))  # the process lives, whatever becomes of the database
        elif path == "/ready":
            await send_answer(send, await self._readiness.answer())
        else:
            await send_answer(send, NOT_FOUND, head_only=scope["method"] == "HEAD")

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
