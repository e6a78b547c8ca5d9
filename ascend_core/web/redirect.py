"""Short links: a click is committed, then answered with a 302 that nobody may cache (rows F2, F3, F5)."""

from __future__ import annotations

import asyncio
import itertools
from collections import OrderedDict

from ascend_core.contracts import Answer
from ascend_core.operations.core import Core
from ascend_core.operations.outgoing import CODE_ALPHABET, CODE_LENGTH
from ascend_core.operations.record_clicks import Hit, find_link
from ascend_core.store.links import LinkTarget
from ascend_core.web.click_writer import ClickWriter
from ascend_core.web.requests import Scope, Send, send_answer

__all__ = ["Redirect", "code_in"]

WAIT_SECONDS = 0.25
"""A click that is not committed by then stays queued, and the person goes on: a redirect never fails for our sake."""

REMEMBERED = 100_000
"""Links held in memory; a link never changes where it leads."""

MOST_TAG = 1 << 30
"""Tags of requests, which tell those of one moment apart, begin again after so many."""

_TRAILING = ".,!?;:)]}'\"”’»… "
"""What people and programs glue to the end of a link."""

_LETTERS = frozenset(CODE_ALPHABET)

NOT_FOUND = Answer(
    status=404,
    content_type="text/html; charset=utf-8",
    headers={"cache-control": "no-store", "x-robots-tag": "noindex, nofollow"},
    body=(
        b'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        b"<title>This link is not active</title><h1>This link is not active</h1>"
        b"<p>It may have expired, or it was not copied whole. Please look at the text it came from.</p></html>"
    ),
)


class Redirect:
    """Answers ``/<code>``. Nothing in the request can change where it leads."""

    def __init__(self, core: Core, writer: ClickWriter) -> None:
        self._core = core
        self._writer = writer
        self._known: OrderedDict[str, LinkTarget] = OrderedDict()
        self._tags = itertools.count(int(core.randomness.fraction() * MOST_TAG))

    async def answer(self, scope: Scope, send: Send, code: str) -> None:
        """Keep the click and send the person on; 404 for a code that leads nowhere."""
        target = self._known.get(code) or await asyncio.to_thread(self._find, code)
        head = scope["method"] == "HEAD"
        if target is None:
            await send_answer(send, NOT_FOUND, head_only=head)
            return
        done = self._writer.keep(_hit(self._core, target, scope, next(self._tags) % MOST_TAG))
        await asyncio.wait([asyncio.wrap_future(done)], timeout=WAIT_SECONDS)
        headers = {
            "location": target.location,
            "cache-control": "private, no-store",
            "x-robots-tag": "noindex, nofollow",
            "referrer-policy": "no-referrer",
        }
        await send_answer(send, Answer(status=302, headers=headers), head_only=head)

    def _find(self, code: str) -> LinkTarget | None:
        target = find_link(self._core, code)
        if target is not None:
            self._known[code] = target
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return target


def code_in(path: str) -> str | None:
    """The code that *path* names, whatever punctuation clings to it; None: it cannot be one."""
    code = path[1:].rstrip(_TRAILING)
    return code if len(code) == CODE_LENGTH and _LETTERS.issuperset(code) else None


def _hit(core: Core, target: LinkTarget, scope: Scope, tag: int) -> Hit:
    agent, purpose = "", ""
    for name, value in scope["headers"]:
        if name == b"user-agent":
            agent = value.decode("latin-1").replace("\0", "")
        elif name in (b"purpose", b"sec-purpose", b"x-purpose", b"x-moz"):
            purpose = value.decode("latin-1")
    now = core.clock.now()
    return Hit(link_id=target.id, at=now, tag=tag, method=scope["method"], user_agent=agent, purpose=purpose)
