"""The wire for reading lists of many large pages: httpx as plugins know it, over aiohttp.

httpx's own wire is pure Python, and took a tenth of a first sync, whose pages are a quarter of a megabyte each; this
one takes half of that. It only reads: whoever sends wants an odd answer taken as it is, where aiohttp refuses it
(a 204 with a body, a length given twice), and to know one that was cut from a whole one, also where it named no length.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import httpx

from ascend_core.calls.trust import usual_trust

if TYPE_CHECKING:
    import aiohttp
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace
    from yarl import URL

__all__ = ["ReadingTransport", "warm_reading"]

READ_AHEAD_BYTES = 256 * 1024
"""Of an answer, before the wire waits for its reader: a usual page of Mobilize comes in one piece."""
LONGEST_HEADER_BYTES, MOST_HEADERS = 64 * 1024, 1_000
"""Of an answer."""
KEPT_SECONDS = 5.0
"""How long a connection that nobody uses stays open; servers close theirs about then."""
_WIRE_ADDS_NOTHING = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that the client has chosen, or chosen not to send."""


def warm_reading() -> None:
    """Load aiohttp now (a quarter of a second), so that the first request does not hold others up."""
    import aiohttp  # noqa: F401 -- loading it is all


class ReadingTransport(httpx.AsyncBaseTransport):
    """Takes the GETs of one client to the network, each once, and keeps its connections.

    *trust*: whose certificates count; None: those of the usual authorities. Raises what httpx promises; for anything
    but a GET over HTTP ``UnsupportedProtocol``, before a byte is sent.
    """

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        self._trust = trust
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Make the request; the body of the answer is read from the network as it is asked for."""
        if request.method != "GET" or request.url.scheme not in ("http", "https"):
            raise httpx.UnsupportedProtocol("this client only reads, by GET over HTTP")
        if self._session is None:
            self._session = _session(self._trust or usual_trust())
        with _as_httpx():
            answer = await self._session.get(
                _verbatim(request.url),
                headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
                allow_redirects=False,
                timeout=_timeout(request),
            )
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=_Answer(answer))

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


class _Answer(httpx.AsyncByteStream):
    """The body of an answer, as it comes."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for piece in self._answer.content.iter_any():
                yield piece

    async def aclose(self) -> None:
        """Give the connection back; one with an answer that was not read to its end is cut."""
        connection = self._answer.connection  # None: read to its end, and given back
        if connection is not None and connection.transport is not None:
            connection.transport.abort()
        self._answer.close()


def _session(trust: ssl.SSLContext) -> aiohttp.ClientSession:
    import aiohttp

    return aiohttp.ClientSession(
        connector=_connector_type()(ssl=trust, keepalive_timeout=KEPT_SECONDS),
        middlewares=(_once,),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=_WIRE_ADDS_NOTHING,
        auto_decompress=False,
        read_bufsize=READ_AHEAD_BYTES,
        max_line_size=LONGEST_HEADER_BYTES,
        max_field_size=LONGEST_HEADER_BYTES,
        max_headers=MOST_HEADERS,
    )


@cache
def _connector_type() -> type[aiohttp.TCPConnector]:
    import aiohttp

    class Connector(aiohttp.TCPConnector):
        """Never goes on with a kept connection on which something came that nobody asked for: aiohttp would take it
        for the answer to the next request."""

        async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
            for kept, _ in self._conns.get(key, ()):
                if kept.should_close:
                    kept.close()
            return await super()._get(key, traces)

    return Connector


async def _once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Ask once: a connection that ended too early is an error of httpx's here already, and aiohttp, which asks again
    after its own, does not. A second request would have had no turn."""
    with _as_httpx():
        return await send(request)


def _verbatim(url: httpx.URL) -> URL:
    """*url* as it is, without credentials: httpx made a header of them."""
    from yarl import URL

    return URL(f"{url.scheme}://{url.netloc.decode()}{url.raw_path.decode()}", encoded=True)


def _timeout(request: httpx.Request) -> aiohttp.ClientTimeout:
    import aiohttp

    seconds = request.extensions.get("timeout", {})
    return aiohttp.ClientTimeout(
        total=None, connect=seconds.get("pool"), sock_connect=seconds.get("connect"), sock_read=seconds.get("read")
    )


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Raises httpx's errors instead of aiohttp's, whose texts name the URL."""
    import aiohttp

    try:
        yield
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise _kind_of(error)(type(error).__name__) from None


def _kind_of(error: Exception) -> type[httpx.TransportError]:
    """What httpx calls *error*."""
    import aiohttp

    match error:
        case aiohttp.ConnectionTimeoutError():
            return httpx.ConnectTimeout
        case aiohttp.ClientConnectorError() | UnicodeError():  # no such name, nobody there, no good certificate
            return httpx.ConnectError
        case TimeoutError():
            return httpx.ReadTimeout
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientResponseError() | aiohttp.ClientPayloadError():
            return httpx.RemoteProtocolError
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return httpx.UnsupportedProtocol
        case aiohttp.ClientError() | OSError():
            return httpx.ReadError
        case _:  # a header that holds the end of a line
            return httpx.LocalProtocolError
