"""Serving an application: on a port of our choice, in the foreground or in a thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn

from ascend_core.errors import AscendError

__all__ = ["ThreadedServer", "bind", "serve", "url_of"]

BACKLOG = 2048
START_SECONDS = 10.0


def bind(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """A listening socket. Port 0: any free one. Raises AscendError, saying what to do, when it cannot be had."""
    # naming the protocol lets asyncio set TCP_NODELAY; without it an answer of two writes waits 40 ms for an ACK
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise AscendError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose another with --port"
        ) from error
    return listener


def url_of(listener: socket.socket) -> str:
    """Where a listening socket is reached on this machine."""
    host, port = listener.getsockname()[:2]
    return f"http://{'[' + host + ']' if ':' in host else host}:{port}"


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        log_level=None,
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="on",
        ws="none",
    )


async def serve(app: Any, listener: socket.socket, *, started: Callable[[], None] = lambda: None) -> None:
    """Serve until the process is asked to end."""
    server = uvicorn.Server(_config(app))
    started()
    await server.serve(sockets=[listener])


class ThreadedServer:
    """An application served in a thread of this process, until ``close``."""

    def __init__(self, app: Any, listener: socket.socket) -> None:
        self.url = url_of(listener)
        self._ready = threading.Event()
        self._server = _ReadyServer(_config(app), self._ready)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name=f"server {self.url}", daemon=True
        )
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise AscendError(f"the server at {self.url} did not start")

    def ask_to_end(self) -> None:
        """Begin to end, without waiting for it."""
        self._server.should_exit = True

    def close(self) -> None:
        """Answer what is in hand, and end."""
        self.ask_to_end()
        self._thread.join(timeout=START_SECONDS)


class _ReadyServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._told = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._told.set()
