"""Short links: a click is safe, then answered with a 302 that nobody may cache (rows F2, F3, F5)."""

from __future__ import annotations

import itertools
from datetime import datetime

from attrs import evolve

from ascend_core.contracts import Answer
from ascend_core.errors import AscendError
from ascend_core.operations.core import Core
from ascend_core.operations.outgoing import CODE_ALPHABET, CODE_LENGTH
from ascend_core.operations.record_clicks import Hit
from ascend_core.web.click_writer import ClickWriter
from ascend_core.web.ip_hashes import IpHashes
from ascend_core.web.lookups import Lookups
from ascend_core.web.misses import Misses
from ascend_core.web.requests import Scope, Send, send_answer, visitor_of

__all__ = ["NOT_FOUND", "TOO_MANY", "Redirect", "code_in"]

MOST_TAG = 1 << 30
"""Tags of requests, which tell those of one moment apart, begin again after so many."""

_TRAILING = ".,!?;:)]}>*/'\"”’»… "
"""What people and programs glue to the end of a link."""

_LETTERS = frozenset(CODE_ALPHABET)
_PURPOSES = frozenset({b"purpose", b"sec-purpose", b"x-purpose", b"x-moz"})
_REFUSALS = frozenset({b"sec-gpc", b"dnt"})
"""Headers by which a browser asks not to be remembered, when they say 1."""

_REDIRECT_HEADERS = [
    (b"cache-control", b"private, no-store"),
    (b"x-robots-tag", b"noindex, nofollow"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-length", b"0"),
]
_BODY = {"type": "http.response.body", "body": b""}

_PAGE_HEADERS = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow"}


def _page(status: int, title: str, sentence: str) -> Answer:
    return Answer(
        status=status,
        content_type="text/html; charset=utf-8",
        headers=_PAGE_HEADERS,
        body=(
            '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{title}</title><h1>{title}</h1><p>{sentence}</p></html>"
        ).encode(),
    )


NOT_FOUND = _page(
    404,
    "This link is not active",
    "It may have expired, or it was not copied whole. Please look at the text it came from.",
)
AWAY = evolve(
    _page(503, "One moment, please", "We cannot look this link up just now. Please tap it again in a minute."),
    headers={**_PAGE_HEADERS, "retry-after": "10"},
)
"""The database does not answer, and nobody asked for this link before."""
TOO_MANY = _page(429, "Too many links that are not active", "Please wait a minute and try again.")


class Redirect:
    """Answers ``/<code>``, whichever of our names it is asked under: a link that was texted once works however names
    change. Nothing in the request can change where it leads.
    """

    def __init__(self, core: Core, writer: ClickWriter) -> None:
        self._clock = core.clock
        self._anonymous = core.options.clicks_anonymous
        self._writer = writer
        self._lookups = Lookups(core)
        self._addresses = IpHashes(core)
        self._misses = Misses(core.clock)
        self._tags = itertools.count(int(core.randomness.fraction() * MOST_TAG))

    def close(self) -> None:
        """End the look-ups."""
        self._lookups.close()

    async def answer(self, scope: Scope, send: Send, code: str) -> None:
        """Keep the click and send the person on; 404 for a code that leads nowhere, or nowhere any more."""
        target = self._lookups.remembered(code)
        if target is None:
            visitor = visitor_of(scope)
            if self._misses.are_too_many(visitor):
                await send_answer(send, TOO_MANY, head_only=scope["method"] == "HEAD")
                return
            try:
                target = await self._lookups.find(code)
            except AscendError:
                await send_answer(send, AWAY, head_only=scope["method"] == "HEAD")
                return
            if target is None:
                self._misses.note(visitor)
        now = self._clock.now()
        if target is None or (target.expires_at is not None and target.expires_at <= now):
            await send_answer(send, NOT_FOUND, head_only=scope["method"] == "HEAD")
            return
        await self._writer.keep(self._hit(target.id, scope, now))
        await send({"type": "http.response.start", "status": 302, "headers": _headers(target.location)})
        await send(_BODY)

    def _hit(self, link_id: int, scope: Scope, now: datetime) -> Hit:
        agent, purpose, withheld = "", "", self._anonymous
        for name, value in scope["headers"]:
            if name == b"user-agent":
                agent = value.decode("latin-1")
            elif name in _PURPOSES:
                purpose = f"{purpose} {value.decode('latin-1')}".strip()
            elif name in _REFUSALS:
                withheld = withheld or value == b"1"
        address = None if withheld else self._addresses.hash_of(visitor_of(scope), now)
        return Hit(link_id, now, scope["method"], agent, next(self._tags) % MOST_TAG, purpose, address, withheld)


def _headers(location: str) -> list[tuple[bytes, bytes]]:
    return [(b"location", location.encode("latin-1")), *_REDIRECT_HEADERS]


def code_in(path: str) -> str | None:
    """The code that *path* names, whatever punctuation clings to it; None: it cannot be one."""
    code = path[1:]
    if len(code) != CODE_LENGTH:
        code = code.rstrip(_TRAILING)
    return code if len(code) == CODE_LENGTH and _LETTERS.issuperset(code) else None
