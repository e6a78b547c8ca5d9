"""The public page of an event: people sign up on it, and it remembers the link they came by."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from ascend_core.errors import BadInput, NotFound
from ascend_mobilize.simulator.history import History
from ascend_mobilize.simulator.payloads import UTM
from ascend_mobilize.simulator.signup_form import BOX_FIELD, TEXT_FIELD, document, form_page
from ascend_mobilize.simulator.signups import SignUp

__all__ = ["KEY_HEADER", "signup_routes"]

KEY_HEADER = "x-simulation-key"
"""A request with this header counts once, however often it is sent."""

_REQUIRED = {"first_name": "first name", "last_name": "last name", "email": "email"}
_NO_EVENT = "This event does not exist, or it is over. Look at the other events of this organization."


def signup_routes(history: History) -> list[Route]:
    """``/<organization>/event/<id>/``."""
    world = history.world

    async def show(request: Request) -> HTMLResponse:
        try:
            event = world.event(request.path_params["id"])
        except NotFound:
            return _page(404, "Event not found", _NO_EVENT)
        return HTMLResponse(form_page(event, world.custom_fields))

    async def submit(request: Request) -> HTMLResponse:
        body = (await request.body()).decode("utf-8", "replace")
        posted = dict(parse_qsl(body, keep_blank_values=True))
        missing = [label for name, label in _REQUIRED.items() if not posted.get(name, "").strip()]
        if missing:
            return _page(400, "Something is missing", f"Please go back and fill in your {' and '.join(missing)}.")
        try:
            made = history.perform("sign_up", _sign_up(request, posted).as_data(), key=request.headers.get(KEY_HEADER))
            row = world.attendance(made[0])
        except NotFound:
            return _page(404, "Event not found", _NO_EVENT)
        except BadInput as error:
            return _page(400, "That did not work", f"{error}.")
        title = row["event"].get("title") or "the event"
        if row["status"] == "WAITLISTED":
            return _page(200, "You are on the waitlist", f"{title} is full. We will tell you when a place is free.")
        return _page(200, "You are signed up", f"Thank you, {posted['first_name']}! See you at {title}.")

    path = "/{org_slug}/event/{id:int}/"
    return [Route(path, show, methods=["GET"]), Route(path, submit, methods=["POST"])]


def _sign_up(request: Request, posted: Mapping[str, str]) -> SignUp:
    slot = posted.get("slot", "")
    if slot and not (slot.isascii() and slot.isdigit()):
        raise BadInput(f"{slot!r} is no timeslot")
    referrer: dict[str, str | None] = {name: request.query_params.get(name) for name in UTM}
    return SignUp(
        event_id=request.path_params["id"],
        slot_ids=(int(slot),) if slot else (),
        first_name=posted["first_name"].strip(),
        last_name=posted["last_name"].strip(),
        email=posted["email"].strip(),
        phone=posted.get("phone", "").strip(),
        zip=posted.get("zip", "").strip(),
        opted_in=posted.get("sms_opt_in") == "yes",
        answers=_answers(posted),
        referrer={**referrer, "url": request.headers.get("referer")},
        promoter=request.path_params["org_slug"],
    )


def _answers(posted: Mapping[str, str]) -> dict[str, str | bool]:
    answers: dict[str, str | bool] = {}
    for name, value in posted.items():
        if name.startswith(TEXT_FIELD):
            answers[name.removeprefix(TEXT_FIELD)] = value
        elif name.startswith(BOX_FIELD):
            answers[name.removeprefix(BOX_FIELD)] = value == "yes"
    return answers


def _page(status: int, title: str, text: str) -> HTMLResponse:
    return HTMLResponse(document(title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>"), status_code=status)
