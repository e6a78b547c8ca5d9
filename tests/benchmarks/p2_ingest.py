# ruff: noqa: TID251 -- tests may lean on tests; the names are ours
"""P2: a hundred thousand sign-ups, from Mobilize's pages to members, groups, triggers and first texts."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from threading import Event, Thread
from typing import Any

from ascend_core.calls.reading import warm_reading
from ascend_core.engine.zones import warm_zones
from ascend_core.operations.connect import connect_account
from ascend_core.operations.core import Core, Options
from ascend_core.operations.publish import publish_flow, put_automation
from ascend_core.operations.sync_account import sync_account
from ascend_core.runtime.opening import open_registry
from ascend_core.runtime.system import SystemRandomness, settle_memory
from ascend_core.store.database import Database, open_database, sqlite_url
from ascend_core.store.schema import upgrade_schema
from ascend_core.store.vault import make_key_file, open_vault
from ascend_core.testing import VirtualClock
from ascend_mobilize.simulator import World
from ascend_mobilize.simulator.sandbox import DEFAULT_ORG_ID
from tests.benchmarks.crowd import PEOPLE, Crowd
from tests.benchmarks.crowd import rows as attendance_rows
from tests.benchmarks.harness import Aim, Benchmark, Missing, Watch
from tests.fakes.bench import NOON

ATTENDANCES = 100_000
PAGE = 100

FLOW = """
flow: welcome
steps:
  - send: "Hi ${member.first_name|there}! You're down for ${event.title}. Details: ${link.form} Reply STOP to opt out."
    links: {form: {url: "${event.url}", track: mobilize}}
