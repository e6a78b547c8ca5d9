"""A small Mobilize of our own making: invented payloads of the real shape, and a server that lists them."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from attrs import define, field
from hypothesis import HealthCheck, settings

from ascend_core.contracts import PluginContext
from ascend_mobilize.account import MobilizeAccount

# laws are tried on the same examples each time, however busy the machine is
settings.register_profile("ascend", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ascend")

ORGANIZATION = {
    "id": 4310,
    "name": "Neighbors of Example County",
    "slug": "examplecounty",
    "is_coordinated": False,
    "is_independent": True,
    "is_nonelectoral": True,
    "is_primary_campaign": False,
    "state": "",
    "district": "",
    "candidate_name": "",
    "race_type": None,
    "org_type": "C4",
    "event_feed_url": "https://www.mobilize.us/examplecounty/",
    "logo_url": "",
    "created_date": 1_700_000_000,
    "modified_date": 1_750_000_000,
}

EVENT = {
    "id": 70_021,
    "title": "Canvass with the  Neighbors",
    "description": "Bring water.\nBring a friend.",
    "summary": "",
    "featured_image_url": "",
    "high_priority": None,
    "sponsor": ORGANIZATION,
    "timeslots": [
        {"id": 812, "start_date": 1_767_286_800, "end_date": 1_767_294_000, "is_full": False, "instructions": None},
        {"id": 811, "start_date": 1_767_200_400, "end_date": 1_767_207_600, "is_full": True, "instructions": None},
    ],
    "location": {
        "venue": "Union Hall",
        "address_lines": ["12 Example Street", ""],
        "locality": "Sampletown",
        "region": "NY",
        "country": "US",
        "postal_code": "10001",
        "location": {"latitude": None, "longitude": None},
        "congressional_district": None,
        "state_leg_district": None,
        "state_senate_district": None,
    },
    "timezone": "America/New_York",
    "event_type": "CANVASS",
    "browser_url": "https://www.mobilize.us/examplecounty/event/70021/",
    "created_date": 1_766_000_000,
    "modified_date": 1_766_500_000,
    "visibility": "PUBLIC",
    "address_visibility": "PUBLIC",
    "created_by_volunteer_host": False,
    "is_virtual": False,
    "virtual_action_url": None,
    "contact": None,
    "accessibility_status": None,
    "accessibility_notes": "",
    "tags": [],
    "approval_status": "APPROVED",
    "event_campaign": None,
    "instructions": None,
}

ATTENDANCE = {
    "id": 5_550_001,
    "created_date": 1_767_000_000,
    "modified_date": 1_767_003_600,
    "status": "REGISTERED",
    "attended": None,
    "rating": None,
    "feedback": None,
    "timeslot": {
        "id": 811,
        "start_date": 1_767_200_400,
        "end_date": 1_767_207_600,
        "is_full": False,
        "instructions": None,
    },
    "person": {
        "id": 90_210,
        "person_id": 90_210,
        "user_id": 90_310,
        "given_name": "Marisol",
        "family_name": "Quillfeather",
        "email_addresses": [{"primary": True, "address": "marisol@example.org"}],
        "phone_numbers": [{"primary": True, "number": "2125550142"}],
        "postal_addresses": [{"primary": True, "postal_code": "10001"}],
        "sms_opt_in_status": "OPT_IN",
        "blocked_date": None,
        "created_date": 1_760_000_000,
        "modified_date": 1_767_000_000,
    },
    "event": {**EVENT, "timeslots": None, "tags": None},
    "sponsor": ORGANIZATION,
    "custom_signup_field_values": [
        {
            "custom_field_id": 51,
            "custom_field_name": "T-shirt size",
            "text_value": "Large",
            "boolean_value": None,
        },
        {"custom_field_id": 52, "custom_field_name": "Can drive", "text_value": "", "boolean_value": True},
    ],
    "referrer": {
        "utm_source": None,
        "utm_medium": "sms",
        "utm_campaign": "m7Qd",
        "utm_term": None,
        "utm_content": "k3Xv9pRt",
        "url": None,
    },
}

Payload = Callable[..., dict[str, Any]]


def _with(sample: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A deep copy of *sample*; *changes* are keyed by path, such as ``person.phone_numbers.0.number``."""
    payload = copy.deepcopy(dict(sample))
    for path, value in changes.items():
        *way, last = path.split(".")
        place: Any = payload
        for name in way:
            place = place[int(name)] if isinstance(place, list) else place[name]
        place[int(last) if isinstance(place, list) else last] = value
    return payload


@pytest.fixture
def attendance() -> Payload:
    """Makes an attendance: ``attendance({"person.sms_opt_in_status": "OPT_OUT"}, id=7)``."""
    return lambda changes=None, **top: _with(ATTENDANCE, {**top, **(changes or {})})


