"""Traces are kept by age: those of runs that failed the longest, for somebody will ask what happened (row E5)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from attrs import frozen

from ascend_core.errors import BadInput
from ascend_core.operations.core import Core
from ascend_core.store.database import Tx
from ascend_core.store.run_history import old_runs, prune_lines

__all__ = ["KEPT", "KEPT_FAILED", "Pruned", "prune_traces"]

KEPT = timedelta(days=90)
"""After its end; a season of events, and time to ask."""
KEPT_FAILED = timedelta(days=365)

CHUNK = 500
"""Runs in one transaction: no writer waits long behind it."""


@frozen(kw_only=True)
class Pruned:
    """How many runs lost their traces, and how many lines that were."""

    runs: int = 0
    lines: int = 0


def prune_traces(
    core: Core, *, kept: timedelta = KEPT, kept_failed: timedelta = KEPT_FAILED, only_count: bool = False
) -> Pruned:
    """Delete the traces of runs that ended longer ago than *kept*, or failed longer ago than *kept_failed*.

    Runs under way keep everything, however old. Raises BadInput when failures were to be kept for less time.
    """
    if kept_failed < kept:
        raise BadInput("the traces of failed runs are kept at least as long as the others")
    now = core.clock.now()
    total, after = Pruned(), 0
    while True:

        def look(tx: Tx, after: int = after) -> list[int]:
            return old_runs(tx, ended_before=now - kept, failed_before=now - kept_failed, after=after, limit=CHUNK)

        found = core.database.read(look)
        lines = core.database.write(partial(prune_lines, run_ids=found)) if found and not only_count else 0
        total = Pruned(runs=total.runs + len(found), lines=total.lines + lines)
        if len(found) < CHUNK:
            return total
        after = found[-1]