"""
AUTOMATION = """
automation: Welcome
trigger: mobilize.registers
form: any
run: welcome
"""


@lru_cache(maxsize=1)
def _crowd(attendances: int) -> Crowd:
    """One for all rounds; it ends with this process. What a worker loads before it takes work is loaded, and what is
    loaded by now is settled, to the good of every side."""
    warm_zones()
    warm_reading()
    settle_memory()
    return Crowd(attendances)


@contextmanager
def _opened(folder: Path) -> Iterator[Core]:
    """A fresh product that waits for no turns, ready to greet whoever registers."""
    database: Database = open_database(sqlite_url(folder / "ascend.db"))
    upgrade_schema(database)
    make_key_file(folder / "key")
    clock, chance = VirtualClock(NOON), SystemRandomness()
    registry = open_registry(clock, chance, environment={"ASCEND_MOBILIZE_REQUESTS_PER_SECOND": "0"})
    yield Core(
        database=database,
        registry=registry,
        vault=open_vault(folder / "key"),
        clock=clock,
        randomness=chance,
        options=Options(public_url="https://go.example.org"),
    )
    database.close()


def ascend(scale: float, watch: Watch) -> Mapping[str, float]:
    """The product's first sync, to its end."""
    attendances = int(ATTENDANCES * scale)
    folder = Path(mkdtemp(prefix="p2-"))
    with _opened(folder) as core:
        account = _crowd(attendances).account
        account_id = asyncio.run(connect_account(core, "mobilize", account, sync_new_forms=True))
        publish_flow(core, FLOW, file="flow.yaml")
        put_automation(core, AUTOMATION, file="automation.yaml")
        resident: list[float] = []
        with watch, _watched(resident):
            done = asyncio.run(sync_account(core, account_id))
        counts = core.database.read(lambda tx: [tx.exec_driver_sql(each).scalar_one() for each in _COUNTS])
    shutil.rmtree(folder)
    people = min(attendances, PEOPLE)
    expected = [people, attendances, attendances, attendances]
    if (counts, done.problem) != (expected, None):
        raise AssertionError(f"{counts} instead of {expected}; {done.problem}")
    settled = resident[len(resident) // 10]
    return {
        "items": attendances,
        "per_second": attendances / watch.wall_seconds,
        "growth_mib": max(resident) - settled,
    }


_COUNTS = (
    "SELECT count(*) FROM member",
    "SELECT count(*) FROM group_member",
    "SELECT count(*) FROM activity",
    "SELECT count(*) FROM message WHERE state = 'ready'",
)


@contextmanager
def _watched(resident: list[float]) -> Iterator[None]:
    """Notes how much memory this process holds, ten times a second."""
    over = Event()

    def look() -> None:
        while not over.wait(0.1):
            resident.append(resident_mib())

    watcher = Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        resident.append(resident_mib())


def resident_mib() -> float:
    """What this process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def parsons(scale: float, watch: Watch) -> Mapping[str, float]:
    """Parsons fetches the same pages over the same loopback, and its rows go into one plain table: no logic at all."""
    return _parsons(scale, watch, per_page=PAGE)


def parsons_by_itself(scale: float, watch: Watch) -> Mapping[str, float]:
    """The same as people use it: it cannot be told how many rows a page should have, and Mobilize gives 25."""
    return _parsons(scale, watch, per_page=None)


def _parsons(scale: float, watch: Watch, *, per_page: int | None) -> Mapping[str, float]:
    try:
        from parsons import MobilizeAmerica
    except ImportError as error:
        raise Missing("parsons 6.1 is not installed here") from error
    attendances = int(ATTENDANCES * scale)
    crowd = _crowd(attendances)
    client = MobilizeAmerica(api_key=crowd.account["api_key"])
    url = f"{crowd.base_url}/organizations/{crowd.account['org_id']}/attendances"
    folder = Path(mkdtemp(prefix="p2-"))
    with watch:
        rows = client._request_paginate(url, args={"per_page": per_page}, auth=True)
        _load(folder / "plain.db", _plain(rows))
    shutil.rmtree(folder)
    if len(rows) != attendances:
        raise AssertionError(f"{len(rows)} rows instead of {attendances}")
    return {"items": attendances, "per_second": attendances / watch.wall_seconds}


def raw(scale: float, watch: Watch) -> Mapping[str, float]:
    """The same plain rows by ``executemany``, ready made: the floor that no network and no logic is below."""
    attendances = int(ATTENDANCES * scale)
    made = _made(attendances)
    folder = Path(mkdtemp(prefix="p2-"))
    with watch:
        _load(folder / "plain.db", made)
    shutil.rmtree(folder)
    return {"items": attendances, "per_second": attendances / watch.wall_seconds}


@lru_cache(maxsize=1)
def _made(attendances: int) -> list[list[Any]]:
    world = World(org_id=DEFAULT_ORG_ID, seed=1, made_at=int(NOON.timestamp()))
    return list(_plain(attendance_rows(world, attendances, at=int(NOON.timestamp()))))


def _plain(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Any]]:
    """A value a column; what is nested as JSON."""
    for row in rows:
        yield [json.dumps(value) if isinstance(value, dict | list) else value for value in row.values()]


def _load(path: Path, rows: Iterable[list[Any]]) -> None:
    """One table, one transaction, as durable as the product's."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"CREATE TABLE attendance ({', '.join(_COLUMNS)})")
    connection.execute("BEGIN")
    connection.executemany(f"INSERT INTO attendance VALUES ({', '.join('?' * len(_COLUMNS))})", rows)
    connection.execute("COMMIT")
    connection.close()


_COLUMNS = (
    "id INTEGER PRIMARY KEY",
    "created_date",
    "modified_date",
    "status",
    "attended",
    "rating",
    "feedback",
    "timeslot",
    "person",
    "event",
    "sponsor",
    "custom_signup_field_values",
    "referrer",
)

BENCHMARK = Benchmark(
    id="P2",
    title="100,000 sign-ups from Mobilize's pages to members, groups, triggers and first texts",
    sides={"ascend": ascend, "parsons": parsons, "parsons by itself": parsons_by_itself, "raw executemany": raw},
    aims=(
        Aim(what="time, part of what Parsons needs to load the rows", side="ascend", against="parsons", at_most=1.0),
        Aim(what="the same, with the pages of 25 it asks for", side="ascend", against="parsons by itself", at_most=1.0),
        Aim(what="memory that more pages add, MiB", side="ascend", figure="growth_mib", at_most=32),
    ),
    rounds=3,
    warmup=False,
    apart=True,
    prepare=lambda scale: _crowd(int(ATTENDANCES * scale)),
)
