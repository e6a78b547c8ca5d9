"""The load of P3; run as a program, a server that does nothing but redirect."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ascend_core.web.serving import bind, serve, url_of

__all__ = ["CONNECTIONS", "open_links", "server_seconds"]

CONNECTIONS = 32
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"

_LOCATION = b"https://box.example.org/form/f0?utm_content=abcdefghijk&utm_campaign=abcdefghijk"
_HEADERS = [
    (b"location", _LOCATION),
    (b"cache-control", b"private, no-store"),
    (b"x-robots-tag", b"noindex, nofollow"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-length", b"0"),
]


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """A redirect with no work: the least that this server can do."""
    while scope["type"] == "lifespan":
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
    await send({"type": "http.response.start", "status": 302, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": b""})


def open_links(host: str, port: int, paths: Sequence[str], requests: int) -> int:
    """Open links over ``CONNECTIONS`` that are kept alive, each link from an address of its own. Returns how many."""
    lines = [_request(paths[number % len(paths)], number % len(paths)) for number in range(requests)]
    return asyncio.run(_open_all(host, port, lines))


def _request(path: str, visitor: int) -> bytes:
    address = f"198.18.{visitor // 256 % 256}.{visitor % 256}"
    return f"GET {path} HTTP/1.1\r\nhost: x\r\nuser-agent: {AGENT}\r\nx-forwarded-for: {address}\r\n\r\n".encode()


async def _open_all(host: str, port: int, lines: list[bytes]) -> int:
    answered = 0

    async def visit() -> None:
        nonlocal answered
        reader, writer = await asyncio.open_connection(host, port)
        while lines:
            writer.write(lines.pop())
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 302 "):
                raise AssertionError(head)
            answered += 1
        writer.close()

    await asyncio.gather(*(visit() for _ in range(CONNECTIONS)))
    return answered


def server_seconds(pid: int) -> float:
    """CPU seconds that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    listener = bind()
    asyncio.run(serve(bare, listener, started=lambda: print(url_of(listener), flush=True)))  # noqa: T201 -- to the benchmark
