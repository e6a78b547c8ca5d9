"""What becomes of a right answer when it goes wrong. Each kind was seen on the real API, or on the way to it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve, field, frozen

from ascend_mobilize.simulator.table import Record, rendered

__all__ = ["CONNECTION", "HEALING", "KINDS", "PASSING", "SPOILERS", "RawAnswer"]

_JSON, _HTML = "application/json", "text/html"
_WAITING_PAGE = b'<!DOCTYPE html><html lang="en"><head><title>Please wait...</title></head></html>'
_SERVER_ERROR = b"<html><body><h1>Server Error</h1></body></html>"
_RATE_LIMITED = b'{"error":"rate-limited"}'
_NO_KEY = b'{"data":null,"error":{"detail":"Invalid API key."}}'
_ELSEWHERE = "https://api.mobilize.example.net/v1/organizations"
_HUGE_BYTES = 25_000_000
_DEEP = 100_000
_DEEP_VALUE = 200
_TEXT_BEGINS = re.compile(rb'(?<="given_name":")|(?<="title":")')
_ENUMS = {
    "status": "SHADOWED",
    "event_type": "MOON_LANDING",
    "sms_opt_in_status": "PERHAPS",
    "visibility": "TRANSLUCENT",
    "approval_status": "PONDERED",
    "accessibility_status": "STEEP",
}
"""Fields with a fixed set of words, and a word that is not in the set."""


@frozen(kw_only=True)
class RawAnswer:
    """One whole answer on its way out. *url* is what was asked."""

    status: int
    content_type: str
    body: bytes
    url: str = ""
    headers: Mapping[str, str] = field(factory=dict)


Spoil = Callable[[RawAnswer], RawAnswer]


def _instead(status: int, content_type: str, body: bytes) -> Spoil:
    return lambda answer: RawAnswer(status=status, content_type=content_type, body=body, url=answer.url)


def _body(change: Callable[[bytes], bytes]) -> Spoil:
    return lambda answer: evolve(answer, body=change(answer.body))


def _envelope(change: Callable[[Record, RawAnswer], Record]) -> Spoil:
    """Lists only: other answers stay right."""

    def spoil(answer: RawAnswer) -> RawAnswer:
        document: Any = json.loads(answer.body) if answer.content_type.startswith(_JSON) else None
        if not isinstance(document, dict) or not isinstance(document.get("data"), list):
            return answer
        return evolve(answer, body=rendered(change(document, answer)))

    return spoil


def _rows(change: Callable[[list[Any]], list[Any]]) -> Spoil:
    return _envelope(lambda document, _answer: {**document, "data": change(document["data"])})


def _in_a_name(harm: bytes) -> Spoil:
    """*harm* before the first name or title."""
    return _body(lambda body: _TEXT_BEGINS.sub(lambda _found: harm, body, count=1))


def _count(document: Record) -> int:
    count = document.get("count")
    return count if isinstance(count, int) else 0


def _with_enums(value: Any, word: Callable[[str], Any]) -> Any:
    match value:
        case dict():
            return {
                name: word(name) if name in _ENUMS and inner is not None else _with_enums(inner, word)
                for name, inner in value.items()
            }
        case list():
            return [_with_enums(inner, word) for inner in value]
        case _:
            return value


def _deep(levels: int) -> Any:
    value: Any = None
    for _ in range(levels):
        value = [value]
    return value


SPOILERS: Mapping[str, Spoil] = {
    "429": _instead(429, _JSON, _RATE_LIMITED),
    "rate_limited_200": _instead(200, _JSON, _RATE_LIMITED),
    "html_200": _instead(200, _HTML, _WAITING_PAGE),
    "html_403": _instead(403, _HTML, _WAITING_PAGE),
    "500": _instead(500, _HTML, _SERVER_ERROR),
    "502": _instead(502, _HTML, _SERVER_ERROR),
    "503": _instead(503, _HTML, _SERVER_ERROR),
    "401": _instead(401, _JSON, _NO_KEY),
    "wrong_key": _instead(403, _JSON, _NO_KEY),
    "redirect": lambda answer: evolve(answer, status=302, body=b"", headers={"location": _ELSEWHERE}),
    "empty": _instead(200, _JSON, b"{}"),
    "bare_list": _instead(200, _JSON, b"[]"),
    "error_200": _instead(200, _JSON, b'{"data":null,"error":{"detail":"Something went wrong."}}'),
    "truncated": _body(lambda body: body[: len(body) // 2]),
    "bom": _body(lambda body: b"\xef\xbb\xbf" + body),
    "nul_byte": _body(lambda body: body + b"\0"),
    "deep": _instead(200, _JSON, b'{"data":' + b"[" * _DEEP + b"]" * _DEEP + b"}"),
    "huge": _body(lambda body: body[:1] + b" " * _HUGE_BYTES + body[1:]),
    "wrong_count": _envelope(lambda document, _answer: {**document, "count": _count(document) * 3 + 7}),
    "no_count": _envelope(lambda document, _answer: {**document, "count": None}),
    "limited": _envelope(
        lambda document, _answer: {**document, "count": _count(document) + 1, "results_limited_to": _count(document)}
    ),
    "off_host_next": _envelope(lambda document, _answer: {**document, "next": f"{_ELSEWHERE}?cursor=c"}),
    "cycling_next": _envelope(lambda document, answer: {**document, "next": answer.url}),
    "row_twice": _rows(lambda rows: [*rows, *rows[:1]]),
    "backwards": _rows(lambda rows: rows[::-1]),
    "invalid_utf8": _in_a_name(b"\xff\xc0"),
    "nul_text": _in_a_name(b"\\u0000"),
    "lone_surrogate": _in_a_name(b"\\ud83d"),
    "deep_row": _rows(lambda rows: [{**row, "feedback": _deep(_DEEP_VALUE)} for row in rows]),
    "null_row": _rows(lambda rows: [*rows, None]),
    "null_enums": _rows(lambda rows: [_with_enums(row, lambda _name: None) for row in rows]),
    "unknown_enums": _rows(lambda rows: [_with_enums(row, lambda name: _ENUMS[name]) for row in rows]),
}
"""By kind: what becomes of the right answer.

``bare_list`` and ``empty`` are JSON that is no envelope; ``cycling_next`` names the page itself as the next;
``limited`` says that a search shows less than there is; ``backwards`` turns the rows of a page round; ``invalid_utf8``,
``nul_text`` and ``lone_surrogate`` harm the first name or title of a page; ``deep_row`` nests where nobody looks.
"""

CONNECTION = ("silent", "drip", "cut_off", "reset")
"""Kinds that befall the connection: no answer ever comes; it comes in drops over ``seconds``; half of it comes; the
connection ends before it."""

KINDS = (*SPOILERS, *CONNECTION)

_LASTING = {"401", "wrong_key", "redirect", "limited", "off_host_next", "cycling_next"}
_UNTRUE = {"invalid_utf8", "nul_text", "lone_surrogate", "null_enums", "unknown_enums", "null_row"}
PASSING = tuple(kind for kind in KINDS if kind not in _UNTRUE | {"silent"})
"""Kinds after which the truth still comes, by asking again or by a person who does what the message says. Not among
them: those that say something untrue about a person in an answer that looks right, and silence, which costs a minute
of patience."""

HEALING = tuple(kind for kind in PASSING if kind not in _LASTING)
"""Of those, the kinds after which asking again is enough."""
