"""``/_sim``: levers for tests in any language. The real Mobilize has nothing like it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
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
from ascend_mobilize.simulator.switches import Switches
from ascend_mobilize.simulator.table import Record

__all__ = ["control_routes"]

_LISTS = ("attendances", "events", "people")

Act = Callable[[Request, Record], Any]


class _Control:
    def __init__(self, history: History, faults: Faults, switches: Switches, doorway: Doorway) -> None:
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
            }
        )

    async def clear_faults(self, _request: Request) -> Response:
        self.faults.clear()
        return AsciiJson({"result": None})

    def add_fault(self, _request: Request, wish: Record) -> None:
        self.faults.add(wish)

    def switch(self, _request: Request, wish: Record) -> Record:
        known = attrs.asdict(self.switches)
        for name, value in wish.items():
            if name not in known or not isinstance(value, bool):
                raise BadInput(f"a switch is one of {', '.join(known)}, and true or false")
        for name, value in wish.items():
            setattr(self.switches, name, value)
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
        kept = wish.get("attendances", "keep")
        self.history.perform("delete_event", {"event_id": request.path_params["id"], "attendances": kept})

    def damage(self, request: Request, wish: Record) -> None:
        name, path, kind = request.path_params["list"], wish.get("path"), wish.get("kind")
        if name not in _LISTS or not isinstance(path, list) or not isinstance(kind, str):
            raise BadInput(f"one of {', '.join(_LISTS)} can be damaged, with a path (a list) and a kind")
        data = {"list": name, "id": request.path_params["id"], "path": path, "kind": kind}
        self.history.perform("damage", data)

    def restore_event(self, request: Request, _wish: Record) -> None:
        self.history.perform("restore_event", {"event_id": request.path_params["id"]})

    def change_person(self, request: Request, changes: Record) -> None:
        self.history.perform("change_person", {"person_id": request.path_params["id"], "changes": changes})

    def add_oddity(self, _request: Request, wish: Record) -> int | None:
        made: int | None = self.history.perform("oddity", {"kind": wish.get("kind")})
        return made


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


def control_routes(history: History, faults: Faults, switches: Switches, doorway: Doorway) -> list[Route]:
    """Every lever."""
    control = _Control(history, faults, switches, doorway)
    levers: dict[str, Act] = {
        "/faults": control.add_fault,
        "/switches": control.switch,
        "/attendances/{id:int}": control.change_attendance,
        "/events/{id:int}": control.change_event,
        "/events/{id:int}/delete": control.delete_event,
        "/events/{id:int}/restore": control.restore_event,
        "/people/{id:int}": control.change_person,
        "/{list}/{id:int}/damage": control.damage,
        "/oddities": control.add_oddity,
    }
    return [
        Route("/state", control.state),
        Route("/faults", control.clear_faults, methods=["DELETE"]),
        *(Route(path, _answering(act), methods=["POST"]) for path, act in levers.items()),
    ]
