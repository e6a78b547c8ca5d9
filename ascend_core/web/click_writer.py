"""The click writer: one thread that commits the clicks that came at a time, all in one transaction, and then says so.

While one group is committed the next one gathers, so that under load many clicks share a commit; a click that comes by
itself waits for none. While the database cannot take them (it is locked, the disk is full) clicks go into the spill
file instead, and from there into the database as soon as it can. Either way a click is safe before its visitor is sent
on.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from attrs import define, field

from ascend_core.errors import AscendError
from ascend_core.operations.core import Core
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.operations.record_clicks import Hit, keep_clicks
from ascend_core.web.spill import Spill

__all__ = ["ClickWriter"]

WAIT_SECONDS = 0.25
"""A click that is not committed by then is spilled, and the person goes on: a redirect never fails for our sake."""

GATHER_SECONDS = 0.002
"""While several come at a time, a commit waits until everybody who was just answered is back, and no longer than this:
it costs as much as fifty clicks."""
MOST_AT_ONCE = 500
"""Clicks that were set aside and are told to the database in one transaction."""
PAUSE_SECONDS = 0.5
"""Between tries while the database cannot be written."""
IDLE_SECONDS = 0.1
COUNT_AT = 4_000
COUNT_AFTER_SECONDS = 1.0
"""Clicks are counted when none came for a moment, at the latest when so many are safe or so much time has passed: many
together cost less, and reports stay fresh."""
MOST_IN_MEMORY = 100_000
"""Clicks kept in memory alone, when neither the database nor the spill file takes them."""


@define(eq=False)
class _Group:
    """Clicks that came at a time, in one event loop, and whoever waits until they are safe."""

    loop: asyncio.AbstractEventLoop
    hits: list[Hit] = field(factory=list, init=False)
    waiting: list[asyncio.Future[None]] = field(factory=list, init=False)
    deadline: asyncio.TimerHandle | None = field(default=None, init=False)
    is_late: bool = field(default=False, init=False)
    """Its clicks were set aside, and its people are gone."""

    def release(self) -> None:
        """Let everybody go on; whoever was cancelled meanwhile holds up no other."""
        for one in self.waiting:
            if not one.done():
                one.set_result(None)


class ClickWriter:
    """Keeps clicks. *spill_folder* None: without a spill file, what cannot be committed waits in memory.

    ``keep`` is for one event loop at a time.
    """

    def __init__(self, core: Core, spill_folder: Path | None = None) -> None:
        self._core = core
        self._coming: _Group | None = None
        """What gathers; it is handed over once the thread has nothing in hand."""
        self._in_hand: _Group | None = None
        self._wanted = 1
        """As many clicks as come at a time of late: a group with so many is handed over."""
        self._queue: queue.SimpleQueue[_Group | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._spill = None if spill_folder is None else Spill(spill_folder)
        self._has_orphans = self._spill is not None
        self._in_memory: deque[Hit] = deque(maxlen=MOST_IN_MEMORY)
        self._uncounted, self._counted_at = 0, core.clock.monotonic()
        self._thread = threading.Thread(target=self._run, name="click-writer", daemon=True)
        self._thread.start()

    def keep(self, hit: Hit) -> asyncio.Future[None]:
        """Queue *hit*; the future is done once it is safe."""
        loop = asyncio.get_running_loop()
        group = self._coming
        if group is None or group.loop is not loop:
            group = self._coming = _Group(loop)
            group.deadline = loop.call_later(WAIT_SECONDS, self._give_up_on, group)
            if not self._is_busy(loop):
                self._plan_to_hand_over(loop)
        done = loop.create_future()
        group.hits.append(hit)
        group.waiting.append(done)
        if len(group.hits) == self._wanted > 1:
            self._hand_over()
        return done

    def close(self) -> None:
        """Commit what is queued, and end."""
        self._stopping.set()
        coming, self._coming = self._coming, None
        if coming is not None:
            self._queue.put(coming)
        self._queue.put(None)
        self._thread.join(timeout=60)
        if self._spill is not None:
            self._spill.close()

    # in the event loop

    def _is_busy(self, loop: asyncio.AbstractEventLoop) -> bool:
        return self._in_hand is not None and self._in_hand.loop is loop

    def _plan_to_hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._coming is not None and len(self._coming.hits) < self._wanted > 1:
            loop.call_later(GATHER_SECONDS, self._hand_over)
        else:
            loop.call_soon(self._hand_over)  # with whoever else has come by now

    def _hand_over(self) -> None:
        group = self._coming
        if group is None or self._is_busy(group.loop):
            return
        self._coming, self._in_hand = None, group
        self._queue.put(group)

    def _are_safe(self, group: _Group) -> None:
        """The thread is done with *group*."""
        if group.deadline is not None:
            group.deadline.cancel()
        group.release()
        if self._in_hand is group:
            self._in_hand = None
        coming = 0 if self._coming is None else len(self._coming.hits)
        self._wanted = 1 if len(group.hits) == 1 else len(group.hits) + coming
        if coming:
            self._plan_to_hand_over(group.loop)

    def _give_up_on(self, group: _Group) -> None:
        """Set aside a *group* that has waited too long."""
        if self._coming is group:
            self._coming = None
        group.is_late = True
        self._set_aside(group.hits)
        group.release()

    # in either

    def _set_aside(self, hits: Sequence[Hit]) -> None:
        try:
            if self._spill is not None:
                self._spill.add(hits)
                return
        except OSError:
            pass  # not even there: memory is the last place
        self._in_memory.extend(hits)

    # in the thread

    def _run(self) -> None:
        self._catch_up()
        while True:
            try:
                group = self._queue.get(timeout=self._patience())
            except queue.Empty:
                self._catch_up()
                self._count()
                continue
            if group is None:
                break
            if self._commit(group) and self._is_behind():
                self._catch_up()
            self._uncounted += len(group.hits)
            waited = self._core.clock.monotonic() - self._counted_at
            if self._uncounted >= COUNT_AT or waited >= COUNT_AFTER_SECONDS:
                self._count()
        self._catch_up()
        self._count()

    def _patience(self) -> float | None:
        """How long to wait for the next click before doing something else; None: there is nothing else."""
        if self._uncounted:
            return IDLE_SECONDS
        return PAUSE_SECONDS if self._is_behind() else None

    def _is_behind(self) -> bool:
        return self._has_orphans or bool(self._in_memory) or (self._spill is not None and self._spill.holds_clicks)

    def _commit(self, group: _Group) -> bool:
        """Commit *group*, or set it aside, and say so. False: the database takes no clicks now."""
        takes = True
        try:
            if not group.is_late:
                self._keep_all(group.hits)
        except Exception:  # noqa: BLE001 -- a fence: whatever it is, no click is lost by it
            takes = False
            self._set_aside(group.hits)
        with suppress(RuntimeError):  # a loop that is closed: nobody waits any more
            group.loop.call_soon_threadsafe(self._are_safe, group)
        return takes

    def _count(self) -> None:
        """Count what is safe. What cannot be counted now is no reason to keep no more: it is tried again later, here
        and by the worker, who tells the operator what is wrong."""
        self._uncounted, self._counted_at = 0, self._core.clock.monotonic()
        with suppress(Exception):
            count_clicks(self._core)

    def _catch_up(self) -> None:
        """Bring what was set aside into the database, if it can be."""
        try:
            if self._spill is not None:
                if self._spill.holds_clicks:
                    self._spill.empty_into(self._keep_all)
                if self._has_orphans:
                    self._spill.adopt_orphans(self._keep_all)
                    self._has_orphans = False
            while self._in_memory:
                some = [self._in_memory[place] for place in range(min(MOST_AT_ONCE, len(self._in_memory)))]
                self._keep_all(some)
                for _ in some:
                    self._in_memory.popleft()
        except Exception:  # noqa: BLE001 -- a fence: it is all still there, and the next clicks need this thread
            self._stopping.wait(PAUSE_SECONDS)

    def _keep_all(self, hits: Sequence[Hit]) -> None:
        """Keep *hits*, or raise what went wrong.

        A click is only given up when the database takes others at that moment: by itself it cannot be told from a
        database that is out of order.
        """
        try:
            keep_clicks(self._core, hits)
        except AscendError:
            raise
        except Exception:
            if not any([self._is_kept(hit) for hit in hits]):  # noqa: C419 -- all are to be tried
                raise

    def _is_kept(self, hit: Hit) -> bool:
        try:
            keep_clicks(self._core, [hit])
        except AscendError:
            raise
        except Exception:  # noqa: BLE001 -- a fence: the others are to be kept
            return False
        return True
