"""``/_sim``: levers for tests in any language. The real Mobilize has nothing like it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ascend_core.errors import BadInput, NotFound
from ascend_mobilize.simulator.answers import AsciiJson
from ascend_mobilize.simulator.doorway import Doorway
from ascend_mobilize.simulator.faults import Faults
from ascend_mobilize.simulator.history import History
from ascend_mobilize.simulator.life import Life
from ascend_mobilize.simulator.signups import read_sign_up
from ascend_mobilize.simulator.switches import Switches
from ascend_mobilize.simulator.table import Record

__all__ = ["LEVERS", "control_routes"]

_LISTS = ("attendances", "events", "people")

Act = Callable[[Request, Record], Any]


class _Control:
    def __init__(self, history: History, faults: Faults, switches: Switches, doorway: Doorway, life: Life) -> None:
        self.life = life
        self.history = history
        self.faults = faults
        self.switches = switches
        self.doorway = doorway

    async def state(self, _request: Request) -> Response:
        world = self.history.world
        events = [
            {"id": row.get("id"), "title": row.get("title"), "browser_url": row.get("browser_url")}
            for row in world.events
        ]
        return AsciiJson(
            {
                "now": self.history.now(),
                "org_id": world.org["id"],
                "events": events,
                "attendances": len(world.attendances),
                "people": len(world.people.table),
                "requests": dict(self.doorway.requests),
                "faults": self.faults.pending,
                "struck": dict(self.faults.struck),
                "switches": attrs.asdict(self.switches),
                "scenario": attrs.asdict(self.history.scenario),
            }
        )

    async def clear_faults(self, _request: Request) -> Response:
        self.faults.clear()
        return AsciiJson({"result": None})

    def add_fault(self, _request: Request, wish: Record) -> None:
        self.faults.add(wish)

    def switch(self, _request: Request, wish: Record) -> Record:
        self.switches.turn(wish)
        return attrs.asdict(self.switches)

    def change_attendance(self, request: Request, changes: Record) -> Record:
        attendance_id = request.path_params["id"]
        self.history.perform("change_attendance", {"attendance_id": attendance_id, "changes": changes})
        return self.history.world.attendance(attendance_id)

    def change_event(self, request: Request, wish: Record) -> Record:
        event_id, changes = request.path_params["id"], dict(wish)
        capacity = changes.pop("capacity", None)
        if capacity is not None:
            if not isinstance(capacity, int):
                raise BadInput("capacity is how many people each timeslot takes, a number")
            self.history.perform("limit_slots", {"event_id": event_id, "capacity": capacity})
        if changes:
            self.history.perform("change_event", {"event_id": event_id, "changes": changes})
        return self.history.world.event(event_id)

    def delete_event(self, request: Request, wish: Record) -> None:
        kept = wish.get("attendances", self.switches.deleted_attendances)
        self.history.perform("delete_event", {"event_id": request.path_params["id"], "attendances": kept})

    def restore_event(self, request: Request, _wish: Record) -> Record:
        event_id = request.path_params["id"]
        self.history.perform("restore_event", {"event_id": event_id})
        return self.history.world.event(event_id)

    def change_person(self, request: Request, changes: Record) -> Record | None:
        person_id = request.path_params["id"]
        self.history.perform("change_person", {"person_id": person_id, "changes": changes})
        return self.history.world.people.table.find(person_id)

    def sign_up(self, _request: Request, wish: Record) -> Any:
        key = wish.pop("key", None)
        return self.history.perform("sign_up", read_sign_up(wish).as_data(), key=key)

    def direct(self, _request: Request, wish: Record) -> Record:
        self.history.perform("scenario", wish)
        return attrs.asdict(self.history.scenario)

    def move_clock(self, _request: Request, wish: Record) -> Record:
        self.history.perform("advance", {"seconds": _seconds(wish, self.history.now())})
        return {"happened": dict(self.life.catch_up()), "now": self.history.now()}

    def damage(self, request: Request, wish: Record) -> None:
        name, path, kind = request.path_params["list"], wish.get("path"), wish.get("kind")
        if name not in _LISTS or not isinstance(path, list) or not isinstance(kind, str):
            raise BadInput(f"one of {', '.join(_LISTS)} can be damaged, with a path (a list) and a kind")
        data = {"list": name, "id": request.path_params["id"], "path": path, "kind": kind}
        self.history.perform("damage", data)

    def add_oddity(self, _request: Request, wish: Record) -> int | None:
        made: int | None = self.history.perform("oddity", {"kind": wish.get("kind")})
        return made


_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_FARTHEST_SECONDS = 10 * 366 * 86_400


def _seconds(wish: Record, now: int) -> int:
    """How far *wish* moves the clock: ``{"days": 1, "hours": 2}``, or ``{"to": <Unix seconds>}``."""
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in wish.values())
    if not wish or not whole or (set(wish) != {"to"} and not set(wish) <= set(_UNITS)):
        raise BadInput("say how far, such as days: 1, hours: 2 (or minutes, seconds), or to: a time in Unix seconds")
    seconds: int = wish["to"] - now if "to" in wish else sum(_UNITS[name] * value for name, value in wish.items())
    if not 0 <= seconds <= _FARTHEST_SECONDS:
        raise BadInput("the clock only goes forward, and at most ten years at once")
    return seconds


def _answering(act: Act) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that reads a JSON object, does *act*, and says what came of it as ``{"result": …}``."""

    async def endpoint(request: Request) -> Response:
        try:
            wish = await request.json() if await request.body() else {}
        except ValueError:
            wish = None
        if not isinstance(wish, dict):
            return AsciiJson({"error": "the body has to be a JSON object"}, status_code=400)
        try:
            return AsciiJson({"result": act(request, wish)})
        except NotFound as error:
            return AsciiJson({"error": str(error)}, status_code=404)
        except BadInput as error:
            return AsciiJson({"error": str(error)}, status_code=400)

    return endpoint


LEVERS: Mapping[str, Callable[[_Control], Act]] = {
    "/sign_ups": lambda control: control.sign_up,
    "/attendances/{id:int}": lambda control: control.change_attendance,
    "/people/{id:int}": lambda control: control.change_person,
    "/events/{id:int}": lambda control: control.change_event,
    "/events/{id:int}/delete": lambda control: control.delete_event,
    "/events/{id:int}/restore": lambda control: control.restore_event,
    "/scenario": lambda control: control.direct,
    "/clock": lambda control: control.move_clock,
    "/faults": lambda control: control.add_fault,
    "/{list}/{id:int}/damage": lambda control: control.damage,
    "/oddities": lambda control: control.add_oddity,
    "/switches": lambda control: control.switch,
}
"""Every lever that is posted to, by its path."""


def control_routes(history: History, faults: Faults, switches: Switches, doorway: Doorway, life: Life) -> list[Route]:
    """Every lever, and what one may look at."""
    control = _Control(history, faults, switches, doorway, life)
    return [
        Route("/state", control.state),
        Route("/faults", control.clear_faults, methods=["DELETE"]),
        *(Route(path, _answering(lever(control)), methods=["POST"]) for path, lever in LEVERS.items()),
    ]
