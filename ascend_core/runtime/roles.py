"""Who does what: one working process for a SQLite file, any number on PostgreSQL; and what a worker runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ascend_core.operations.core import Core
from ascend_core.runtime.drains import register_drains
from ascend_core.runtime.file_lock import only_one
from ascend_core.runtime.local import LocalEngine, Tell

__all__ = ["the_worker"]


@contextmanager
def the_worker(core: Core, tell: Tell) -> Iterator[LocalEngine]:
    """An engine that does all the product's work once it is run.

    A SQLite database has one worker: the lock lies beside its file, so that it counts from whichever folder a process
    was started. Raises DatabaseProblem when another process works on it.
    """
    file = core.database.file
    if file is None:
        yield _engine(core, tell)
        return
    with only_one(file.with_name(f"{file.name}.lock")):
        yield _engine(core, tell)


def _engine(core: Core, tell: Tell) -> LocalEngine:
    engine = LocalEngine(core.clock, tell)
    register_drains(engine, core)
    return engine
