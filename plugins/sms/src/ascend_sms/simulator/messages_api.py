"""The provider's API, as far as messages go: https://www.twilio.com/docs/messaging/api/message-resource"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ascend_sms.simulator.broken_answers import answer_in_place_of_acceptance, answer_spoiled
from ascend_sms.simulator.carrier import Carrier
from ascend_sms.simulator.drafts import Form, read_draft
from ascend_sms.simulator.errors import ApiError, bad_request, not_found
from ascend_sms.simulator.faults import INSTEAD_OF_ACCEPTANCE, SPOILED_ANSWERS, FaultKind, Faults
from ascend_sms.simulator.paging import envelope, page_of, wanted
from ascend_sms.simulator.payloads import account_json, account_path, message_json
from ascend_sms.simulator.phones import read_number
from ascend_sms.simulator.views import TextView
from ascend_sms.simulator.webhooks import Postman

__all__ = ["MessagesApi"]

_FORM_TYPE = "application/x-www-form-urlencoded"


class MessagesApi:
    """The routes. Each works in a thread of its own: the carrier locks and writes files."""

    def __init__(self, carrier: Carrier, faults: Faults, postman: Postman) -> None:
        self._carrier = carrier
        self._faults = faults
        self._postman = postman

    def routes(self) -> list[Route]:
        """What to mount at the server's root."""
        root = "/2010-04-01/Accounts/{account}"
        return [
            Route(f"{root}.json", self._answerer({"GET": self._account})),
            Route(f"{root}/Messages.json", self._answerer({"GET": self._list, "POST": self._create})),
            Route(
                f"{root}/Messages/{{sid}}.json",
                self._answerer({"GET": self._fetch, "POST": self._update, "DELETE": self._delete}),
            ),
        ]

    def _answerer(self, by_method: dict[str, Callable[[Request, Form], Response]]) -> _Endpoint:
        return _Endpoint(self._carrier, by_method)

    def _account(self, request: Request, form: Form) -> Response:
        return JSONResponse(account_json(self._carrier.account))

    def _create(self, request: Request, form: Form) -> Response:
        to = read_number((*form.get("To", ()), "")[0]) or ""
        instead = self._faults.take(to, *INSTEAD_OF_ACCEPTANCE)
        if instead is not None:
            return answer_in_place_of_acceptance(instead)
        carrier = self._carrier
        draft = read_draft(form, carrier.account, now=carrier.now(), any_host=carrier.rules.any_webhook_host)
        payload = self._json(carrier.accept(draft))
        if self._faults.take(to, FaultKind.CALLBACK_BEFORE_RESPONSE):
            self._postman.post_early(payload["sid"])
        spoiled = self._faults.take(to, *SPOILED_ANSWERS)
        return JSONResponse(payload, 201) if spoiled is None else answer_spoiled(spoiled, payload)

    def _list(self, request: Request, form: Form) -> Response:
        query = dict(request.query_params)
        fits = wanted(query)
        numbers = self._carrier.account.numbers
        phone = next((p for p in map(read_number, _people(query)) if p and p not in numbers), None)
        page = page_of([view for view in self._carrier.find_all(phone) if fits(view)], query)
        path = f"{account_path(self._carrier.account)}/Messages.json"
        return JSONResponse(envelope(path, query, page, [self._json(view) for view in page.texts]))

    def _fetch(self, request: Request, form: Form) -> Response:
        view = self._carrier.find(request.path_params["sid"])
        if view is None:
            raise not_found(request.url.path)
        return JSONResponse(self._json(view))

    def _update(self, request: Request, form: Form) -> Response:
        sid = request.path_params["sid"]
        if self._carrier.find(sid) is None:
            raise not_found(request.url.path)
        if list(form.get("Status", ())) == ["canceled"]:
            self._carrier.change(sid, "canceled")
        elif list(form.get("Body", ())) == [""]:
            self._carrier.change(sid, "redacted")
        else:
            raise bad_request(20001, "Only Status=canceled or an empty Body can be set")
        return self._fetch(request, form)

    def _delete(self, request: Request, form: Form) -> Response:
        sid = request.path_params["sid"]
        if self._carrier.find(sid) is None:
            raise not_found(request.url.path)
        self._carrier.change(sid, "deleted")
        return Response(status_code=204)

    def _json(self, view: TextView) -> dict[str, Any]:
        return message_json(self._carrier.account, view)


class _Endpoint:
    """Checks who asks and reads the form, then lets the method's own function answer."""

    def __init__(self, carrier: Carrier, by_method: dict[str, Callable[[Request, Form], Response]]) -> None:
        self._carrier = carrier
        self._by_method = by_method

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ApiError as error:
            headers = {"WWW-Authenticate": 'Basic realm="Simulated carrier"'} if error.status == 401 else {}
            response = JSONResponse(error.payload(), error.status, headers=headers)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        self._check_caller(request)
        answer = self._by_method.get("GET" if request.method == "HEAD" else request.method)
        if answer is None:
            raise ApiError(405, 20004)
        form = _read_form(await request.body(), request.headers.get("content-type", ""))
        return await run_in_threadpool(answer, request, form)

    def _check_caller(self, request: Request) -> None:
        account = self._carrier.account
        user, password = _credentials(request.headers.get("authorization", ""))
        if not account.opens_for(user, password) or request.path_params["account"] != account.sid:
            raise ApiError(401, 20003)


def _credentials(header: str) -> tuple[str, str]:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def _read_form(body: bytes, content_type: str) -> Form:
    if not body:
        return {}
    if content_type.partition(";")[0].strip().lower() != _FORM_TYPE:
        raise ApiError(415, 20415)
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)


def _people(query: dict[str, str]) -> list[str]:
    return [query[name] for name in ("To", "From") if query.get(name)]
