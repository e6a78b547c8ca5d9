"""Who does the work: a worker says every few seconds that it lives, on the clock that all agree on.

One that has been silent for ``DEAD_AFTER`` is taken for dead, and what it was sending is in doubt. If it lives after
all, its calls end before the look-up (``Options.lookup_after``), and what it then learns of an old claim changes no
newer one: being wrong here costs a question to the provider, and never a second text.
"""

from __future__ import annotations

from datetime import timedelta

from ascend_core.operations.core import Core
from ascend_core.store.database import Tx
from ascend_core.store.workers import beat, forget_workers, workers_seen

__all__ = ["BEAT_SECONDS", "DEAD_AFTER", "keep_alive", "living_workers"]

BEAT_SECONDS = 3.0
DEAD_AFTER = timedelta(seconds=15)

FORGET_AFTER = timedelta(days=1)


def keep_alive(core: Core) -> None:
    """Say that this worker lives; forget those that have been dead for long."""

    def work(tx: Tx) -> None:
        now = core.moment(tx)
        beat(tx, core.worker, now)
        forget_workers(tx, before=now - FORGET_AFTER)

    core.database.write(work)


def living_workers(core: Core, tx: Tx) -> set[str]:
    """The names of the workers that live."""
    return {worker.name for worker in workers_seen(tx, since=core.moment(tx) - DEAD_AFTER)}
