"""Answers gone wrong, on request: each kind was seen on the real API or on the way to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define

from ascend_core.errors import BadInput
from ascend_mobilize.simulator.answers import AsciiJson
from ascend_mobilize.simulator.table import rendered

__all__ = ["FAULTS", "Fault", "Faults", "rate_limited"]

RawAnswer = tuple[int, str, bytes]
"""Status, content type, body."""

_HTML = b'<!DOCTYPE html><html lang="en"><head><title>Please wait...</title></head></html>'
_JSON = "application/json"


def rate_limited(*, retry_after: bool) -> AsciiJson:
    """The answer to one request too many. Its ``error`` is a string, unlike all others."""
    headers = {"retry-after": "1"} if retry_after else None
    return AsciiJson({"error": "rate-limited"}, status_code=429, headers=headers)


def _server_error(status: int) -> Callable[[RawAnswer], RawAnswer]:
    return lambda _answer: (status, "text/html", b"<html><body><h1>Server Error</h1></body></html>")


def _forbidden(_answer: RawAnswer) -> RawAnswer:
    return 403, _JSON, b'{"data":null,"error":{"detail":"Invalid API key."}}'


def _half(answer: RawAnswer) -> RawAnswer:
    status, kind, body = answer
    return status, kind, body[: len(body) // 2]


def _first_row_twice(answer: RawAnswer) -> RawAnswer:
    status, kind, body = answer
    envelope: Any = json.loads(body) if kind.startswith(_JSON) else None
    if not isinstance(envelope, dict) or not isinstance(envelope.get("data"), list):
        return answer
    twice = {**envelope, "data": [*envelope["data"], *envelope["data"][:1]]}
    return status, kind, rendered(twice)


FAULTS: Mapping[str, Callable[[RawAnswer], RawAnswer] | None] = {
    "html_200": lambda _answer: (200, "text/html", _HTML),
    "rate_limited_200": lambda _answer: (200, _JSON, b'{"error":"rate-limited"}'),
    "429": lambda _answer: (429, _JSON, b'{"error":"rate-limited"}'),
    "500": _server_error(500),
    "502": _server_error(502),
    "503": _server_error(503),
    "truncated": _half,
    "wrong_key": _forbidden,
    "empty": lambda _answer: (200, _JSON, b"{}"),
    "row_twice": _first_row_twice,
    "silent": None,
    "cut_off": None,
}
"""By name: what becomes of the right answer.

``silent`` never answers; ``cut_off`` ends the connection in the middle of the body; ``429`` says when to come
back if the switch ``retry_after`` is on; ``row_twice`` shows a list's first row once more.
"""


@define(kw_only=True)
class Fault:
    """What is to go wrong, where, and how often."""

    kind: str
    times: int = 1
    path: str = "/"
    """Only requests whose path begins like this."""
    skip: int = 0
    """So many of them still go well first."""


class Faults:
    """The faults that are still to come, oldest first."""

    def __init__(self) -> None:
        self.pending: list[Fault] = []

    def add(self, wish: Mapping[str, Any]) -> None:
        """One more, from JSON. Raises BadInput."""
        unknown = set(wish) - {"kind", "times", "path", "skip"}
        numbers = (wish.get("times", 1), wish.get("skip", 0))
        if unknown or not all(isinstance(number, int) for number in numbers):
            raise BadInput("a fault has a kind, and if you like times (a number), path (a prefix) and skip (a number)")
        if wish.get("kind") not in FAULTS:
            raise BadInput(f"there is no fault {wish.get('kind')!r}; there are {', '.join(FAULTS)}")
        self.pending.append(Fault(**wish))

    def clear(self) -> None:
        """All goes well again."""
        self.pending.clear()

    def take(self, path: str) -> str | None:
        """The kind of fault that this request meets, if any; it is used up by it."""
        for fault in self.pending:
            if not path.startswith(fault.path):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            if fault.times <= 0:
                self.pending.remove(fault)
            return fault.kind
        return None
