"""One HTTP exchange with the provider: bounded in time and size, and with what its failure means for a send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
from attrs import field, frozen

from ascend_core.contracts import HttpMaker
from ascend_core.errors import TryLater, Unsure

__all__ = ["Reply", "call"]

_TIMEOUT: Final = httpx.Timeout(connect=5, read=30, write=10, pool=5)
"""Seconds. The provider itself may take about 26 s before it gives up."""
_DEADLINE_SECONDS: Final = 60.0
"""For a whole exchange, however slowly it drips."""
_MOST_BYTES: Final = 8_000_000
"""A page of 1,000 texts is about 1.5 MB."""
_LONGEST_WAIT_SECONDS: Final = 86_400.0

_NOTHING_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""Raised before the first byte of the request leaves."""


@frozen(kw_only=True)
class Reply:
    """What the provider answered."""

    status: int
    headers: httpx.Headers = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Mapping[str, Any]:
        """The body where it is a JSON object; else an empty mapping (HTML of a proxy, nothing, half a body)."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def code(self) -> int | None:
        """The provider's error code, of any shape of error bodies: Twilio's own, RFC 9457, or a list of errors."""
        body = self.json()
        errors = body.get("errors")
        first = errors[0] if "code" not in body and isinstance(errors, list) and errors else body
        code = first.get("code") if isinstance(first, dict) else None
        if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) < 10:
            return int(code)
        return code if isinstance(code, int) and not isinstance(code, bool) else None

    def wait_seconds(self, now: datetime) -> float | None:
        """What ``Retry-After`` asks for, at most a day; None: it is missing or cannot be read."""
        given = self.headers.get("retry-after", "").strip()
        if given.isascii() and given.isdigit():
            return min(float(given[:9]), _LONGEST_WAIT_SECONDS)
        try:
            seconds = (parsedate_to_datetime(given) - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
        return min(max(seconds, 0.0), _LONGEST_WAIT_SECONDS)


async def call(http: HttpMaker, request: httpx.Request, *, auth: httpx.BasicAuth | None = None) -> Reply:
    """Make *request* once and read the whole answer. *auth*: where the request does not carry its credentials yet.

    Raises TryLater where surely nothing was sent, Unsure where it may have arrived. No message holds the URL.
    """
    try:
        async with (
            asyncio.timeout(_DEADLINE_SECONDS),
            http(timeout=_TIMEOUT, follow_redirects=False) as client,
        ):
            answer = await client.send(request, stream=True, auth=auth)
            try:
                return Reply(status=answer.status_code, headers=answer.headers, body=await _bounded(answer))
            finally:
                await answer.aclose()
    except _NOTHING_SENT as error:
        raise TryLater(f"the SMS provider cannot be reached ({type(error).__name__})") from error
    except (httpx.HTTPError, TimeoutError) as error:
        raise Unsure(f"the SMS provider's answer did not arrive whole ({type(error).__name__})") from error


async def _bounded(answer: httpx.Response) -> bytes:
    """The body; raises Unsure once it is longer than any honest one."""
    parts, size = [], 0
    async for part in answer.aiter_bytes():
        parts.append(part)
        size += len(part)
        if size > _MOST_BYTES:
            raise Unsure(f"the SMS provider's answer is longer than {_MOST_BYTES} bytes")
    return b"".join(parts)
