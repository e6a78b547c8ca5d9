"""The simulated carrier on a real port, a webhook that keeps what it is sent, and a clock the test moves."""

from __future__ import annotations

import importlib.util
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
import uvicorn

from ascend_core.contracts import RawRequest
from ascend_core.testing.clock import VirtualClock
from ascend_sms.simulator import CarrierSandbox, make_sandbox

from .specification import problems_of

CAN_CHECK = importlib.util.find_spec("openapi_schema_validator") is not None
PHONE = "+12025550123"
"""A mobile under seed 7."""


class Webhook:
    """Somebody's server: keeps every request and answers as told."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.raw: list[RawRequest] = []
        self.status = 204
        self.headers: dict[str, str] = {}
        self.base_url = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
        query = f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
        headers = tuple((name.decode(), value.decode()) for name, value in scope["headers"])
        url = self.base_url + scope["path"] + query
        self.raw.append(RawRequest(method=scope["method"], url=url, headers=headers, body=body))
        self.requests.append(
            {
                "url": url,
                "headers": dict(headers),
                "form": dict(parse_qsl(body.decode(), keep_blank_values=True)),
            }
        )
        answered = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": answered})
        await send({"type": "http.response.body", "body": b""})

    @property
    def forms(self) -> list[dict[str, str]]:
        return [request["form"] for request in self.requests]

    @property
    def statuses(self) -> list[str]:
        return [form["MessageStatus"] for form in self.forms]


class CheckingClient(httpx.Client):
    """Holds every answer against the provider's specification."""

    checked = 0

    def send(self, request: httpx.Request, **more: Any) -> httpx.Response:
        answer = super().send(request, **more)
        if CAN_CHECK and answer.is_success and answer.headers.get("content-type") == "application/json":
            assert problems_of(request.method, request.url.path, answer.status_code, answer.json()) == []
            self.checked += 1
        return answer


class Customer:
    """The account holder, over HTTP."""

    def __init__(self, sandbox: CarrierSandbox, base_url: str, callback_url: str) -> None:
        self.settings = sandbox.settings(base_url)
        self.callback_url = callback_url
        self.root = f"{base_url}/2010-04-01/Accounts/{self.settings['account_sid']}"
        self.base_url = base_url
        auth = (self.settings["account_sid"], self.settings["auth_token"])
        self.http = CheckingClient(auth=auth, trust_env=False, timeout=10, verify=False)

    @property
    def checked(self) -> int:
        """Answers that fit the provider's specification; one that does not fails the test."""
        return self.http.checked

    def send(self, to: str = PHONE, **changes: Any) -> httpx.Response:
        known = {"To": to, "From": self.settings["from_number"], "Body": "Hello", "StatusCallback": self.callback_url}
        form = {name: value for name, value in {**known, **changes}.items() if value is not None}
        return self.http.post(f"{self.root}/Messages.json", data=form)

    def fetch(self, sid: str) -> dict[str, Any]:
        answer = self.http.get(f"{self.root}/Messages/{sid}.json")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def listed(self, **query: Any) -> dict[str, Any]:
        answer = self.http.get(f"{self.root}/Messages.json", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def control(self, name: str, data: Any = None) -> Any:
        answer = self.http.post(f"{self.base_url}/_sim/{name}", json=data)
        assert answer.status_code == 200, answer.text
        return answer.json()


class Slot:
    """A port that listens for the whole session, behind which each test puts its own application."""

    def __init__(self) -> None:
        self.app: Any = None
        self._listener = socket.socket(proto=socket.IPPROTO_TCP)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(self, log_level="critical", lifespan="off", ws="none"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]})
        self._thread.start()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._listener.close()


@pytest.fixture(scope="session")
def slots() -> Iterator[list[Slot]]:
    """The ports opened so far and free again."""
    free: list[Slot] = []
    yield free
    for slot in free:
        slot.close()


@pytest.fixture
def serve(slots: list[Slot]) -> Iterator[Callable[[Any], str]]:
    """Serves an ASGI application on loopback until the test ends. A port listens at once: nobody has to wait."""
    taken: list[Slot] = []

    def start(app: Any) -> str:
        slot = slots.pop() if slots else Slot()
        slot.app = app
        taken.append(slot)
        return slot.base_url

    yield start
    slots.extend(taken)


@pytest.fixture
def phone() -> str:
    return PHONE


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2026, 11, 23, 18, 0, tzinfo=UTC))


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "carrier.jsonl"


@pytest.fixture
def sandbox(clock: VirtualClock, journal: Path) -> CarrierSandbox:
    return make_sandbox(clock=clock, seed=7, journal=journal)


@pytest.fixture
def webhook(serve: Callable[[Any], str]) -> Webhook:
    webhook = Webhook()
    webhook.base_url = serve(webhook)
    return webhook


@pytest.fixture
def customer_of(serve: Callable[[Any], str], webhook: Webhook) -> Iterator[Callable[[CarrierSandbox], Customer]]:
    with ExitStack() as stack:

        def make(sandbox: CarrierSandbox) -> Customer:
            sandbox.point_webhooks(f"{webhook.base_url}/inbound?channel=1")
            customer = Customer(sandbox, serve(sandbox.app), f"{webhook.base_url}/status?key=abc%2Fd")
            stack.enter_context(customer.http)
            return customer

        yield make


@pytest.fixture
def customer(customer_of: Callable[[CarrierSandbox], Customer], sandbox: CarrierSandbox) -> Customer:
    return customer_of(sandbox)


@pytest.fixture
def settle_all(clock: VirtualClock, sandbox: CarrierSandbox) -> Callable[[], int]:
    """Moves the clock from one due time to the next until nothing waits."""

    def settle() -> int:
        posted = 0
        while (due_at := sandbox.next_due()) is not None:
            clock.set(max(due_at, clock.now()))
            posted += sandbox.settle()
        return posted

    return settle


@pytest.fixture
def soon(clock: VirtualClock) -> Callable[[], None]:
    """Lets a minute pass: every status of what was accepted is due."""
    return lambda: clock.advance(timedelta(minutes=1))
