"""Who does what: one working process for a SQLite file, any number on PostgreSQL; and what a worker runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from ascend_core.calls.reading import warm_reading
from ascend_core.engine.zones import warm_zones
from ascend_core.errors import BadInput
from ascend_core.operations.core import Core
from ascend_core.runtime.drains import register_drains, wake_by
from ascend_core.runtime.engine import Engine, Tell
from ascend_core.runtime.file_lock import only_one
from ascend_core.runtime.local import LocalEngine
from ascend_core.runtime.meters import Meters
from ascend_core.runtime.system import settle_memory

__all__ = ["EngineName", "the_worker", "usual_engine", "wake_workers"]

EngineName = Literal["local", "distributed"]


def usual_engine(core: Core) -> EngineName:
    """Who shares out the work where nobody says otherwise: a file has one worker, PostgreSQL as many as wanted."""
    return "local" if core.database.file is not None else "distributed"


@contextmanager
def the_worker(
    core: Core, tell: Tell, engine: EngineName | None = None, meters: Meters | None = None
) -> Iterator[Engine]:
    """An engine that does all the product's work once it is run; *engine*: not the usual one.

    A SQLite database has one worker: the lock lies beside its file, so that it counts from whichever folder a process
    was started. Raises DatabaseProblem when another process works on it, BadInput for an engine that it cannot have.
    """
    engine = engine or usual_engine(core)
    file = core.database.file
    if file is None:
        yield _ready(
            _distributed(core, tell) if engine == "distributed" else LocalEngine(core.clock, tell), core, meters
        )
        return
    if engine == "distributed":
        raise BadInput("the distributed engine needs PostgreSQL; leave --engine out, or set ASCEND_DATABASE_URL")
    with only_one(file.with_name(f"{file.name}.lock")):
        yield _ready(LocalEngine(core.clock, tell), core, meters)


def wake_workers(core: Core, tell: Tell) -> None:
    """Of a process that only answers: let the workers hear at once of what comes in, where they can."""
    if usual_engine(core) == "distributed":
        wake_by(_distributed(core, tell), core)


def _ready(engine: Engine, core: Core, meters: Meters | None) -> Engine:
    # together they take a second, in which nothing else gets on: better now than while something is drained
    warm_zones()
    warm_reading()
    settle_memory()
    register_drains(engine, core, meters)
    return engine


def _distributed(core: Core, tell: Tell) -> Engine:
    from ascend_core.runtime.distributed import DistributedEngine

    engine = DistributedEngine(core.database, core.clock, tell)
    engine.prepare()
    return engine
