# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""What a client's requests look like on the wire, and what it is told when the wire fails."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ascend_core.calls.reading import READ_AHEAD_BYTES, ReadingTransport
from ascend_core.calls.trust import usual_trust
from tests.fakes.certificates import certificate

SECONDS = httpx.Timeout(5.0)
KEEP = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """A server on loopback: each connection answers with *answers* in turn, and is closed after the last."""

    def __init__(self, *answers: bytes, hang: bool = False) -> None:
        self.answers = answers
        self.hang = hang
        self.connections: list[list[bytes]] = []
        self.left = asyncio.Event()
        self.url = ""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        asked: list[bytes] = []
        self.connections.append(asked)
        try:
            for answer in self.answers:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if b"content-length" in line), 0)
                asked.append(head + await reader.readexactly(length))
                writer.write(answer)
                await writer.drain()
            if self.hang:
                await reader.read()  # until the client has gone
                self.left.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @property
    def asked(self) -> list[bytes]:
        return [request for connection in self.connections for request in connection]


class Late(Server):
    """One that says something more, unasked, behind its first answer."""

    def __init__(self, *answers: bytes, late: bytes) -> None:
        super().__init__(*answers)
        self.late = late
        self.sent = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        if not self.connections:
            asyncio.get_running_loop().call_later(0.05, self._say, writer)
        await super().__call__(reader, writer)

    def _say(self, writer: asyncio.StreamWriter) -> None:
        writer.write(self.late)
        self.sent.set()