@pytest.fixture
def event() -> Payload:
    """Makes an event in the same way."""
    return lambda changes=None, **top: _with(EVENT, {**top, **(changes or {})})


@define
class FakeClock:
    """Time passes only by sleeping on it, or by ``at``."""

    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    elapsed: float = 0.0
    slept: list[float] = field(factory=list)

    def now(self) -> datetime:
        return self.at + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed += seconds


@define
class NotedTurns:
    """Gives a turn at once, and remembers for which bucket and at what rate; likewise pauses."""

    given: list[tuple[str, float]] = field(factory=list)
    paused: list[tuple[str, float]] = field(factory=list)

    async def turn(self, name: str, *, per_second: float, burst: float = 1.0, cost: float = 1.0) -> None:
        self.given.append((name, per_second))

    async def pause(self, name: str, seconds: float) -> None:
        self.paused.append((name, seconds))


class NoRandomness:
    """For code that needs none."""

    def token(self, length: int, alphabet: str) -> str:
        raise AssertionError("asked for a token")

    def fraction(self) -> float:
        raise AssertionError("asked for a fraction")


class Drip(httpx.AsyncByteStream):
    """A body that comes in pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


@define
class FakeMobilize:
    """Lists what it holds, in pages; what stands in *instead* is answered first, one for each request.

    None in *instead* means: answer as usual. *lists* go by the path below the organization; private events and
    deletions of private events by ``events?PRIVATE`` and so on; a list that is None answers 403.
    """

    lists: dict[str, list[dict[str, Any]] | None] = field(factory=dict)
    page_size: int = 2
    key: str = "good-key"
    instead: list[httpx.Response | Exception | None] = field(factory=list)
    requests: list[httpx.Request] = field(factory=list)
    forgotten_cursors: set[str] = field(factory=set)

    def asked(self) -> list[str]:
        """Path below the organization and query of each request so far, without ``per_page``."""
        found = []
        for request in self.requests:
            params = request.url.params.remove("per_page")
            found.append(request.url.path.removeprefix("/v1/organizations/4310/") + (f"?{params}" if params else ""))
        return found

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.instead.pop(0) if self.instead else None
        if isinstance(answer, Exception):
            raise answer
        return answer if answer is not None else self._list(request)

    def _list(self, request: httpx.Request) -> httpx.Response:
        head, _, path = request.url.path.partition("/organizations/4310/")
        params = request.url.params
        is_public = path.startswith("events") and params.get("visibility", "PUBLIC") == "PUBLIC"
        authorization = request.headers.get("authorization")
        if head != "/v1":
            return httpx.Response(404, json={"data": None, "error": {"detail": "Not found."}})
        if authorization != f"Bearer {self.key}" and not (is_public and authorization is None):
            return httpx.Response(403, json={"data": None, "error": {"detail": "Forbidden."}})
        records = self.lists.get(path + ("?PRIVATE" if params.get("visibility") == "PRIVATE" else ""), [])
        if records is None:
            return httpx.Response(403, json={"data": None, "error": {"visibility": ["Forbidden."]}})
        if params.get("cursor") in self.forgotten_cursors:
            return httpx.Response(404, json={"data": None, "error": {"cursor": ["Invalid cursor."]}})
        dated_by = "deleted_date" if path.endswith("deleted") else "modified_date"
        since = int(params.get("updated_since", 0))
        chosen = [record for record in records if record[dated_by] > since]  # the unkind reading of the documentation
        return httpx.Response(200, json=self._page(request, chosen))

    def _page(self, request: httpx.Request, records: list[dict[str, Any]]) -> dict[str, Any]:
        start = int(request.url.params.get("cursor", "p0")[1:])
        end = start + self.page_size
        following = request.url.copy_set_param("cursor", f"p{end}")
        return {
            "count": len(records),
            "next": str(following) if end < len(records) else None,
            "previous": None,
            "data": records[start:end],
            "metadata": {"url_name": "public_organization_events", "build_commit": "0" * 40, "page_title": None},
        }


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def mobilize() -> FakeMobilize:
    return FakeMobilize()


@pytest.fixture
def turns() -> NotedTurns:
    return NotedTurns()


@pytest.fixture
def context(mobilize: FakeMobilize, clock: FakeClock, turns: NotedTurns) -> PluginContext:
    """The outside world of a plugin, in which every request goes to *mobilize*."""

    def http(*, timeout: httpx.Timeout, follow_redirects: bool = False) -> httpx.AsyncClient:
        transport = httpx.MockTransport(mobilize)
        return httpx.AsyncClient(transport=transport, timeout=timeout, follow_redirects=follow_redirects)

    return PluginContext(plugin="mobilize", clock=clock, randomness=NoRandomness(), http=http, turns=turns)


@pytest.fixture
def account() -> MobilizeAccount:
    return MobilizeAccount(org_id="4310", api_key="good-key")


@pytest.fixture
def drip() -> type[Drip]:
    return Drip
