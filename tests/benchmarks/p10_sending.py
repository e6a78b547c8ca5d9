# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""P10: texts a second from the outbox to a carrier that answers at once, one worker, each decided by every gate.

The carrier is a process of its own and takes whatever comes. How fast texts may really leave is a matter of the number
they come from; this says how many numbers one worker can serve.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from attrs import evolve

from ascend_core.laws import load_hours
from ascend_core.operations.connect import connect_channel
from ascend_core.operations.core import Core
from ascend_core.operations.import_members import import_members
from ascend_core.operations.limits import set_sender_limits
from ascend_core.operations.send_messages import send_messages
from ascend_core.runtime.opening import home_from, init_home, open_core
from ascend_core.store.database import Tx
from ascend_core.store.messages import MessageRecord, insert_messages, reserve_message_ids
from tests.benchmarks.crowd import PEOPLE, phone
from tests.benchmarks.harness import Aim, Benchmark, Watch
from tests.soak.postgres import FragilePostgres

TEXTS = 10_000
PER_SECOND = 10_000
LEAST_TAKEN = 0.99
AWAKE = {"from": "00:00:00", "to": "00:00:00", "zone": "member", "then": "hold"}

CARRIER = """
import json, sys, threading
from ascend_core.runtime.opening import open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness
from ascend_core.web.serving import ThreadedServer, bind
clock = SystemClock()
carrier = open_registry(clock, SystemRandomness()).channels["sms"].sandbox(clock=clock, seed=1, journal=None)
server = ThreadedServer(carrier.app, bind())
print(json.dumps(dict(carrier.settings(server.url))), flush=True)
sys.stdin.read()
print(len(carrier.texts()), flush=True)
"""


@contextmanager
def _carrier() -> Iterator[tuple[Mapping[str, str], Callable[[], int]]]:
    """What to connect with, and what ends it and tells how many texts it took."""
    with subprocess.Popen(
        [sys.executable, "-c", CARRIER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        settings = json.loads(process.stdout.readline())

        def taken() -> int:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            return int(process.stdout.readline())

        yield settings, taken


@contextmanager
def _opened(url: str | None) -> Iterator[Core]:
    folder = Path(mkdtemp(prefix="p10-"))
    environment = {"ASCEND_HOME": str(folder), "ASCEND_PUBLIC_URL": "http://127.0.0.1:9"}
    home = home_from(environment | ({} if url is None else {"ASCEND_DATABASE_URL": url}))
    home = evolve(home, options=evolve(home.options, hours=load_hours("off")))
    init_home(home)
    core = open_core(home)
    yield core
    core.database.close()
    shutil.rmtree(folder)


def _fill(core: Core, count: int) -> None:
    """A text for each of so many people, all of them due."""
    import_members(core, [{"phone": f"+1{phone(number)}"} for number in range(min(count, PEOPLE))], proof="invented")

    def work(tx: Tx) -> None:
        now = core.clock.now()
        members = tx.exec_driver_sql("SELECT id, phone FROM member ORDER BY id").all()
        texts = [
            MessageRecord(
                id=id_,
                key=f"key{id_}",
                intent=f"p10:{id_}",
                member_id=member.id,
                phone=member.phone,
                purpose=2,
                body=f"Hi Ana{id_}! You're down for Canvass on Saturday at 10. Reply STOP to opt out.",
                quiet_hours=AWAKE,
                due_at=now,
                created_at=now,
            )
            for id_, member in zip(reserve_message_ids(tx, len(members)), members, strict=True)
        ]
        insert_messages(tx, texts)

    core.database.write(work)


def _sent(url: str | None, scale: float, watch: Watch) -> Mapping[str, float]:
    count = max(100, int(TEXTS * scale))
    with _opened(url) as core, _carrier() as (settings, taken):
        asyncio.run(connect_channel(core, "sms", settings))
        set_sender_limits(core, "sms", per_second=PER_SECOND, burst=PER_SECOND, per_day=0)
        _fill(core, count)
        with watch:
            asyncio.run(_send_all(core))
        accepted = taken()
        sent = core.database.read(lambda tx: tx.exec_driver_sql(_SENT).scalar_one())
    if accepted != sent or sent < LEAST_TAKEN * count:  # it refuses a few numbers, as carriers do
        raise AssertionError(f"the carrier took {accepted} of {count} texts, and {sent} are known to be sent")
    return {
        "items": count,
        "per_second": count / watch.wall_seconds,
        "cpu_ms_each": 1000 * watch.cpu_seconds / count,
    }


_SENT = "SELECT count(*) FROM message WHERE state = 'sent'"


async def _send_all(core: Core) -> None:
    while await send_messages(core):
        pass


def on_sqlite(scale: float, watch: Watch) -> Mapping[str, float]:
    """From a SQLite file."""
    return _sent(None, scale, watch)


def on_postgresql(scale: float, watch: Watch) -> Mapping[str, float]:
    """From PostgreSQL."""
    with FragilePostgres() as postgres:
        return _sent(postgres.new_database("p10"), scale, watch)


BENCHMARK = Benchmark(
    id="P10",
    title="10,000 texts from the outbox to a carrier that answers at once, by one worker",
    sides={"on SQLite": on_sqlite, "on PostgreSQL": on_postgresql},
    aims=(Aim(what="texts a second (a short code may send 100)", side="on SQLite", figure="per_second", at_least=100),),
    rounds=3,
    warmup=False,
)
