"""The click writer: one thread that commits whatever clicks are queued, all in one transaction, and then says so."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future

from ascend_core.errors import AscendError
from ascend_core.operations.core import Core
from ascend_core.operations.record_clicks import Hit, keep_clicks

__all__ = ["ClickWriter"]

MOST_AT_ONCE = 500
PAUSE_SECONDS = 0.5
"""Between tries while the database cannot be written."""


class ClickWriter:
    """Commits clicks in groups: under load many share one commit, and nobody waits for a timer."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._queue: queue.SimpleQueue[tuple[Hit, Future[None]] | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="click-writer", daemon=True)
        self._thread.start()

    def keep(self, hit: Hit) -> Future[None]:
        """Queue *hit*; the future is done once it is committed, and cancelled when it never can be."""
        done: Future[None] = Future()
        self._queue.put((hit, done))
        return done

    def close(self) -> None:
        """Commit what is queued, and end."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join(timeout=30)

    def _run(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                return
            group = [first]
            ended = False
            while len(group) < MOST_AT_ONCE and not self._queue.empty():
                more = self._queue.get()
                if more is None:
                    ended = True
                    break
                group.append(more)
            self._commit(group)
            if ended:
                return

    def _commit(self, group: list[tuple[Hit, Future[None]]]) -> None:
        """Commit the group; while the database cannot be written it waits here, and the redirect goes on without."""
        while True:
            try:
                keep_clicks(self._core, [hit for hit, _ in group])
                break
            except AscendError:
                if self._stopping.wait(PAUSE_SECONDS):
                    _give_up(group)
                    return
            except Exception:  # noqa: BLE001 -- a fence: a click that cannot be kept must not take the others with it
                if len(group) == 1:
                    _give_up(group)
                else:
                    for one in group:
                        self._commit([one])
                return
        for _, done in group:
            done.set_result(None)


def _give_up(group: list[tuple[Hit, Future[None]]]) -> None:
    for _, done in group:
        done.cancel()
