"""The click writer: one thread that commits whatever clicks are queued, all in one transaction, and then says so.

Under load many clicks share one commit, and nobody waits for a timer. While the database cannot take them (it is
locked, the disk is full) clicks go into the spill file instead, and from there into the database as soon as it can.
Either way a click is safe before its visitor is sent on.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ascend_core.errors import AscendError
from ascend_core.operations.core import Core
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.operations.record_clicks import Hit, keep_clicks
from ascend_core.web.spill import Spill

__all__ = ["ClickWriter"]

WAIT_SECONDS = 0.25
"""A click that is not committed by then is spilled, and the person goes on: a redirect never fails for our sake."""

MOST_AT_ONCE = 500
GATHER_SECONDS = 0.002
"""While several come at a time, so long is waited for more before a commit: a commit costs as much as fifty clicks."""
PAUSE_SECONDS = 0.5
"""Between tries while the database cannot be written."""
IDLE_SECONDS = 0.1
COUNT_AT = 1_000
COUNT_AFTER_SECONDS = 1.0
"""Clicks are counted when none came for a moment, at the latest when so many are safe or so much time has passed: many
together cost less, and reports stay fresh."""
MOST_IN_MEMORY = 100_000
"""Clicks kept in memory alone, when neither the database nor the spill file takes them."""

Waiting = tuple[Hit, "asyncio.Future[bool]", asyncio.AbstractEventLoop]


class ClickWriter:
    """Keeps clicks. *spill_folder* None: without a spill file, what cannot be committed waits in memory."""

    def __init__(self, core: Core, spill_folder: Path | None = None) -> None:
        self._core = core
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._spill = None if spill_folder is None else Spill(spill_folder)
        self._in_memory: deque[Hit] = deque(maxlen=MOST_IN_MEMORY)
        self._overdue: deque[tuple[float, Hit, asyncio.Future[bool]]] = deque()
        self._watching = False
        self._uncounted, self._counted_at = 0, core.clock.monotonic()
        self._thread = threading.Thread(target=self._run, name="click-writer", daemon=True)
        self._thread.start()

    def keep(self, hit: Hit) -> asyncio.Future[bool]:
        """Queue *hit*; the future is done once it is safe: True; or once it never can be: False."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._queue.put((hit, done, loop))
        self._overdue.append((loop.time() + WAIT_SECONDS, hit, done))
        if not self._watching:
            self._watching = True
            loop.call_later(WAIT_SECONDS, self._watch, loop)
        return done

    def close(self) -> None:
        """Commit what is queued, and end."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join(timeout=60)
        if self._spill is not None:
            self._spill.close()

    # in the event loop

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Spill whatever has waited too long, and look again when the next one has."""
        now, late = loop.time(), []
        while self._overdue and (self._overdue[0][0] <= now or self._overdue[0][2].done()):
            _, hit, done = self._overdue.popleft()
            if not done.done():
                late.append((hit, done))
        self._set_aside([hit for hit, _ in late])
        _settle([done for _, done in late], True)
        self._watching = bool(self._overdue)
        if self._watching:
            loop.call_at(self._overdue[0][0], self._watch, loop)

    # in either

    def _set_aside(self, hits: Sequence[Hit]) -> None:
        if not hits:
            return
        try:
            if self._spill is not None:
                self._spill.add(hits)
                return
        except OSError:
            pass  # not even there: memory is the last place
        self._in_memory.extend(hits)

    # in the thread

    def _run(self) -> None:
        self._catch_up(orphans=True)
        crowded = False
        while True:
            try:
                first = self._queue.get(timeout=self._patience())
            except queue.Empty:
                self._catch_up()
                self._count()
                continue
            group = [] if first is None else [first]
            ended = first is None
            if crowded and not ended:
                self._stopping.wait(GATHER_SECONDS)
            while group and len(group) < MOST_AT_ONCE and not self._queue.empty():
                more = self._queue.get()
                if more is None:
                    ended = True
                    break
                group.append(more)
            crowded = len(group) > 1
            if self._commit([each for each in group if not each[1].done()]) and (ended or self._is_behind()):
                self._catch_up()
            self._uncounted += len(group)
            waited = self._core.clock.monotonic() - self._counted_at
            if ended or self._uncounted >= COUNT_AT or waited >= COUNT_AFTER_SECONDS:
                self._count()
            if ended:
                return

    def _patience(self) -> float | None:
        """How long to wait for the next click before doing something else; None: there is nothing else."""
        if self._uncounted:
            return IDLE_SECONDS
        return PAUSE_SECONDS if self._is_behind() else None

    def _is_behind(self) -> bool:
        return bool(self._in_memory) or (self._spill is not None and self._spill.holds_clicks)

    def _commit(self, group: Sequence[Waiting]) -> bool:
        """Commit the group, or set it aside; what can never be kept takes no other with it.

        False: the database takes no clicks now.
        """
        if not group:
            return True
        hits = [hit for hit, _, _ in group]
        try:
            keep_clicks(self._core, hits)
        except AscendError:
            self._set_aside(hits)
            _tell(group, kept=True)
            return False
        except Exception:  # noqa: BLE001 -- a fence: a click that cannot be kept must not take the others with it
            if len(group) == 1:
                _tell(group, kept=False)
            else:
                for each in group:
                    self._commit([each])
            return True
        _tell(group, kept=True)
        return True

    def _count(self) -> None:
        self._uncounted, self._counted_at = 0, self._core.clock.monotonic()
        with suppress(AscendError):  # they are safe; the next round or the worker counts them
            count_clicks(self._core)

    def _catch_up(self, *, orphans: bool = False) -> None:
        """Bring what was set aside into the database, if it can be."""
        try:
            if self._spill is not None:
                if self._spill.holds_clicks:
                    self._spill.empty_into(self._keep_all)
                if orphans:
                    self._spill.adopt_orphans(self._keep_all)
            while self._in_memory:
                some = [self._in_memory[place] for place in range(min(MOST_AT_ONCE, len(self._in_memory)))]
                self._keep_all(some)
                for _ in some:
                    self._in_memory.popleft()
        except (AscendError, OSError):
            self._stopping.wait(PAUSE_SECONDS)

    def _keep_all(self, hits: Sequence[Hit]) -> None:
        """Keep *hits*; one that can never be kept is dropped. Raises AscendError when the database takes none."""
        try:
            keep_clicks(self._core, hits)
        except AscendError:
            raise
        except Exception:  # noqa: BLE001 -- a fence, as in ``_commit``
            for hit in hits if len(hits) > 1 else ():
                self._keep_all([hit])


def _tell(group: Sequence[Waiting], *, kept: bool) -> None:
    """Tell those who wait, each loop once."""
    for loop in {id(loop): loop for _, _, loop in group}.values():
        waiting = [done for _, done, its in group if its is loop]
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, waiting, kept)


def _settle(waiting: Sequence[asyncio.Future[bool]], kept: bool) -> None:
    for done in waiting:
        if not done.done():
            done.set_result(kept)
