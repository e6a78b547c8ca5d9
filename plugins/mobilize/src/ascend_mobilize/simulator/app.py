"""The simulated Mobilize as one ASGI application."""

from __future__ import annotations

from attrs import field, frozen
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp

from ascend_mobilize.simulator.answers import error_answer
from ascend_mobilize.simulator.api import Gate, read_routes
from ascend_mobilize.simulator.control import control_routes
from ascend_mobilize.simulator.doorway import Doorway, Wire
from ascend_mobilize.simulator.errors import ErrorAnswer
from ascend_mobilize.simulator.faults import Faults
from ascend_mobilize.simulator.history import History
from ascend_mobilize.simulator.life import Life
from ascend_mobilize.simulator.signup_page import signup_routes
from ascend_mobilize.simulator.switches import Switches
from ascend_mobilize.simulator.writes import write_routes

__all__ = ["Simulator"]


async def _hello(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("A simulated Mobilize. The API is under /v1, the levers under /_sim/state.\n")


@frozen(kw_only=True, eq=False)
class Simulator:
    """A world, and everything to serve it with. *api_key* opens it; *switches* and *faults* may change at any time."""

    history: History
    api_key: str
    switches: Switches = field(factory=Switches)
    faults: Faults = field(factory=Faults)
    app: ASGIApp = field(init=False)

    @app.default
    def _make_app(self) -> ASGIApp:
        gate = Gate(org_id=self.history.world.org["id"], api_key=self.api_key)
        api = Starlette(
            routes=[*write_routes(self.history, gate, self.switches), *read_routes(self.history, gate, self.switches)],
            exception_handlers={ErrorAnswer: error_answer, HTTPException: error_answer},
        )
        doorway = Doorway(api, clock=self.history.clock, faults=self.faults, switches=self.switches)
        life = Life(self.history, after_deletion=lambda: self.switches.deleted_attendances)
        levers = Router(control_routes(self.history, self.faults, self.switches, doorway, life))
        routes = [
            Route("/", _hello),
            Mount("/v1", doorway),
            Mount("/api/v1", doorway),
            Mount("/_sim", levers),
            *signup_routes(self.history),
        ]
        return Wire(Starlette(routes=routes), before=life.catch_up)
