"""Whether this server can do its work: the database answers, and has the tables of this version."""

from __future__ import annotations

import asyncio

from ascend_core.contracts import Answer
from ascend_core.operations.core import Core
from ascend_core.store.schema import fits_schema

__all__ = ["Readiness"]

LONGEST_SECONDS = 2.0
"""A database that takes longer does not answer: whoever asks has a time-out of its own."""
REMEMBERED_SECONDS = 1.0
"""However often the world asks, the database is asked no more often."""

UNAVAILABLE = 503


class Readiness:
    """Answers with one word: ``ready``, ``database`` (it does not answer) or ``schema`` (it is of another version)."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._asking: asyncio.Task[str] | None = None
        self._known: tuple[float, str] | None = None

    async def answer(self) -> Answer:
        """200 or 503, with the word."""
        word = await self._word()
        return Answer(status=200 if word == "ready" else UNAVAILABLE, body=f"{word}\n".encode())

    async def _word(self) -> str:
        now = self._core.clock.monotonic()
        if self._known is not None and now - self._known[0] < REMEMBERED_SECONDS:
            return self._known[1]
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(asyncio.to_thread(self._look))
        try:
            word = await asyncio.wait_for(asyncio.shield(self._asking), LONGEST_SECONDS)
        except TimeoutError:
            return "database"
        self._known = (now, word)
        return word

    def _look(self) -> str:
        try:
            return "ready" if fits_schema(self._core.database) else "schema"
        except Exception:  # noqa: BLE001 -- whatever keeps it from answering, the word for it is the same
            return "database"
