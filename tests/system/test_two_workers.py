"""Two worker processes race for the same texts, on one SQLite file and on PostgreSQL: each leaves once, in order."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ascend_core.operations.connect import connect_channel
from ascend_core.operations.core import Core
from ascend_core.operations.import_members import import_members
from ascend_core.operations.limits import set_caps, set_sender_limits
from ascend_core.runtime.opening import home_from, init_home, open_core
from ascend_core.runtime.system import SystemClock
from ascend_core.store.database import Tx
from ascend_core.store.messages import MessageRecord, insert_messages, reserve_message_ids
from ascend_core.testing import PostgresServer
from ascend_core.web.serving import ThreadedServer, bind

PEOPLE = 40
EACH = 4
"""Texts for each of them."""
WORKERS = 2
PATIENCE_SECONDS = 120

AWAKE = {"from": "00:00:00", "to": "00:00:00", "zone": "member", "then": "hold"}
"""Quiet hours that never are: this test runs at any time of day."""

WORKER = """
import asyncio, sys
from ascend_core.operations.send_messages import send_messages
from ascend_core.runtime.drains import recover
from ascend_core.runtime.opening import home_from, open_core
from ascend_core.store.messages import state_counts

async def work(core):
    done = 0
    while {"ready", "sending"} & set(core.database.read(state_counts)):
        done += await send_messages(core, 8)
    return done

core = open_core(home_from())
print("ready", flush=True)
sys.stdin.readline()
recover(core)
print(asyncio.run(work(core)), flush=True)
core.database.close()
"""
"""What ``ascend serve`` does with texts, a few at a time, until none is left. No lock file is in the way of a second
one on SQLite: the fences in the data must hold without it."""


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest, tmp_path: Path, worker_name: str) -> dict[str, str]:
    """An installation on a database of that kind."""
    settings = {
        "ASCEND_HOME": str(tmp_path / "home"),
        "ASCEND_PUBLIC_URL": "http://127.0.0.1:9",
        "ASCEND_HOURS": "off",  # the law's hours would hold every text of this test until the morning
    }
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        settings["ASCEND_DATABASE_URL"] = server.new_database(f"race_{worker_name}")
    return settings


@pytest.fixture
def core(environment: dict[str, str]) -> Iterator[Core]:
    """The installation, opened by this process."""
    home = home_from(environment)
    init_home(home)
    core = open_core(home)
    yield core
    core.database.close()


def fill(core: Core) -> None:
    """So many texts for so many people, all of them due."""
    rows = [{"phone": f"+1{code}55501{number:02}"} for code in (212, 646) for number in range(PEOPLE // 2)]
    import_members(core, rows, proof="invented")

    def work(tx: Tx) -> None:
        members = list(tx.execute(text("SELECT id, phone FROM member ORDER BY id")))
        now = core.clock.now()
        ids = reserve_message_ids(tx, len(members) * EACH)
        places = [(member, place) for place in range(EACH) for member in members]
        texts = [
            MessageRecord(
                id=id_,
                key=f"key{id_}",
                intent=f"race:{id_}",
                member_id=member.id,
                phone=member.phone,
                purpose=2,
                body=f"Text {place} for {member.id}",
                quiet_hours=AWAKE,
                due_at=now,
                created_at=now,
            )
            for id_, (member, place) in zip(ids, places, strict=True)
        ]
        insert_messages(tx, texts)

    core.database.write(work)


def test_workers_that_race_double_no_text(core: Core, environment: dict[str, str]) -> None:
    """The carrier counts: what it accepted is the truth."""
    carrier = core.registry.channels["sms"].sandbox(clock=SystemClock(), seed=1, journal=None)
    server = ThreadedServer(carrier.app, bind())
    asyncio.run(connect_channel(core, "sms", carrier.settings(server.url)))
    set_sender_limits(core, "sms", per_second=10_000, burst=10_000)
    set_caps(core, per_day=None)
    fill(core)

    done = race(environment)
    server.close()

    accepted = Counter((each.phone, each.body) for each in carrier.texts())
    states: dict[Any, Any] = dict(
        core.database.read(
            lambda tx: [tuple(row) for row in tx.execute(text("SELECT state, count(*) FROM message GROUP BY state"))]
        )
    )
    claims = core.database.read(lambda tx: tx.execute(text("SELECT DISTINCT claimed_by FROM message")).scalars().all())
    assert max(accepted.values()) == 1
    assert sum(accepted.values()) == states["sent"] == PEOPLE * EACH
    assert len(claims) == WORKERS, "one worker did everything: there was no race"
    assert sum(done) == PEOPLE * EACH
    order: dict[str, list[str]] = {}
    for each in carrier.texts():
        order.setdefault(each.phone, []).append(each.body)
    assert all(bodies == sorted(bodies) for bodies in order.values())


def race(environment: dict[str, str]) -> list[int]:
    """Start the workers, let them go at once, and wait for both. Returns how much each has done."""
    with ExitStack() as started:
        workers = [started.enter_context(worker(environment)) for _ in range(WORKERS)]
        for each in workers:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        for each in workers:
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
        return [int(each.communicate(timeout=PATIENCE_SECONDS)[0]) for each in workers]


@contextmanager
def worker(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """One worker; it is gone in the end, and so are its pipes."""
    with subprocess.Popen(
        [sys.executable, "-c", WORKER],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
