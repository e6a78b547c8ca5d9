# ruff: noqa: TID251, T201 -- a program of the tests, which prints
"""A simulated Mobilize with a crowd of sign-ups, in a process of its own: ``with Crowd(100_000) as crowd``.

All registered at noon of the work bench's day, so that each starts what waits for it. It serves until its input ends.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import phonenumbers
import uvicorn

from ascend_core.testing import VirtualClock
from ascend_mobilize.simulator import History, Simulator, World, payloads
from ascend_mobilize.simulator.sandbox import DEFAULT_ORG_ID
from ascend_mobilize.simulator.table import Record
from tests.fakes.bench import NOON

KEY = "crowd-key"
KEPT_SECONDS = 300
"""How long a connection may rest: on a busy machine a page takes its time."""
AT = int(NOON.timestamp())
EVENTS = 20
PEOPLE = 70_000
"""As many invented numbers (555-01xx) as there are; whoever comes after them signs up for a second event."""
_TEXTED = {phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE, phonenumbers.PhoneNumberType.UNKNOWN}
_TOLL_FREE = {800, 822, 833, 844, 855, 866, 877, 888, 900}


def _is_place(area: int) -> bool:
    """Whether an area code is a place's, or nobody's yet: not a service, not a person's, not only landlines."""
    kind = phonenumbers.number_type(phonenumbers.parse(f"+1{area}5550100"))
    return area % 100 != 11 and area not in _TOLL_FREE and kind in _TEXTED


AREAS = [area for area in range(201, 990) if _is_place(area)]


class Crowd:
    """What serves *attendances* sign-ups; ``account`` is what to connect with.

    *org_id*, *first*: another organization, whose people begin with that one; *at*: when they signed up (a second).
    """

    def __init__(self, attendances: int, *, org_id: int = DEFAULT_ORG_ID, first: int = 0, at: int = AT) -> None:
        numbers = [str(number) for number in (attendances, org_id, first, at)]
        command = [sys.executable, "-m", "tests.benchmarks.crowd", *numbers]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.base_url = self._process.stdout.readline().strip()
        if not self.base_url:
            raise AssertionError("the simulated Mobilize did not start")
        self.account = {"org_id": str(org_id), "api_key": KEY, "base_url": self.base_url}

    @property
    def pid(self) -> int:
        """The process that serves."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)


def phone(person: int) -> str:
    """An invented number."""
    return f"{AREAS[person // 100]}55501{person % 100:02}"


def rows(world: World, attendances: int, *, at: int, first: int = 0) -> Iterator[Record]:
    """As many attendances, in the shape of the API, each a few seconds old, from person *first* on."""
    events = [world.event(event_id) for event_id in _events(world, at)]
    shown = [payloads.embedded_event(event) for event in events]
    for number in range(attendances):
        again, person = divmod(first + number, PEOPLE)
        event = (number + again) % EVENTS
        slot = events[event]["timeslots"][0]
        yield {
            "id": 1_000_000 + number,
            "created_date": at,
            "modified_date": at,
            "status": "REGISTERED",
            "attended": None,
            "rating": None,
            "feedback": None,
            "timeslot": slot,
            "person": _person(person, at),
            "event": shown[event],
            "sponsor": world.org,
            "custom_signup_field_values": [
                {"custom_field_id": 51, "custom_field_name": "T-shirt size", "text_value": "M", "boolean_value": None}
            ],
            "referrer": dict.fromkeys(("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "url")),
        }


def _events(world: World, at: int) -> Sequence[int]:
    slots = [(at + 7 * 86_400, at + 7 * 86_400 + 7200)]
    return [
        world.add_event(f"Canvass {number}", slots, at=at, timezone="America/New_York", url_base="http://127.0.0.1")
        for number in range(EVENTS)
    ]


def _person(number: int, at: int) -> Record:
    described: dict[str, Any] = payloads.person(100_000 + number, 500_000 + number, at)
    return {
        **described,
        "given_name": f"Ana{number}",
        "family_name": "Reyes",
        "email_addresses": [{"primary": True, "address": f"ana{number}@example.org"}],
        "phone_numbers": [{"primary": True, "number": phone(number)}],
        "postal_addresses": [{"primary": True, "postal_code": "10001"}],
        "sms_opt_in_status": "OPT_IN",
    }


def main(attendances: int, org_id: int, first: int, at: int) -> None:
    """Serve until standard input ends."""
    world = World(org_id=org_id, seed=1, made_at=at)
    for row in rows(world, attendances, at=at, first=first):
        world.add_attendance(row)
    for place in range(world.attendances.places):
        world.attendances.rendered(place)
    simulator = Simulator(history=History(world, VirtualClock(datetime.fromtimestamp(at, UTC))), api_key=KEY)
    simulator.switches.rate_limit = False
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    config = uvicorn.Config(
        simulator.app, log_level="warning", access_log=False, lifespan="off", timeout_keep_alive=KEPT_SECONDS
    )
    server = uvicorn.Server(config)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", flush=True)

    def end() -> None:
        sys.stdin.read()
        server.should_exit = True

    import threading

    threading.Thread(target=end, daemon=True).start()
    server.run(sockets=[listener])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
