"""The simulated carrier's own switches, under ``/_sim``. JSON in and out, nothing to log in with."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from attrs import asdict, evolve
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ascend_core.errors import BadInput
from ascend_sms.simulator.carrier import Carrier
from ascend_sms.simulator.clocks import SteppedClock
from ascend_sms.simulator.faults import Faults, read_fault
from ascend_sms.simulator.messages import InboundText
from ascend_sms.simulator.phones import PhoneKind, read_number
from ascend_sms.simulator.transcript import transcript
from ascend_sms.simulator.webhooks import Postman

__all__ = ["Control"]


class Control:
    """What a test, a demonstration or a curious person can do to the carrier."""

    def __init__(self, carrier: Carrier, faults: Faults, postman: Postman) -> None:
        self._carrier = carrier
        self._faults = faults
        self._postman = postman

    def routes(self) -> list[Route]:
        """What to mount at the server's root."""
        return [
            Route("/_sim/faults", _json_answer(self._order_faults), methods=["POST"]),
            Route("/_sim/faults", _json_answer(self._ordered_faults), methods=["GET"]),
            Route("/_sim/faults", _json_answer(self._clear_faults), methods=["DELETE"]),
            Route("/_sim/transcript", _json_answer(self._transcript), methods=["GET"]),
            Route("/_sim/inbound", _json_answer(self._inbound), methods=["POST"]),
            Route("/_sim/settle", _json_answer(self._settle), methods=["POST"]),
            Route("/_sim/phones/{phone}", _json_answer(self._set_phone), methods=["POST"]),
            Route("/_sim/opt_out", _json_answer(self._set_opt_out), methods=["POST"]),
            Route("/_sim/webhook", _json_answer(self._set_webhook), methods=["POST"]),
            Route("/_sim/clock", _json_answer(self._read_clock), methods=["GET"]),
            Route("/_sim/clock", _json_answer(self._move_clock), methods=["POST"]),
            Route("/_sim/rate", _json_answer(self._set_rate), methods=["POST"]),
            Route("/_sim/signing", _json_answer(self._set_signing), methods=["POST"]),
        ]

    def write(
        self, raw_phone: str, body: str, key: str | None, media: tuple[str, ...] = ()
    ) -> tuple[InboundText, bool]:
        """The person with *raw_phone* writes; without *key* it is a new text. Tells whether the webhook answered.

        Raises BadInput: no phone.
        """
        phone = read_number(raw_phone)
        if phone is None:
            raise BadInput("'from' is no phone number: give it as +12025550123")
        with self._carrier.lock:
            text, again = self._carrier.receive(
                key or f"by hand {len(self._carrier.state.inbound)}", phone, body, media
            )
        return text, self._postman.deliver(text, retry=again)

    def _order_faults(self, request: Request, data: Any) -> Any:
        faults = [read_fault(item) for item in (data if isinstance(data, list) else [data])]
        for fault in faults:
            self._faults.order(fault)
        return self._ordered_faults(request, data)

    def _ordered_faults(self, request: Request, data: Any) -> Any:
        return {"faults": [asdict(fault) for fault in self._faults.ordered()]}

    def _clear_faults(self, request: Request, data: Any) -> Any:
        self._faults.clear()
        return {"faults": []}

    def _transcript(self, request: Request, data: Any) -> Any:
        phone = request.query_params.get("phone")
        return {"texts": transcript(self._carrier, phone and (read_number(phone) or phone))}

    def _inbound(self, request: Request, data: Any) -> Any:
        media = tuple(map(str, _get(data, "media", list, [])))
        key = _get(data, "key", str, "")
        text, answered = self.write(_get(data, "from", str), _get(data, "body", str), key or None, media)
        return {"sid": text.sid, "answered": answered, "opt_out_type": text.opt_out_type}

    def _settle(self, request: Request, data: Any) -> Any:
        posted, due_at = self._postman.settle(), self._postman.next_due()
        return {"posted": posted, "next_due": due_at.isoformat() if due_at else None}

    def _set_phone(self, request: Request, data: Any) -> Any:
        phone = read_number(request.path_params["phone"])
        if phone is None:
            raise BadInput("the path ends with a phone number, such as +12025550123")
        kind = _choice(PhoneKind, _get(data, "kind", str))
        self._carrier.set_phone(phone, kind)
        return {"phone": phone, "kind": kind}

    def _set_opt_out(self, request: Request, data: Any) -> Any:
        mode = _get(data, "mode", str)
        if mode not in {"provider", "none"}:
            raise BadInput(f"'mode' is {mode!r}: it is provider or none")
        self._carrier.rules = evolve(self._carrier.rules, handles_opt_out=mode == "provider")
        return {"mode": mode}

    def _set_webhook(self, request: Request, data: Any) -> Any:
        self._postman.point(_get(data, "inbound_url", str))
        return {"inbound_url": data["inbound_url"]}

    def _read_clock(self, request: Request, data: Any) -> Any:
        return {"now": self._carrier.now().isoformat(), "moves": isinstance(self._carrier.clock, SteppedClock)}

    def _move_clock(self, request: Request, data: Any) -> Any:
        """Let time pass, and post what becomes due on the way, in order."""
        clock = self._carrier.clock
        if not isinstance(clock, SteppedClock):
            raise BadInput("the clock is the real one: start the carrier with --clock to move it")
        end = clock.now() + timedelta(seconds=_get(data, "advance_seconds", (int, float)))
        posted = self._postman.settle()
        while (due_at := self._postman.next_due()) is not None and clock.now() < due_at <= end:
            clock.advance(due_at - clock.now())
            posted += self._postman.settle()
        clock.advance(end - clock.now())
        return {"now": clock.now().isoformat(), "posted": posted + self._postman.settle()}

    def _set_rate(self, request: Request, data: Any) -> Any:
        rate = _get(data, "segments_per_second", (int, float, type(None)))
        if rate is not None and not 0 < rate < 1_000_000:
            raise BadInput("'segments_per_second' is more than 0, or null for no limit")
        self._carrier.rules = evolve(self._carrier.rules, segments_per_second=rate)
        return {"segments_per_second": rate}

    def _set_signing(self, request: Request, data: Any) -> Any:
        """Which secret webhooks are signed with from now on."""
        account, given = self._carrier.account, _get(data, "with", str)
        if given not in {"token", "shared_key"}:
            raise BadInput(f"'with' is {given!r}: it is token or shared_key")
        key = None if given == "token" else (SHARED_KEY_ID, account.key_secret)
        self._carrier.account = evolve(account, shared_key=key)
        return {"with": given, "shared_key_id": key and key[0], "shared_key_secret": key and key[1].reveal()}


def _json_answer(handle: Callable[[Request, Any], Any]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            raw = await request.body()
            return JSONResponse(await run_in_threadpool(handle, request, json.loads(raw) if raw else {}))
        except ValueError:
            return JSONResponse({"error": "the body is not JSON"}, 400)
        except BadInput as error:
            return JSONResponse({"error": str(error)}, 400)

    return answer


_REQUIRED: Any = object()
SHARED_KEY_ID = "sharedkey1"
"""Invented."""


def _get(data: Any, name: str, kind: type[Any] | tuple[type[Any], ...], otherwise: Any = _REQUIRED) -> Any:
    value = (data if isinstance(data, dict) else {}).get(name, otherwise)
    if not isinstance(value, kind) or isinstance(value, bool):
        first = kind[0] if isinstance(kind, tuple) else kind
        raise BadInput(f"'{name}' is missing or is no {first.__name__}")
    return value


def _choice(kinds: type[PhoneKind], raw: str) -> PhoneKind:
    try:
        return kinds(raw)
    except ValueError:
        raise BadInput(f"'kind' is {raw!r}: it is one of {', '.join(kinds)}") from None
