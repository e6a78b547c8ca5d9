"""A clock one turns by hand, and a simulated Mobilize on a real port."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn

from ascend_mobilize.simulator import History, Simulator, World
from ascend_mobilize.simulator.signups import SignUp

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class HandClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = NOON
        self.seconds = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.pass_time(seconds)

    def pass_time(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds


class Direct(httpx.BaseTransport):
    """Hands requests to an ASGI application without a network, for tests that only look at answers."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app=app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


class Mobilize:
    """A simulator with one event, and a client that talks to it."""

    org = 4017
    key = "simulated-key"

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.world = World(org_id=self.org, seed=1, made_at=1_600_000_000)
        self.history = History(self.world, clock)
        self.simulator = Simulator(history=self.history, api_key=self.key)
        self.simulator.switches.rate_limit = False
        self.http = httpx.Client(transport=Direct(self.simulator.app), base_url="http://mobilize.example.org")
        self.event = self.add_event("Park Cleanup Day")

    def add_event(self, title: str, **fields: Any) -> int:
        start = self.history.now() + 86_400
        slots = fields.pop("slots", [[start, start + 7_200]])
        wish = {"title": title, "slots": slots, "url_base": "http://mobilize.example.org", **fields}
        event_id: int = self.history.perform("add_event", wish)
        return event_id

    def sign_up(self, name: str = "Ada", **fields: Any) -> int:
        wish = {
            "event_id": self.event,
            "first_name": name,
            "last_name": "Sample",
            "email": f"{name.lower()}@example.org",
            "phone": "2125550100",
            "zip": "10001",
            "opted_in": True,
            **fields,
        }
        made: list[int] = self.history.perform("sign_up", SignUp(**wish).as_data())
        return made[0]

    def get(self, path: str, *, key: str | None = key, **params: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        return self.http.get(f"/v1{path}", params=params or None, headers=headers)

    def attendances(self, **params: Any) -> Any:
        return self.get(f"/organizations/{self.org}/attendances", **params).json()

    def lever(self, path: str, /, **wish: Any) -> httpx.Response:
        return self.http.post(f"/_sim{path}", json=wish)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def mobilize(clock: HandClock) -> Iterator[Mobilize]:
    made = Mobilize(clock)
    with made.http:
        yield made


@contextmanager
def served(app: Any) -> Iterator[str]:
    """*app* on a free port of loopback; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def serve() -> Callable[[Any], Any]:
    return served


@pytest.fixture
def direct() -> Callable[[Any], httpx.BaseTransport]:
    return Direct
