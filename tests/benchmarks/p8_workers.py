# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""P8: the work of P2 on PostgreSQL, by one worker process and by two, with the distributed engine as it is deployed.

The sign-ups are those of several accounts, because one account is drained by one worker at a time. Beside the time, the
CPU seconds of workers, database and simulated Mobilize are shown: on two cores all three share them, so that their sum
over two is what no number of workers can be quicker than (``no_quicker_than``). So each is also held to a part of a
core: then the second worker finds as much of the machine free as the first, and what it adds is what the product can.

That is a little kinder than two whole cores would be in one thing: the server is not held, so that what workers wait
for inside of it weighs less. (Held to as much as both workers together, the ratio was the same.) And a little harder
in another: the tick that finds the accounts, and what each worker compiles first, are within the time, and weigh more
the shorter it is. Four accounts are shared evenly by two workers; of three, one worker would have two until the end.
"""

from __future__ import annotations

import asyncio
import os
import select
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

from ascend_core.operations.connect import connect_account
from ascend_core.operations.core import Core
from ascend_core.operations.publish import publish_flow, put_automation
from ascend_core.operations.sync_account import sync_account
from ascend_core.runtime.opening import home_from, init_home, open_core
from ascend_core.runtime.system import SystemClock
from tests.benchmarks.crowd import Crowd
from tests.benchmarks.harness import Aim, Benchmark, Watch
from tests.benchmarks.p2_ingest import ATTENDANCES, AUTOMATION, FLOW
from tests.benchmarks.shares import Share
from tests.soak.postgres import FragilePostgres
from tests.soak.processes import Service

ACCOUNTS = 4
FIRST_ORG = 5001
AHEAD_SECONDS = 3600
"""The sign-ups are from a moment that no round of this benchmark has passed: each is news to every round."""

START_SECONDS, LONGEST_SECONDS = 120.0, 1200.0
LOOK_SECONDS = 0.2
HELD_TO = 0.4
"""Of a core: two workers, and what the server does for them, leave some of two cores free."""


@lru_cache(maxsize=1)
def _crowds(attendances: int) -> tuple[Crowd, ...]:
    """One an account, for all rounds; their pages are rendered before anything is timed."""
    at = int(SystemClock().now().timestamp()) + AHEAD_SECONDS
    return tuple(
        Crowd(attendances, org_id=FIRST_ORG + number, first=number * attendances, at=at) for number in range(ACCOUNTS)
    )


@lru_cache(maxsize=1)
def _postgres() -> FragilePostgres:
    return FragilePostgres().start()


@contextmanager
def _opened(database: str, attendances: int) -> Iterator[tuple[Core, Mapping[str, str], list[int]]]:
    """A fresh product with the accounts connected and nothing synced: the core, its environment, the accounts."""
    folder = Path(mkdtemp(prefix="p8-"))
    environment = {
        "ASCEND_HOME": str(folder),
        "ASCEND_PUBLIC_URL": "https://go.example.org",
        "ASCEND_MOBILIZE_REQUESTS_PER_SECOND": "0",
    }
    if database == "postgresql":
        environment["ASCEND_DATABASE_URL"] = _postgres().new_database("p8")
    os.environ.update(environment)  # plugins of this process read it
    home = home_from(environment)
    init_home(home)
    core = open_core(home)
    ids = [
        asyncio.run(connect_account(core, "mobilize", crowd.account, sync_new_forms=True, sync_accounts=False))
        for crowd in _crowds(attendances)
    ]
    publish_flow(core, FLOW, file="flow.yaml")
    put_automation(core, AUTOMATION, file="automation.yaml")
    try:
        yield core, environment, ids
    finally:
        core.database.close()
        for name in environment:
            del os.environ[name]
        shutil.rmtree(folder)


def _workers(
    count: int, database: str, *engine: str, held_to: float | None = None
) -> Callable[[float, Watch], Mapping[str, float]]:
    """*held_to*: the part of a core that each worker gets; the work is as much less, so that it takes no longer."""

    def side(scale: float, watch: Watch) -> Mapping[str, float]:
        attendances = max(100, int(ATTENDANCES * scale * (held_to or 1)) // ACCOUNTS)
        with ExitStack() as stack:
            core, environment, ids = stack.enter_context(_opened(database, attendances))
            services = [
                Service(
                    name=f"worker-{number}",
                    arguments=("worker", *engine),
                    environment=environment,
                    log=Path(environment["ASCEND_HOME"]) / f"worker-{number}.log",
                )
                for number in range(count)
            ]
            for service in services:
                stack.callback(service.kill)
                service.start()
            _wait(lambda: all(service.is_up for service in services), START_SECONDS)
            for service in services if held_to is not None else ():
                share = stack.enter_context(Share(f"ascend-{service.name}", held_to or 1))
                stack.callback(service.kill)  # before its group goes
                share.add(service.pid)
            size = _bytes(core)
            before = _cpu(services, database, attendances)
            with watch:
                _switch_on(core, ids)
                _wait(lambda: _done(core) >= attendances * ACCOUNTS, LONGEST_SECONDS)
            after = _cpu(services, database, attendances)
            _check(core, attendances * ACCOUNTS)
            grown = _bytes(core) - size
        used = {name: after[name] - before[name] for name in before}
        cores = os.cpu_count() or 1
        return {
            "items": attendances * ACCOUNTS,
            "per_second": attendances * ACCOUNTS / watch.wall_seconds,
            **used,
            "no_quicker_than": sum(used.values()) / cores,
            "bytes_each": grown / (attendances * ACCOUNTS),
        }

    return side


def by_itself(scale: float, watch: Watch) -> Mapping[str, float]:
    """The same work on PostgreSQL in this process, account after account, without any engine."""
    attendances = max(100, int(ATTENDANCES * scale) // ACCOUNTS)
    with _opened("postgresql", attendances) as (core, _environment, ids):
        _switch_on(core, ids)
        with watch:
            synced = [asyncio.run(sync_account(core, id_)) for id_ in ids]
        problems = [each.problem for each in synced if each.problem is not None]
        if problems:
            raise AssertionError(problems[0])
        _check(core, attendances * ACCOUNTS)
    return {"items": attendances * ACCOUNTS, "per_second": attendances * ACCOUNTS / watch.wall_seconds}


def _switch_on(core: Core, ids: list[int]) -> None:
    """From now on the accounts are due."""
    query = "UPDATE account SET sync_accounts = true"
    core.database.write(lambda tx: tx.exec_driver_sql(query))
    if len(ids) != ACCOUNTS:
        raise AssertionError("an account is missing")


def _done(core: Core) -> int:
    """How many first texts there are."""
    query = "SELECT count(*) FROM message"
    return int(core.database.read(lambda tx: tx.exec_driver_sql(query).scalar_one()))


def _bytes(core: Core) -> int:
    """How large the database is."""
    file = core.database.file
    if file is None:
        return int(core.database.read(lambda tx: tx.exec_driver_sql(_SIZE).scalar_one()))
    return sum(each.stat().st_size for each in (file, file.with_name(f"{file.name}-wal")) if each.exists())


_SIZE = "SELECT pg_database_size(current_database())"


def _check(core: Core, attendances: int) -> None:
    counts = core.database.read(
        lambda tx: [
            tx.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
            for table in ("submission", "activity", "message")
        ]
    )
    if counts != [attendances] * 3:
        raise AssertionError(f"{counts} instead of {attendances}")


def _cpu(services: list[Service], database: str, attendances: int) -> dict[str, float]:
    """CPU seconds so far, by who used them."""
    pids = {
        "workers_cpu": [service.pid for service in services],
        "database_cpu": _postgres().processes() if database == "postgresql" else [],
        "mobilize_cpu": [crowd.pid for crowd in _crowds(attendances)],
    }
    return {name: sum(map(_seconds, some)) for name, some in pids.items()}


def _seconds(pid: int) -> float:
    """What a process has used, with the children it has waited for."""
    try:
        fields = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _wait(holds: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds:.0f} s")
        select.select([], [], [], LOOK_SECONDS)


DISTRIBUTED = ("--engine", "distributed")

BENCHMARK = Benchmark(
    id="P8",
    title="100,000 sign-ups of four accounts on PostgreSQL: two worker processes against one",
    sides={
        "one worker": _workers(1, "postgresql", *DISTRIBUTED),
        "two workers": _workers(2, "postgresql", *DISTRIBUTED),
        "no engine": by_itself,
        "one on SQLite": _workers(1, "sqlite"),
        "one, held back": _workers(1, "postgresql", *DISTRIBUTED, held_to=HELD_TO),
        "two, held back": _workers(2, "postgresql", *DISTRIBUTED, held_to=HELD_TO),
    },
    aims=(
        Aim(
            what="sign-ups a second, times those of one worker",
            side="two workers",
            against="one worker",
            figure="per_second",
            at_least=1.7,
        ),
        Aim(
            what="the same, each held to a part of a core",
            side="two, held back",
            against="one, held back",
            figure="per_second",
            at_least=1.7,
        ),
    ),
    rounds=3,
    warmup=False,
)
