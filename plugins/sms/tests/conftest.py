"""A fake provider, a clock and the requests it makes, for the tests of the channel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, settings

from ascend_core.contracts import Outbound, PluginContext, RawRequest, Secret
from ascend_sms.settings import SmsSettings
from ascend_sms.signature import signature_of
from ascend_sms.twilio import TwilioChannel

# laws are tried on the same examples each time, however busy the machine is
settings.register_profile("ascend", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ascend")

ACCOUNT = "AC" + "0" * 32
SENDER = "+12025550100"
MEMBER = "+12025550111"
NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
HOOK = "https://texts.example.org/hooks/sms/1"


class FakeClock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class FakeRandomness:
    """No chance at all."""

    def token(self, length: int, alphabet: str) -> str:
        return alphabet[0] * length

    def fraction(self) -> float:
        return 0.0


class FakeProvider:
    """Answers like the provider, keeps what it accepted, and does once what it was told in ``next``."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.accepted: list[dict[str, object]] = []
        self.next: httpx.Response | Exception | None = None
        self.drops_answers = False
        self.page_size = 1_000
        self.secrets = {ACCOUNT: "token-1"}

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if isinstance(self.next, Exception):
            raise self.next
        if self.next is not None:
            return self.next
        if not self._knows(request):
            return self.error(401, 20003)
        return self._create(request) if request.method == "POST" else self._list(request)

    def error(self, status: int, code: int) -> httpx.Response:
        return httpx.Response(status, json={"code": code, "message": "no", "more_info": "", "status": status})

    def record(self, **changes: object) -> dict[str, object]:
        """The provider's record of one text, as in its specification's example."""
        known: dict[str, object] = {
            "account_sid": ACCOUNT,
            "body": "Hello",
            "date_created": "Mon, 23 Nov 2026 18:00:00 +0000",
            "date_sent": None,
            "direction": "outbound-api",
            "error_code": None,
            "from": SENDER,
            "messaging_service_sid": None,
            "num_segments": "1",
            "sid": "SM" + format(len(self.accepted) + 1, "032x"),
            "status": "queued",
            "to": MEMBER,
        }
        return {**known, **changes}

    def form(self) -> dict[str, str]:
        """The form of the last request."""
        return dict(parse_qsl(self.requests[-1].content.decode(), keep_blank_values=True))

    def _knows(self, request: httpx.Request) -> bool:
        given = request.headers.get("authorization")
        return given in {httpx.BasicAuth(*pair)._auth_header for pair in self.secrets.items()}

    def _create(self, request: httpx.Request) -> httpx.Response:
        form = self.form()
        self.accepted.append(self.record(to=form["To"], body=form["Body"]))
        if self.drops_answers:
            raise httpx.ReadTimeout("the answer is lost", request=request)
        return httpx.Response(201, json=self.accepted[-1])

    def _list(self, request: httpx.Request) -> httpx.Response:
        asked = dict(request.url.params)
        found = [one for one in self.accepted if asked.get("To", one["to"]) == one["to"]]
        page, size = int(asked.get("Page", "0")), min(int(asked["PageSize"]), self.page_size)
        rest = found[(page + 1) * size :]
        query = urlencode({**asked, "Page": page + 1})
        return httpx.Response(
            200,
            json={
                "messages": found[page * size : (page + 1) * size],
                "next_page_uri": f"{request.url.path}?{query}" if rest else None,
            },
        )


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()


@pytest.fixture
def context(provider: FakeProvider, clock: FakeClock) -> PluginContext:
    def http(*, timeout: httpx.Timeout, follow_redirects: bool = False) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.MockTransport(provider.handle), timeout=timeout, follow_redirects=follow_redirects
        )

    return PluginContext(plugin="sms", clock=clock, randomness=FakeRandomness(), http=http)


@pytest.fixture
def channel(context: PluginContext) -> TwilioChannel:
    return TwilioChannel(context)


@pytest.fixture
def settings_with() -> Callable[..., SmsSettings]:
    def make(**changes: object) -> SmsSettings:
        return SmsSettings(**{"account_sid": ACCOUNT, "auth_token": "token-1", "from_number": SENDER, **changes})

    return make


@pytest.fixture
def settings(settings_with: Callable[..., SmsSettings]) -> SmsSettings:
    return settings_with()


@pytest.fixture
def text_with() -> Callable[..., Outbound]:
    def make(**changes: object) -> Outbound:
        return Outbound(**{"message_key": "k-1", "phone": MEMBER, "body": "Hello", **changes})

    return make


@pytest.fixture
def posted() -> Callable[..., RawRequest]:
    """A request as the provider posts it: a form, to our address with *query*."""

    def make(form: dict[str, str] | bytes, *, query: str = "", method: str = "POST") -> RawRequest:
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        url = HOOK + query
        pairs = tuple(parse_qsl(body.decode("latin-1"), keep_blank_values=True))
        headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")] if method == "POST" else []
        signature = signature_of(url, pairs, Secret("token-1"))
        return RawRequest(method=method, url=url, headers=(*headers, ("x-twilio-signature", signature)), body=body)

    return make