@asynccontextmanager
async def running(server: Server, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """The server at work."""
    async with await asyncio.start_server(server, "127.0.0.1", 0, ssl=tls) as listening:
        server.url = f"http{'s' if tls else ''}://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield server


@asynccontextmanager
async def client(seconds: httpx.Timeout = SECONDS, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A reader as plugins get it."""
    async with httpx.AsyncClient(transport=ReadingTransport(), timeout=seconds, trust_env=False, **options) as http:
        yield http


def play(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


def test_a_url_goes_out_to_the_letter_and_no_header_is_added() -> None:
    async def story() -> None:
        async with running(Server(KEEP)) as server, client() as http:
            url = f"{server.url.replace('//', '//me:secret@')}/a%2Fb/%C3%A9?b=%2B1&a=x%20y&updated_since=gte_3&e=#top"
            answer = await http.get(url, headers={"Accept": "application/json", "Accept-Encoding": "gzip"})
            assert (answer.status_code, answer.text) == (200, "ok")
        first, *headers = server.asked[0].decode().split("\r\n")
        assert first == "GET /a%2Fb/%C3%A9?b=%2B1&a=x%20y&updated_since=gte_3&e= HTTP/1.1"
        assert sorted(line.lower() for line in headers if line) == [
            "accept-encoding: gzip",
            "accept: application/json",
            "authorization: basic bwu6c2vjcmv0",
            "connection: keep-alive",
            f"host: {server.url[7:]}",
            f"user-agent: python-httpx/{httpx.__version__}",
        ]

    play(story)


def test_nothing_but_a_get_over_http_is_sent() -> None:
    async def story() -> None:
        async with running(Server(KEEP)) as server, client() as http:
            for method in ("POST", "PUT", "DELETE", "HEAD"):
                with pytest.raises(httpx.UnsupportedProtocol, match="only reads"):
                    await http.request(method, server.url)
            with pytest.raises(httpx.UnsupportedProtocol):
                await http.get(server.url.replace("http:", "ftp:"))
        assert server.connections == []

    play(story)


def test_a_connection_is_used_again_once_its_answer_was_read() -> None:
    async def story() -> None:
        async with running(Server(KEEP, KEEP)) as server, client() as http:
            await http.get(server.url)
            await http.get(server.url)
            assert [len(requests) for requests in server.connections] == [2]

    play(story)


def test_a_connection_whose_answer_was_left_is_closed() -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b"x" * READ_AHEAD_BYTES

    async def story() -> None:
        async with running(Server(long, long, hang=True)) as server, client() as http:
            for _ in range(2):
                async with http.stream("GET", server.url) as answer:
                    async for _piece in answer.aiter_bytes():
                        break
            assert [len(requests) for requests in server.connections] == [1, 1]

    play(story)


def test_packed_answers_are_unpacked_and_headers_kept_as_they_came() -> None:
    packed = gzip.compress(b'{"data": []}')
    head = (
        f"HTTP/1.1 429 Slow\r\nX-Two: a\r\nX-Two: b\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    )

    async def story() -> None:
        async with running(Server(head.encode() + packed)) as server, client() as http:
            answer = await http.get(server.url)
            assert (answer.status_code, answer.json()) == (429, {"data": []})
            assert answer.headers.get_list("x-two") == ["a", "b"]

    play(story)


def test_redirects_are_the_clients_to_follow() -> None:
    async def story() -> None:
        moved = b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"
        async with running(Server(moved, KEEP)) as server, client() as http, client(follow_redirects=True) as following:
            assert (await http.get(server.url)).status_code == 302
            assert (await following.get(server.url)).text == "ok"
        assert [requests[-1].split()[1] for requests in server.connections] == [b"/", b"/there"]

    play(story)


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_where_nobody_can_be_reached_it_says_so() -> None:
    async def story() -> None:
        async with client() as http:
            for url in (f"http://127.0.0.1:{closed_port()}/", "http://a..invalid/"):
                with pytest.raises(httpx.ConnectError) as told:
                    await http.get(f"{url}?token=secret", headers={"Authorization": "Bearer secret"})
                assert "secret" not in str(told.value)

    play(story)


def test_where_the_other_side_does_not_speak_tls_it_is_not_asked() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def story() -> None:
        async with await asyncio.start_server(plain, "127.0.0.1", 0) as server, client() as http:
            with pytest.raises(httpx.ConnectError):
                await http.get(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")

    play(story)


def test_a_server_that_does_not_take_the_connection_times_out() -> None:
    async def story() -> None:
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            waiting = [socket.socket() for _ in range(3)]  # more than it keeps waiting: the next one hears nothing
            for each in waiting:
                each.setblocking(False)
                each.connect_ex(full.getsockname())
            try:
                async with client(httpx.Timeout(5.0, connect=0.2)) as http:
                    with pytest.raises(httpx.ConnectTimeout):
                        await http.get(f"http://127.0.0.1:{full.getsockname()[1]}/")
            finally:
                for each in waiting:
                    each.close()

    play(story)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200", httpx.RemoteProtocolError),
        (b"nonsense\r\n\r\n", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nhalf", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", httpx.RemoteProtocolError),
    ],
)
def test_an_answer_that_breaks_off_is_none(answer: bytes, error: type[httpx.TransportError]) -> None:
    async def story() -> None:
        async with running(Server(answer)) as server, client() as http:
            with pytest.raises(httpx.TransportError) as told:
                await http.get(f"{server.url}/?token=secret", headers={"Authorization": "Bearer secret"})
        assert type(told.value) is error
        assert "secret" not in f"{told.value} {told.value.__cause__}"
        assert str(told.value.request.url).endswith("/?token=secret")  # as httpx's own tell it, to whoever asks
        assert len(server.asked) == 1

    play(story)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nhalf"])
def test_an_answer_that_stops_coming_times_out(answer: bytes) -> None:
    async def story() -> None:
        async with running(Server(answer, hang=True)) as server, client(httpx.Timeout(5.0, read=0.2)) as http:
            with pytest.raises(httpx.ReadTimeout):
                await http.get(server.url)
            assert len(server.asked) == 1

    play(story)


def test_nothing_is_asked_twice_also_where_a_kept_connection_had_gone() -> None:
    async def story() -> None:
        async with running(Server(KEEP, b"")) as server, client() as http:
            await http.get(server.url)
            with pytest.raises(httpx.RemoteProtocolError):
                await http.get(server.url)
            assert [len(requests) for requests in server.connections] == [2]
            assert (await http.get(server.url)).text == "ok"

    play(story)


@pytest.mark.parametrize(("name", "trusted"), [("127.0.0.1", True), ("127.0.0.1", False), ("other.example.org", True)])
def test_a_key_goes_only_to_a_server_that_proves_its_name(tmp_path: Path, name: str, trusted: bool) -> None:
    serving, trust = certificate(name, tmp_path)

    async def story() -> None:
        async with (
            running(Server(KEEP), serving) as server,
            httpx.AsyncClient(transport=ReadingTransport(trust if trusted else None), trust_env=False) as http,
        ):
            if name == "127.0.0.1" and trusted:
                assert (await http.get(server.url)).text == "ok"
            else:
                with pytest.raises(httpx.ConnectError):
                    await http.get(server.url, headers={"Authorization": "Bearer key"})
                assert server.asked == []

    play(story)


def test_what_came_unasked_is_nobodys_answer() -> None:
    """A proxy that answers twice would else shift every page by one."""
    one, two, unasked = (
        f"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{body}".encode() for body in ("one", "two", "odd")
    )

    async def story() -> None:
        async with running(Late(one, two, late=unasked)) as server, client() as http:
            assert (await http.get(server.url)).text == "one"
            await server.sent.wait()
            await asyncio.sleep(0.05)
            assert (await http.get(server.url)).text == "one"  # on a connection of its own
        assert [len(requests) for requests in server.connections] == [1, 1]

    play(story)


def test_a_header_that_holds_the_end_of_a_line_is_not_sent() -> None:
    async def story() -> None:
        async with running(Server(KEEP)) as server, client() as http:
            with pytest.raises(httpx.LocalProtocolError):
                await http.get(server.url, headers={"X-Name": "a\r\nX-Other: b"})
        assert server.asked == []

    play(story)


def test_who_is_not_waited_for_any_longer_leaves_nothing_open() -> None:
    async def story() -> None:
        async with running(Server(b"", hang=True)) as server, client() as http:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await http.get(server.url)
            await asyncio.wait_for(server.left.wait(), 5)

    play(story)


def test_certificates_are_those_of_the_usual_authorities_read_once() -> None:
    assert usual_trust() is usual_trust()
    assert usual_trust().verify_mode is ssl.CERT_REQUIRED
    assert usual_trust().check_hostname
