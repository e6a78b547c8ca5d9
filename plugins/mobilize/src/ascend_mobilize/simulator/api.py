"""The reading half of the API: lists, single things, who may see what."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ascend_mobilize.simulator import payloads
from ascend_mobilize.simulator import query as read
from ascend_mobilize.simulator.answers import list_answer, object_answer
from ascend_mobilize.simulator.enums import ENUMS, VISIBILITIES
from ascend_mobilize.simulator.errors import ErrorAnswer
from ascend_mobilize.simulator.event_query import SEARCH_LIMIT, EventQuery
from ascend_mobilize.simulator.history import History
from ascend_mobilize.simulator.paging import page_of
from ascend_mobilize.simulator.switches import Switches
from ascend_mobilize.simulator.table import Record, Table, section

__all__ = ["Gate", "read_routes"]

_NOT_FOUND = {"detail": "Not found."}
_FORBIDDEN = {"detail": "You do not have permission to perform this action."}


class Gate:
    """Who may see what: one key, of one organization."""

    def __init__(self, *, org_id: int, api_key: str) -> None:
        self._org_id = org_id
        self._right = f"Bearer {api_key}"

    def has_key(self, request: Request) -> bool:
        """Whether the request carries the key. Raises ErrorAnswer(403) for a wrong one."""
        given = request.headers.get("authorization")
        if given is not None and given != self._right:
            raise ErrorAnswer(403, _FORBIDDEN)
        return given is not None

    def demand(self, request: Request) -> None:
        """Raises ErrorAnswer(403) unless the key is right and the organization its own."""
        if not self.has_key(request) or request.path_params.get("org") != self._org_id:
            raise ErrorAnswer(403, _FORBIDDEN)


class _Api:
    def __init__(self, history: History, gate: Gate, switches: Switches) -> None:
        self.history = history
        self.world = history.world
        self.gate = gate
        self.switches = switches

    async def organizations(self, request: Request) -> Response:
        return self._list("public_organizations", request, self.world.organizations)

    async def promoted_organizations(self, request: Request) -> Response:
        self.gate.demand(request)
        partner = self.world.partner["id"]
        places = self.world.organizations.select("promoted", lambda row: row.get("id") == partner)
        page = page_of(places, request.url)
        return list_answer("public_promoted_organizations", self.world.organizations, page)

    async def all_events(self, request: Request) -> Response:
        return self._events("public_events", request, None)

    async def org_events(self, request: Request) -> Response:
        return self._events("public_organization_events", request, self._org(request))

    async def event(self, request: Request) -> Response:
        record = self._event(request)
        if record.get("visibility") == "PRIVATE":
            raise ErrorAnswer(404, _NOT_FOUND)
        return object_answer("public_event", self._shown(record, with_key=self.gate.has_key(request)))

    async def org_event(self, request: Request) -> Response:
        with_key = self._has_own_key(request, self._org(request))
        record = self._event(request)
        if not self._belongs(record, self._org(request)) or (record.get("visibility") == "PRIVATE" and not with_key):
            raise ErrorAnswer(404, _NOT_FOUND)
        return object_answer("public_organization_event", self._shown(record, with_key=with_key))

    async def deleted_events(self, request: Request) -> Response:
        read.integers(request.query_params, "organization_id")
        asked = read.choices(request.query_params, "visibility", VISIBILITIES, "EventVisibility") or ("PUBLIC",)
        with_key, privates = self._has_own_key(request, self._org(request)), self.world.deleted_privates

        def is_hidden(row: Record) -> bool:
            # Here, asking for private ones without permission is not refused; there just are none.
            private = row.get("id") in privates
            return ("PRIVATE" if private else "PUBLIC") not in asked or (private and not with_key)

        return self._list(
            "public_deleted_events",
            request,
            self.world.deleted_events,
            date="deleted_date",
            hidden=is_hidden,
            hides=(asked, with_key),
        )

    async def people(self, request: Request) -> Response:
        self.gate.demand(request)
        return self._list("public_organization_people", request, self.world.people.table)

    async def attendances(self, request: Request) -> Response:
        self.gate.demand(request)
        return self._list("public_organization_attendances", request, self.world.attendances, hidden=self._hidden)

    async def attendance(self, request: Request) -> Response:
        self.gate.demand(request)
        row = self.world.attendances.find(request.path_params["id"])
        if row is None or (self._hidden is not None and self._hidden(row)):
            raise ErrorAnswer(404, _NOT_FOUND)
        return object_answer("public_organization_attendance", row)

    async def event_attendances(self, request: Request) -> Response:
        self.gate.demand(request)
        event_id, table, hidden = request.path_params["event"], self.world.attendances, self._hidden
        places: Sequence[int] = self.world.rows_of_event(event_id)
        if not places and self.world.events.find(event_id) is None:
            raise ErrorAnswer(404, _NOT_FOUND)
        if hidden is not None:
            places = [place for place in places if not hidden(table.row(place))]
        return list_answer("public_organization_event_attendances", table, page_of(places, request.url))

    async def enums(self, _request: Request) -> Response:
        return object_answer("public_enums", ENUMS)

    @property
    def _hidden(self) -> Callable[[Record], bool] | None:
        return None if self.switches.waitlisted_rows else _is_waitlisted

    def _list(
        self,
        url_name: str,
        request: Request,
        table: Table,
        *,
        date: str = "modified_date",
        hidden: Callable[[Record], bool] | None = None,
        hides: Hashable = None,
    ) -> Response:
        """*hidden* tells rows this caller does not see; *hides* names it where there are several."""
        since = read.integer(request.query_params, "updated_since")
        everything = since is None and hidden is None
        keep = None if everything else partial(_is_asked_for, since=since, date=date, hidden=hidden)
        places = table.select((since, hidden is None, hides), keep)
        if self.switches.paging == "cursor":
            return list_answer(url_name, table, page_of(places, request.url))
        newest_first = self.switches.paging == "newest_first"
        ordered = sorted(places, key=lambda place: _changed(table.row(place), date), reverse=newest_first)
        return list_answer(url_name, table, page_of(ordered, request.url, shifting=True))

    def _events(self, url_name: str, request: Request, org: int | None) -> Response:
        with_key = self._has_own_key(request, org)
        asked = EventQuery.read(request.query_params, now=self.history.now())
        if "PRIVATE" in asked.visibility and not with_key:
            raise ErrorAnswer(403, _FORBIDDEN)
        table = self.world.events
        places = table.select((asked, org), lambda row: asked.keeps(row) and self._belongs(row, org))
        return list_answer(
            url_name,
            table,
            page_of(places, request.url),
            show=lambda row: self._shown(asked.shown(row), with_key=with_key),
            limit=SEARCH_LIMIT if asked.is_search else None,
        )

    def _shown(self, event: Record, *, with_key: bool) -> Record:
        event_id = event.get("id")
        made_here = isinstance(event_id, int) and event_id not in self.world.as_loaded
        return payloads.public_event(event) if made_here and not with_key else event

    def _has_own_key(self, request: Request, org: int | None) -> bool:
        return self.gate.has_key(request) and org in {None, self.world.org["id"]}

    def _org(self, request: Request) -> int | None:
        org: int | None = request.path_params.get("org")
        if org is not None and self.world.organizations.find(org) is None:
            raise ErrorAnswer(404, _NOT_FOUND)
        return org

    def _event(self, request: Request) -> Record:
        record = self.world.events.find(request.path_params["id"])
        if record is None:
            raise ErrorAnswer(404, _NOT_FOUND)
        return record

    def _belongs(self, event: Record, org: int | None) -> bool:
        """Our organization shows its own events and those it promotes: all. Others show what they own."""
        return org is None or org == self.world.org["id"] or section(event, "sponsor").get("id") == org


def _changed(row: Record, date: str) -> int:
    changed = row.get(date)
    return changed if isinstance(changed, int) else 0


def _is_waitlisted(row: Record) -> bool:
    return row.get("status") == "WAITLISTED"


def _is_asked_for(row: Record, *, since: int | None, date: str, hidden: Callable[[Record], bool] | None) -> bool:
    changed: Any = row.get(date)
    return (since is None or (isinstance(changed, int) and changed >= since)) and not (hidden and hidden(row))


def read_routes(history: History, gate: Gate, switches: Switches) -> list[Route]:
    """Every path that is read; more special ones first."""
    api, org = _Api(history, gate, switches), "/organizations/{org:int}"
    return [
        Route("/organizations", api.organizations),
        Route(f"{org}/promoted_organizations", api.promoted_organizations),
        Route("/events", api.all_events),
        Route("/events/deleted", api.deleted_events),
        Route("/events/{id:int}", api.event),
        Route(f"{org}/events", api.org_events),
        Route(f"{org}/events/deleted", api.deleted_events),
        Route(f"{org}/events/{{id:int}}", api.org_event),
        Route(f"{org}/people", api.people),
        Route(f"{org}/attendances", api.attendances),
        Route(f"{org}/attendances/{{id:int}}", api.attendance),
        Route(f"{org}/events/{{event:int}}/attendances", api.event_attendances),
        Route("/enums", api.enums),
    ]
