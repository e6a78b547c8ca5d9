"""A page where a person sees the texts arrive, taps their links and answers, for one phone after the other."""

from __future__ import annotations

import hashlib
import json
from heapq import nlargest
from importlib.resources import files
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ascend_sms.simulator.carrier import Carrier
from ascend_sms.simulator.phones import read_number
from ascend_sms.simulator.transcript import transcript

__all__ = ["PhonePage"]

_FILES = {
    "/": ("phone.html", "text/html; charset=utf-8"),
    "/phone.css": ("phone.css", "text/css; charset=utf-8"),
    "/phone.js": ("phone.js", "text/javascript; charset=utf-8"),
}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_MOST_TEXTS, _MOST_PHONES = 300, 200
"""Shown at once, the latest."""


class PhonePage:
    """``/`` and its two files, and ``/phones``, which tells the page what there is."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    def routes(self) -> list[Route]:
        """What to mount at the server's root."""
        return [Route(path, _file(*what), methods=["GET"]) for path, what in _FILES.items()] + [
            Route("/phones", self._phones, methods=["GET"])
        ]

    async def _phones(self, request: Request) -> Response:
        raw = request.query_params.get("phone")
        phone = read_number(raw) if raw else None
        if raw and phone is None:
            return JSONResponse({"error": "that is no phone number: give it as +12025550123"}, 400, _HEADERS)
        body = json.dumps(await run_in_threadpool(self._told, phone)).encode()
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {**_HEADERS, "ETag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)

    def _told(self, phone: str | None) -> dict[str, Any]:
        carrier = self._carrier
        with carrier.lock:
            number = carrier.account.number
            logs = carrier.state.log_by_phone
            recent = nlargest(_MOST_PHONES, logs, key=lambda each: logs[each][-1].at)
            return {
                "number": number,
                "phones": [
                    {
                        "phone": each,
                        "count": len(logs[each]),
                        "body": carrier.state.body_of(logs[each][-1]),
                        "at": logs[each][-1].at.isoformat(),
                    }
                    for each in recent
                ],
                "kind": carrier.kind_of(phone) if phone else None,
                "opted_out": (number, phone) in carrier.state.opted_out,
                "texts": transcript(carrier, phone)[-_MOST_TEXTS:] if phone else [],
            }


def _file(name: str, kind: str) -> Any:
    content = files("ascend_sms.simulator").joinpath("page", name).read_bytes()

    async def answer(_request: Request) -> Response:
        return Response(content, headers={**_HEADERS, "Content-Type": kind})

    return answer
