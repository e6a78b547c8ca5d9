"""Where short links lead: remembered, and looked up in groups by one thread."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress

from ascend_core.errors import TryLater
from ascend_core.operations.core import Core
from ascend_core.operations.record_clicks import find_links
from ascend_core.store.links import LinkTarget

__all__ = ["Lookups"]

REMEMBERED = 100_000
"""Links held in memory; a link never changes where it leads."""
MOST_AT_ONCE = 200
PATIENCE_SECONDS = 5.0
"""How long a person waits for a database that went silent. Whoever taps again a minute later may find it there."""

Asked = tuple[str, "asyncio.Future[LinkTarget | None]", asyncio.AbstractEventLoop]


class Lookups:
    """Answers which link a code is. Codes that are asked for at the same time share one query."""

    def __init__(self, core: Core, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._core = core
        self._patience_seconds = patience_seconds
        self._known: OrderedDict[str, LinkTarget] = OrderedDict()
        self._queue: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="link-lookups", daemon=True)
        self._thread.start()

    def remembered(self, code: str) -> LinkTarget | None:
        """The link, if it was looked up before."""
        return self._known.get(code)

    async def find(self, code: str) -> LinkTarget | None:
        """The link; None: there is none. Raises what the database raises, and TryLater when it says nothing."""
        loop = asyncio.get_running_loop()
        found: asyncio.Future[LinkTarget | None] = loop.create_future()
        self._queue.put((code, found, loop))
        try:
            target = await asyncio.wait_for(found, self._patience_seconds)
        except TimeoutError as error:
            raise TryLater("the database does not answer") from error
        if target is not None:
            self._known[code] = target
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return target

    def close(self) -> None:
        """End the thread."""
        self._queue.put(None)
        self._thread.join(timeout=30)

    def _run(self) -> None:
        ended = False
        while not ended:
            asked: list[Asked] = []
            one = self._queue.get()
            while one is not None:
                asked.append(one)
                if len(asked) == MOST_AT_ONCE or self._queue.empty():
                    break
                one = self._queue.get()
            ended = one is None
            self._answer(asked)

    def _answer(self, asked: Sequence[Asked]) -> None:
        if not asked:
            return
        found: dict[str, LinkTarget] | Exception
        try:
            found = find_links(self._core, {code for code, _, _ in asked})
        except Exception as error:  # noqa: BLE001 -- a fence: whoever asked is told, and the thread lives on
            found = error
        for code, future, loop in asked:
            answer = found if isinstance(found, Exception) else found.get(code)
            with suppress(RuntimeError):  # a loop that is closed: nobody waits any more
                loop.call_soon_threadsafe(_tell, future, answer)


def _tell(future: asyncio.Future[LinkTarget | None], answer: LinkTarget | Exception | None) -> None:
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
