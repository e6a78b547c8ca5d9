"""Where a ``next`` link may lead: watched at the socket, below everything that reads URLs."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import Any

import httpcore
import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ascend_core.errors import Refused
from ascend_mobilize.account import MobilizeAccount
from ascend_mobilize.client import MobilizeClient

_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""No handshake ever takes place."""
HOME = "api.mobilize.us"
ELSEWHERE = "example.org"
HOSTS = st.sampled_from(
    [
        HOME,
        HOME.upper(),
        f"{HOME}.",
        f"{HOME}.{ELSEWHERE}",
        f"{ELSEWHERE}.{HOME}",
        "mobilize.us",
        "www.mobilize.us",
        "api.mobilize.us%00",
        "api.mobilize.us%2eexample.org",
        "api.mobilize.us%252e",
        "ａｐｉ.mobilize.us",
        "api。mobilize。us",
        "аpi.mobilize.us",  # the first letter is Cyrillic
        "api.mobi\u00adlize.us",
        "api.mobilize.uѕ",
        "xn--pi-6kc.mobilize.us",
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[api.mobilize.us]",
        "2130706433",
        "0x7f.1",
        "localhost",
        ELSEWHERE,
        "",
        "api.mobilize.us\t",
        " api.mobilize.us",
    ]
)
SCHEMES = st.sampled_from(
    ["https:", "http:", "HTTPS:", "hTTp:", "ftp:", "file:", "javascript:", "data:", "ws:", "", "https", "https::"]
)
SLASHES = st.sampled_from(["//", "/", "///", "////", "\\\\", "/\\", "\\", "", "//\t", "\n//"])
USERS = st.sampled_from(
    ["", "", "", "user@", "user:word@", f"{HOME}@", f"{HOME}:443@", f"{HOME}\\@", f"{HOME}#@", f"{HOME}%40", "@", ":@"]
)
PORTS = st.sampled_from(
    ["", "", ":443", ":80", ":0443", ":8443", ":0", ":-1", ":65536", ":443443", ":", ":４４３", ":x"]
)
TAILS = st.sampled_from(
    [
        "/v1/organizations/4310/attendances?cursor=c",
        "",
        "/",
        f"\\@{ELSEWHERE}/",
        f"#@{ELSEWHERE}/",
        f"?@{ELSEWHERE}/",
        f"/..//{ELSEWHERE}/",
        f"@{ELSEWHERE}/",
        ";x",
        "/\ud800",
        "/\0",
        "/\r\nHost: example.org\r\n\r\n",
        "/é?ü=ß",
    ]
)
URLS = st.builds("".join, st.tuples(SCHEMES, SLASHES, USERS, HOSTS, PORTS, TAILS)) | st.text(max_size=80)


class Watched(httpcore.AsyncMockBackend):
    """Notes who would be called, and what would be said."""

    def __init__(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        super().__init__([head.encode(), body])
        self.called: list[tuple[str, int]] = []
        self.said = bytearray()

    async def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        self.called.append((host, port))
        stream = await super().connect_tcp(host, port, *args, **kwargs)
        write = stream.write

        async def noted(buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 -- as httpcore has it
            self.said += buffer
            await write(buffer, timeout)

        stream.write = noted
        return stream


async def _ask(context: Any, account: MobilizeAccount, url: str | None, body: bytes) -> tuple[Watched, Refused | None]:
    watched = Watched(body)
    transport = httpx.AsyncHTTPTransport(verify=False, trust_env=False)
    transport._pool = httpcore.AsyncConnectionPool(network_backend=watched, ssl_context=_NO_CERTIFICATES)
    async with httpx.AsyncClient(transport=transport) as http:
        client = MobilizeClient(account, http, context.turns, context.clock)
        try:
            await client.page(client.url("attendances") if url is None else url)
        except Refused as refusal:
            return watched, refusal
    return watched, None


def _page(following: str | None) -> bytes:
    return json.dumps({"count": 0, "next": following, "previous": None, "data": []}).encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=600)
@given(url=URLS)
@example(url=f"https://{HOME}/v1/organizations/4310/attendances?cursor=c")
@example(url=f"https://{HOME}:443/v1/x")
@example(url=f"https://{HOME}\\@{ELSEWHERE}/")
@example(url=f"https://{HOME}.{ELSEWHERE}/")
def test_the_key_goes_home_or_nowhere(context, account, url) -> None:
    """However a link is written, either it is refused before anything is sent, or home alone is called and named."""
    watched, refusal = asyncio.run(_ask(context, account, url, _page(None)))

    if refusal is not None:
        assert refusal.reason == "off_host"
        assert (watched.called, bytes(watched.said)) == ([], b"")
        return
    assert watched.called == [(HOME, 443)]
    lines = bytes(watched.said).split(b"\r\n")
    assert [line.lower() for line in lines if line.lower().startswith(b"host:")] == [b"host: " + HOME.encode()]
    assert sum(line.lower().startswith(b"authorization:") for line in lines) == 1
    assert lines.count(b"") == 2, "one request, and nothing smuggled behind it"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(url=URLS)
def test_a_page_that_names_such_a_link_is_refused_whole(context, account, url) -> None:
    """Before its rows are taken: who sends us elsewhere is not believed about people either."""
    _, asked = asyncio.run(_ask(context, account, url, _page(None)))
    _, named = asyncio.run(_ask(context, account, None, _page(url)))

    assert (named is None) == (asked is None or url == "")


@pytest.mark.parametrize("url", [f"https://{HOME}/v1/x", f"HTTPS://{HOME.upper()}:443/v1/x"])
def test_home_is_recognised(context, account, url) -> None:
    """The watch itself is tried: these do go through."""
    watched, refusal = asyncio.run(_ask(context, account, url, _page(None)))

    assert refusal is None
    assert watched.called == [(HOME, 443)]
    assert b"Bearer good-key" in watched.said
