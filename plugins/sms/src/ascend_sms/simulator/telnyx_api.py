"""Telnyx's API, as far as messages go: https://developers.telnyx.com/api-reference/messages/send-a-message

Detail records show a text some time after it came in, and a text by itself is shown for ten days.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ascend_core.contracts import Secret
from ascend_sms.simulator.broken_answers import answer_in_place_of_acceptance, answer_spoiled
from ascend_sms.simulator.carrier import Carrier
from ascend_sms.simulator.drafts import read_draft
from ascend_sms.simulator.errors import ApiError, bad_request, not_found
from ascend_sms.simulator.faults import INSTEAD_OF_ACCEPTANCE, SPOILED_ANSWERS, FaultKind, Faults
from ascend_sms.simulator.phones import read_number
from ascend_sms.simulator.telnyx_payloads import (
    error_json,
    inbound_json,
    message_json,
    profile_id,
    record_json,
    sid_of,
)
from ascend_sms.simulator.webhooks import Postman

__all__ = ["TelnyxApi", "api_key"]

_KEPT = timedelta(days=10)
"""How long a text is shown by itself."""
_LISTED_AFTER = timedelta(seconds=30)
"""How late the detail records are here; the provider does not say how late they are there."""
_USUAL_PAGE, _LARGEST_PAGE = 20, 50


def api_key(carrier: Carrier) -> str:
    """What opens the API."""
    return f"KEY{carrier.account.key_secret.reveal()}"


class TelnyxApi:
    """The routes. Each works in a thread of its own: the carrier locks and writes files."""

    def __init__(self, carrier: Carrier, faults: Faults, postman: Postman) -> None:
        self._carrier = carrier
        self._faults = faults
        self._postman = postman

    def routes(self) -> list[Route]:
        """What to mount at the server's root."""
        return [
            Route("/v2/messages", self._answerer(self._create), methods=["POST"]),
            Route("/v2/messages/{id}", self._answerer(self._fetch), methods=["GET"]),
            Route("/v2/detail_records", self._answerer(self._records), methods=["GET"]),
            Route("/v2/messaging_profiles", self._answerer(self._profiles), methods=["GET"]),
        ]

    def _answerer(self, answer: Callable[[Request, Any], Response]) -> Callable[[Request], Any]:
        async def respond(request: Request) -> Response:
            try:
                if Secret(request.headers.get("authorization", "")) != Secret(f"Bearer {api_key(self._carrier)}"):
                    raise ApiError(401, 20003)
                return await run_in_threadpool(answer, request, _document(await request.body()))
            except ApiError as error:
                return JSONResponse(error_json(error), error.status)

        return respond

    def _create(self, request: Request, document: Any) -> Response:
        to = read_number(str(document.get("to") or "")) or ""
        instead = self._faults.take(to, *INSTEAD_OF_ACCEPTANCE)
        if instead is not None:
            return answer_in_place_of_acceptance(instead, error_json)
        carrier = self._carrier
        form = self._form(document)
        draft = read_draft(form, carrier.account, now=carrier.now(), any_host=carrier.rules.any_webhook_host)
        view = carrier.accept(draft)
        if self._faults.take(to, FaultKind.CALLBACK_BEFORE_RESPONSE):
            self._postman.post_early(view.sid)
        payload = {"data": message_json(carrier.account, view, status="queued")}
        spoiled = self._faults.take(to, *SPOILED_ANSWERS)
        if spoiled is None:
            return JSONResponse(payload)
        return answer_spoiled(spoiled, payload, error_json)

    def _form(self, document: dict[str, Any]) -> dict[str, tuple[str, ...]]:
        """*document* in the carrier's own fields; a pool's number is picked where none is given."""
        profile = document.get("messaging_profile_id")
        if profile not in (None, profile_id(self._carrier.account)):
            raise bad_request(21606)
        if not document.get("from") and profile is None:
            raise bad_request(21603)
        fields = {
            "To": document.get("to"),
            "From": document.get("from") or self._carrier.account.number,
            "Body": document.get("text"),
            "StatusCallback": document.get("webhook_url"),
        }
        return {name: (str(value),) for name, value in fields.items() if value}

    def _fetch(self, request: Request, document: Any) -> Response:
        sid = sid_of(request.path_params["id"])
        view = self._carrier.find(sid) or self._carrier.find(sid.replace("SM", "MM", 1))
        if view is None or view.created_at < self._carrier.now() - _KEPT:
            raise not_found(request.url.path)
        received = self._carrier.received(view.sid)
        if received is not None:
            return JSONResponse({"data": inbound_json(self._carrier.account, received)})
        return JSONResponse({"data": message_json(self._carrier.account, view)})

    def _records(self, request: Request, document: Any) -> Response:
        query = request.query_params
        if query.get("filter[record_type]") != "messaging":
            raise bad_request(20001, "filter[record_type] must be given; this stand-in knows 'messaging'")
        direction, latest = query.get("filter[direction]"), self._carrier.now() - _LISTED_AFTER
        rows = [
            record_json(self._carrier.account, view) for view in self._carrier.find_all() if view.created_at <= latest
        ]
        rows = [row for row in rows if direction in (None, row["direction"])]
        if query.get("sort") != "-created_at":
            rows.reverse()
        number = _count(query.get("page[number]"), 1)
        size = min(_count(query.get("page[size]"), _USUAL_PAGE), _LARGEST_PAGE)
        meta = {
            "total_pages": -(-len(rows) // size),
            "total_results": len(rows),
            "page_number": number,
            "page_size": size,
        }
        return JSONResponse({"data": rows[(number - 1) * size : number * size], "meta": meta})

    def _profiles(self, request: Request, document: Any) -> Response:
        profile = {"record_type": "messaging_profile", "id": profile_id(self._carrier.account), "name": "Simulated"}
        return JSONResponse({"data": [profile], "meta": {"total_pages": 1, "total_results": 1}})


def _count(raw: str | None, otherwise: int) -> int:
    return max(int(raw), 1) if raw and raw.isascii() and raw.isdigit() and len(raw) < 10 else otherwise


def _document(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        document = json.loads(body)
    except ValueError:
        raise bad_request(20001, "The request's body is not JSON") from None
    if not isinstance(document, dict):
        raise bad_request(20001, "The request's body is no object")
    return document
