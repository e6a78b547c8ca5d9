"""Calls over HTTP: to one pinned address, for a bounded time, reading a bounded answer, following nothing."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

import httpx
from attrs import field, frozen

from ascend_core.calls.addresses import Resolve, address_to_call, resolve_name
from ascend_core.calls.call import Call, Called
from ascend_core.calls.spans import traced
from ascend_core.calls.trust import usual_trust
from ascend_core.errors import Refused, TryLater

__all__ = ["MOST_ANSWERED", "SECONDS", "HttpCaller"]

SECONDS = 10.0
"""For a whole call, from the look-up of the name to the last byte. A member waits behind it."""
MOST_ANSWERED = 64 * 1024
"""Bytes of an answer; a longer one is as good as none."""

_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same call may work."""


@frozen(kw_only=True)
class HttpCaller:
    """The ``Caller`` of the product. *private*: whether it may reach addresses that are not on the internet."""

    private: bool = False
    seconds: float = SECONDS
    resolve: Resolve = resolve_name
    trust: ssl.SSLContext | None = field(default=None)
    """Whose certificates count; None: those of the usual authorities."""

    async def __call__(self, call: Call, /) -> Called:
        """Make the call. Raises TryLater or Refused, with no word of what was sent or answered."""
        try:
            async with asyncio.timeout(self.seconds):
                return await self._call(call)
        except TimeoutError as error:
            raise TryLater("the webhook did not answer in time") from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, ValueError) as error:
            raise Refused("the webhook's address or headers cannot be used", reason="bad_address") from error
        except httpx.TransportError as error:
            raise TryLater(f"the webhook cannot be reached ({type(error).__name__})") from error

    async def _call(self, call: Call) -> Called:
        parts = urlsplit(call.url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        address = await address_to_call(host, port, resolve=self.resolve, private=self.private)
        headers = {
            **call.headers,
            "Host": parts.netloc.rpartition("@")[2],
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "ascend-webhook",
            "Idempotency-Key": call.key,
        }
        content = None
        if call.document is not None:
            content = json.dumps(call.document, ensure_ascii=False).encode("utf-8", "replace")
            headers["Content-Type"] = "application/json"
        transport = httpx.AsyncHTTPTransport(verify=self.trust or usual_trust())
        async with (
            httpx.AsyncClient(transport=traced(transport), timeout=self.seconds, trust_env=False) as http,
            http.stream(
                call.method,
                httpx.URL(call.url).copy_with(host=address),
                headers=headers,
                content=content,
                extensions={"sni_hostname": host},
            ) as answer,
        ):
            return await _read(answer)


async def _read(answer: httpx.Response) -> Called:
    if answer.status_code in _LATER:
        after = answer.headers.get("retry-after", "")
        raise TryLater(
            f"the webhook answered {answer.status_code}",
            after_seconds=float(after) if after.isdecimal() and len(after) < 6 else None,
        )
    body = bytearray()
    try:
        async for piece in answer.aiter_bytes(8192):
            body += piece
            if len(body) > MOST_ANSWERED:
                return Called(status=answer.status_code)
    except httpx.DecodingError:  # packed although nobody asked for it, and not well: the call was answered all the same
        return Called(status=answer.status_code)
    return Called(status=answer.status_code, document=_json(bytes(body)))


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
