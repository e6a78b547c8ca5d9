"""That webhooks are answered here is written down, again and again; and after one had to be refused, that it was.

Most providers tell us only once: what came while the database was away for a few seconds is fetched from them before
the next text goes out, like what came while nobody served at all.
"""

from __future__ import annotations

import threading

from ascend_core.errors import AscendError
from ascend_core.operations.core import Core
from ascend_core.operations.listening import begin_hearing, note_heard
from ascend_core.runtime.logs import log_named

__all__ = ["Hearing"]

EVERY_SECONDS = 10.0
"""How often it may be written down that webhooks are answered."""
AGAIN_SECONDS = 0.5
"""Between tries while the database takes nothing."""

_LOG = log_named("web")


class Hearing:
    """A thread that writes it down, from now until ``close``."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._missed = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hearing", daemon=True)
        self._thread.start()

    def missed(self) -> None:
        """A webhook was refused, and its sender may not tell it again. May be called from any thread."""
        self._missed.set()

    def close(self) -> None:
        """End. What was missed and not written down is fetched at the next start."""
        self._over.set()
        self._missed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            if self._write_down():
                self._missed.wait(EVERY_SECONDS)
            else:
                self._over.wait(AGAIN_SECONDS)

    def _write_down(self) -> bool:
        missed = self._missed.is_set()
        self._missed.clear()  # what is missed from now on counts anew
        try:
            if missed:
                begin_hearing(self._core)
            note_heard(self._core)
        except Exception as error:  # noqa: BLE001 -- a fence: without this thread nobody would seem to listen
            if missed:
                self._missed.set()
            if not isinstance(error, AscendError):
                _LOG.exception("hearing.failed")
            return False
        return True
