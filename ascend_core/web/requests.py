"""Raw ASGI, as far as the public face needs it: reading a request, sending an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ascend_core.contracts import Answer, RawRequest

__all__ = ["MOST_BODY_BYTES", "Receive", "Scope", "Send", "TooLarge", "read_request", "send_answer", "visitor_of"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MOST_BODY_BYTES = 1_000_000
"""A webhook's body: a text with its parameters is a few kilobytes."""


class TooLarge(Exception):
    """The body is larger than anything a provider sends."""


async def read_request(scope: Scope, receive: Receive, public_url: str) -> RawRequest:
    """The whole request, its URL as the provider called it. Raises TooLarge."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        if len(body) > MOST_BODY_BYTES:
            raise TooLarge
        if not message.get("more_body", False):
            break
    path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"])
    return RawRequest(
        method=scope["method"], url=f"{public_url}{path}{'?' + query if query else ''}", headers=headers, body=body
    )


async def send_answer(send: Send, answer: Answer, *, head_only: bool = False) -> None:
    """Send *answer*; without its body for HEAD."""
    headers = [(b"content-type", answer.content_type.encode()), (b"content-length", str(len(answer.body)).encode())]
    headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head_only else answer.body})


def visitor_of(scope: Scope) -> str:
    """The address of whoever asks: the one that a trusted proxy names, else the other end of the connection."""
    client = scope.get("client")
    return client[0] if client else ""
