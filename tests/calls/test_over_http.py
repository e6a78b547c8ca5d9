# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""One call: to one address, for a bounded time, reading a bounded answer, following nothing."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from ascend_core.calls.call import Call, Called
from ascend_core.calls.over_http import MOST_ANSWERED, HttpCaller
from ascend_core.errors import Refused, TryLater
from tests.fakes.certificates import certificate


class Server(ThreadingHTTPServer):
    """A server on loopback that answers as it is told, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, Any]] = []
        self.status, self.body, self.headers_sent = 200, b'{"id": 7}', {}
        self.hold = threading.Event()
        self.hold.set()


class Handler(BaseHTTPRequestHandler):
    """Notes the request and gives the server's answer."""

    server: Server

    def answer(self) -> None:
        """For every method."""
        length = int(self.headers.get("content-length", 0))
        self.server.asked.append(
            {
                "method": self.command,
                "path": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": self.rfile.read(length).decode(),
            }
        )
        self.server.hold.wait(5)
        self.send_response(self.server.status)
        for name, value in self.server.headers_sent.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    do_POST = do_GET = do_PUT = do_PATCH = answer  # noqa: N815 -- names of the standard library

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the standard library's
        """Nothing."""


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """The server at work in a thread."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    """In plain HTTP."""
    with running(Server()) as started:
        yield started


async def loopback(name: str, port: int) -> Sequence[str]:
    """Every name leads here."""
    return ("127.0.0.1",)


def call(server: Server, **values: Any) -> Called:
    """A call by a name that only our resolver knows."""
    port = server.server_address[1]
    wanted = Call(url=f"http://crm.example.org:{port}/people?x=1", method="POST", document={"a": "ñ"}, key="key-1")
    caller = values.pop("caller", HttpCaller(private=True, resolve=loopback))
    return asyncio.run(caller(evolve(wanted, **values)))


def test_a_call_says_what_it_is(server: Server) -> None:
    """The name in Host, JSON, and a key by which the other side knows a repeated call."""
    answer = call(server, headers={"X-Team": "field"})

    (asked,) = server.asked
    assert (asked["method"], asked["path"], json.loads(asked["body"])) == ("POST", "/people?x=1", {"a": "ñ"})
    assert asked["headers"]["host"] == f"crm.example.org:{server.server_address[1]}"
    assert asked["headers"]["idempotency-key"] == "key-1"
    assert asked["headers"]["x-team"] == "field"
    assert asked["headers"]["content-type"] == "application/json"
    assert answer == Called(status=200, document={"id": 7})
    assert answer.ok


def test_a_private_address_is_not_even_connected_to(server: Server) -> None:
    """Whatever name it hides behind."""
    with pytest.raises(Refused, match="private address"):
        call(server, caller=HttpCaller(resolve=loopback))

    assert server.asked == []


def test_a_redirect_is_not_followed(server: Server) -> None:
    """It could lead behind our own door; the author writes the right address."""
    server.status, server.headers_sent = 302, {"location": "http://127.0.0.1/secret"}

    answer = call(server)

    assert (answer.status, answer.ok, len(server.asked)) == (302, False, 1)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_work_later_is_told_so(server: Server, status: int) -> None:
    """With the pause the other side asked for."""
    server.status, server.headers_sent = status, {"retry-after": "90"}

    with pytest.raises(TryLater) as later:
        call(server)

    assert later.value.after_seconds == 90


def test_a_long_answer_is_not_read_to_its_end(server: Server) -> None:
    """It counts as one without JSON."""
    server.body = b'"' + b"x" * (MOST_ANSWERED + 10) + b'"'

    assert call(server) == Called(status=200, document=None)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 5000, b"\xff\xfe"])
def test_an_answer_that_is_no_json_is_an_answer(server: Server, body: bytes) -> None:
    """There is nothing in it, that is all."""
    server.body = body

    assert call(server) == Called(status=200, document=None)


def test_an_answer_that_was_packed_badly_is_an_answer(server: Server) -> None:
    """The other side has done what it was asked; calling again would do it twice."""
    server.headers_sent, server.body = {"content-encoding": "gzip"}, b"no gzip at all"

    assert call(server) == Called(status=200, document=None)


@pytest.mark.parametrize("values", [{"url": "http://crm.example.org:99999/"}, {"headers": {"X-Team": "café\n"}}])
def test_what_cannot_be_called_is_refused_for_good(server: Server, values: dict[str, Any]) -> None:
    """Trying later would not mend it."""
    with pytest.raises(Refused, match="cannot be used"):
        call(server, **values)

    assert server.asked == []


def test_a_slow_server_is_given_up(server: Server) -> None:
    """The whole call has a bound, not each byte."""
    server.hold.clear()

    with pytest.raises(TryLater, match="in time"):
        call(server, caller=HttpCaller(private=True, resolve=loopback, seconds=0.2))


def test_nobody_listening_is_tried_later(server: Server) -> None:
    """Refused connections pass."""
    with pytest.raises(TryLater, match="cannot be reached"):
        call(server, url="http://crm.example.org:1/")


@pytest.mark.parametrize(("name", "works"), [("crm.example.org", True), ("other.example.org", False)])
def test_the_certificate_must_be_the_names(tmp_path: Path, name: str, works: bool) -> None:
    """Although it is an address that is connected to."""
    serving, trust = certificate(name, tmp_path)
    secure = Server()
    secure.socket = serving.wrap_socket(secure.socket, server_side=True)
    with running(secure):
        port = secure.server_address[1]
        caller = HttpCaller(private=True, resolve=loopback, trust=trust)
        url = f"https://crm.example.org:{port}/"
        if works:
            assert call(secure, url=url, caller=caller).ok
        else:
            with pytest.raises(TryLater):
                call(secure, url=url, caller=caller)
