"""The writing half of the API: creating attendances."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ascend_core.errors import BadInput
from ascend_mobilize.simulator.answers import write_answer
from ascend_mobilize.simulator.api import Gate
from ascend_mobilize.simulator.errors import ErrorAnswer
from ascend_mobilize.simulator.history import History
from ascend_mobilize.simulator.payloads import UTM
from ascend_mobilize.simulator.signups import SignUp
from ascend_mobilize.simulator.switches import Switches
from ascend_mobilize.simulator.table import Record, members, section

__all__ = ["write_routes"]

_REQUIRED = ["This field is required."]
_PERSON = ("given_name", "family_name", "email_address", "phone_number", "postal_code")
_MAY_BE_BLANK = frozenset({"phone_number"})
_OPT_INS = frozenset({"OPT_IN", "UNSPECIFIED"})


def write_routes(history: History, gate: Gate, switches: Switches) -> list[Route]:
    """Every path that is written to."""

    async def create(request: Request) -> Response:
        gate.demand(request)
        if not switches.may_write:
            raise ErrorAnswer(403, {"detail": "You do not have permission to perform this action."})
        sign_up = _sign_up(history, request.path_params["event"], await _body(request))
        try:
            made = history.perform("sign_up", sign_up.as_data())
        except BadInput as error:
            raise ErrorAnswer(400, {"event": [str(error)]}) from error
        return write_answer("public_organization_event_attendances", [history.world.attendance(i) for i in made])

    path = "/organizations/{org:int}/events/{event:int}/attendances"
    return [Route(path, create, methods=["POST"])]


async def _body(request: Request) -> Record:
    try:
        body = await request.json()
    except ValueError as error:
        raise ErrorAnswer(400, {"detail": "JSON parse error"}) from error
    if not isinstance(body, dict):
        raise ErrorAnswer(400, {"non_field_errors": ["Invalid data. Expected a dictionary."]})
    return body


def _sign_up(history: History, event_id: int, body: Record) -> SignUp:
    wrong = {**_wrong_person(body.get("person")), **_wrong_opt_in(body), **_wrong_slots(history, event_id, body)}
    if wrong:
        raise ErrorAnswer(400, wrong)
    person, referrer = body["person"], section(body, "referrer")
    return SignUp(
        event_id=event_id,
        slot_ids=tuple(slot["timeslot_id"] for slot in body["timeslots"]),
        first_name=person["given_name"],
        last_name=person["family_name"],
        email=person["email_address"],
        phone=person["phone_number"],
        zip=person["postal_code"],
        opted_in=body.get("sms_opt_in") == "OPT_IN",
        referrer={name: referrer[name] for name in (*UTM, "url") if isinstance(referrer.get(name), str)},
    )


def _wrong_person(person: Any) -> Record:
    if not isinstance(person, dict):
        return {"person": _REQUIRED}
    wrong: Record = {}
    for name in _PERSON:
        value = person.get(name)
        if not isinstance(value, str):
            wrong[name] = _REQUIRED
        elif not value.strip() and name not in _MAY_BE_BLANK:
            wrong[name] = ["This field may not be blank."]
    return {"person": wrong} if wrong else {}


def _wrong_opt_in(body: Record) -> Record:
    names = ("sms_opt_in", "transactional_sms_opt_in")
    return {
        name: [f"{body[name]} is not a valid SMSOptInStatus"]
        for name in names
        if body.get(name) is not None and body[name] not in _OPT_INS
    }


def _wrong_slots(history: History, event_id: int, body: Record) -> Record:
    event = history.world.events.find(event_id)
    if event is None:
        return {"event": [f"Event {event_id} does not exist."]}
    asked = body.get("timeslots")
    if not isinstance(asked, list) or not asked:
        return {"timeslots": _REQUIRED}
    known = {slot.get("id") for slot in members(event, "timeslots")}
    wrong: list[Record] = []
    for slot in asked:
        slot_id = slot.get("timeslot_id") if isinstance(slot, dict) else None
        fits = isinstance(slot_id, int) and slot_id in known
        wrong.append({} if fits else {"timeslot_id": ["This timeslot does not belong to the event."]})
    return {"timeslots": wrong} if any(wrong) else {}
