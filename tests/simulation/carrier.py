# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The carrier of the simulation. What it accepted is the truth: it keeps it, not our tables."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from ascend_core.contracts import Inbound, Outbound, Receipt
from ascend_core.errors import TryLater, Unsure
from ascend_core.operations.core import Core
from ascend_core.store.sql import written
from ascend_core.store.types import from_micros
from tests.fakes.texts import FakeChannel
from tests.simulation.fate import Fate

__all__ = ["LISTED_AFTER", "Accepted", "Carrier", "Claim"]

LISTED_AFTER = timedelta(seconds=45)
"""So long after it took a text this carrier shows it in its list; the product must not look earlier."""


@frozen(kw_only=True)
class Claim:
    """What our table said of a text when its call began."""

    states: tuple[str, ...]
    purpose: int
    expires_at: datetime | None
    event_is_off: bool


@frozen(kw_only=True)
class Accepted:
    """A text that the carrier took."""

    text: Outbound
    at: datetime
    purpose: int


class Carrier(FakeChannel):
    """Takes texts, loses answers, and looks at each call as it begins.

    ``may_be_ready`` holds the keys of texts that were surely not sent: it said so itself, or they were looked up in
    vain. ``meanwhile`` lets something else happen while a call is under way.
    """

    def __init__(self) -> None:
        super().__init__()
        self.inspect: Callable[[Outbound, Claim], None] = _no_questions
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.unsure: type[Exception] = Unsure
        self.on_the_way: deque[Callable[[], Awaitable[None]]] = deque()
        """What a script lets happen to the next calls before they arrive; one that raises never does."""

    def begin(self, fate: Fate, core: Core) -> None:
        """A new schedule. *core* is for looking at our tables, and never dies."""
        self.fate = fate
        self.core = core
        self.unsure = Unsure
        self.taken: list[Accepted] = []
        self.may_be_ready: set[str] = set()
        self.on_the_way.clear()
        self.written: list[Inbound] = []

    async def missed(self, settings: Any, since: datetime) -> tuple[Inbound, ...]:
        """Everything people wrote; not always to be had."""
        if self.fate.happens(0.2):
            raise TryLater("the list is not there")
        return tuple(self.written)

    async def send(self, settings: Any, text: Outbound) -> Receipt:
        """Take *text*, or not, and tell the truth about it, or not."""
        claim = self._claim(text)
        self.inspect(text, claim)
        self.fate.may_kill("before the call", 0.25)
        if self.on_the_way:
            await self.on_the_way.popleft()()
        if self.fate.happens(0.1):
            self.may_be_ready.add(text.message_key)
            raise TryLater("busy")
        if self.fate.happens(0.08):
            raise self.unsure("lost on the way there")
        self.taken.append(Accepted(text=text, at=self.core.clock.now(), purpose=claim.purpose))
        number = len(self.taken)
        if self.meanwhile is not None:
            await self.meanwhile()
        self.fate.may_kill("after the call", 0.25)
        if self.fate.happens(0.08):
            raise self.unsure("lost on the way back")
        return Receipt(provider_id=f"P{number}")

    async def lookup(self, settings: Any, text: Outbound, since: datetime) -> Receipt | None:
        """Look into the list, which shows what was taken a little later, and not always."""
        if self.fate.happens(0.2):
            raise Unsure("the list is not there")
        now = self.core.clock.now()
        for number, each in enumerate(self.taken, start=1):
            if each.text.message_key == text.message_key and now - each.at >= LISTED_AFTER:
                return Receipt(provider_id=f"P{number}")
        self.may_be_ready.add(text.message_key)
        return None

    def _claim(self, text: Outbound) -> Claim:
        rows = self.core.database.read(
            lambda tx: tx.execute(
                written(
                    "SELECT m.state, m.purpose, m.expires_at, f.deleted_at FROM message m "
                    "LEFT JOIN form f ON f.id = m.form_id WHERE m.key = :key"
                ),
                {"key": text.message_key},
            ).all()
        )
        ends = rows[0].expires_at if rows else None
        return Claim(
            states=tuple(row.state for row in rows),
            purpose=rows[0].purpose if rows else 0,
            expires_at=None if ends is None else from_micros(ends),
            event_is_off=bool(rows) and rows[0].deleted_at is not None,
        )


def _no_questions(text: Outbound, claim: Claim) -> None:
    """Before a story has begun."""
