# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Who is drained beside whom, on every engine: senders and shards side by side, one sender or member never twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import evolve

from ascend_core.contracts import ChannelType, Outbound, Receipt, Sender
from ascend_core.operations.connect import connect_channel
from ascend_core.operations.fire_timers import fire_timers
from ascend_core.operations.sender_keys import SenderKeys
from ascend_core.runtime.distributed import DistributedEngine
from ascend_core.runtime.drains import register_drains
from ascend_core.runtime.engine import Engine
from ascend_core.runtime.local import LocalEngine
from ascend_core.runtime.system import SystemClock
from ascend_core.store.due_timers import TIMER_SHARDS, shards_due
from tests.fakes.bench import phone
from tests.fakes.texts import FakeChannel
from tests.runtime.test_distributed_engine import jobs
from tests.runtime.test_engines import playing, until

FLOW = """
    flow: welcome
    steps: [{send: "Hi"}]
"""
WAITING = """
    flow: welcome
    steps: [{wait: 1h}, {send: "Hi"}]
"""


class SlowChannel(FakeChannel):
    """Pigeons that set off at once, and arrive when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way: list[str] = []
        self.gate = asyncio.Event()

    async def send(self, settings: Any, text: Outbound) -> Receipt:
        self.under_way.append(text.phone)
        await self.gate.wait()
        return await super().send(settings, text)


@pytest.fixture(params=["local on sqlite", "local on postgresql", "distributed on postgresql"])
def arrangement(request: pytest.FixtureRequest) -> str:
    """An engine over a kind of database."""
    return str(request.param)


@pytest.fixture
def kind(arrangement: str) -> str:
    return arrangement.rpartition(" ")[2]


@pytest.fixture
def engines(arrangement: str, bench: Any) -> Iterator[Callable[[], list[Engine]]]:
    """Makes the workers of the arrangement: two, where they share their work."""

    def make() -> list[Engine]:
        if arrangement.startswith("local"):
            return [LocalEngine(SystemClock(), print)]
        made = [DistributedEngine(bench.core.database, SystemClock(), print) for _ in range(2)]
        made[0].prepare()
        return list(made)

    yield make
    if arrangement.startswith("distributed"):
        with bench.core.database.engine.begin() as tx:
            tx.exec_driver_sql("DELETE FROM procrastinate_jobs")


def slow(bench: Any) -> SlowChannel:
    """Let the bench's pigeons be slow."""
    channel = SlowChannel()
    bench.channel = channel
    bench.pigeons(channel=channel)
    return channel


def crow(bench: Any) -> FakeChannel:
    """A second channel, beside the pigeons."""
    channel = FakeChannel()
    registry = bench.core.registry
    like: ChannelType = registry.channels["pigeon"]
    both = {**registry.channels, "crow": evolve(like, name="crow", label="Crow", channel=channel)}
    bench.core = evolve(bench.core, registry=evolve(registry, channels=both))
    return channel


def test_two_senders_go_side_by_side(bench: Any, engines: Any) -> None:
    """A provider that hangs holds up nobody who texts through another one."""
    bench.set_up(flow=FLOW)
    pigeons, crows = slow(bench), crow(bench)
    workers = engines()
    for worker in workers:
        register_drains(worker, bench.core)

    async def story() -> None:
        bench.register(0)
        await until(lambda: bool(pigeons.under_way))
        await connect_channel(bench.core, "crow", {"loft": "roof", "key": "sesame"})
        bench.register(1)
        await until(lambda: bool(crows.accepted))
        assert pigeons.accepted == []
        pigeons.gate.set()
        await until(lambda: bool(pigeons.accepted))

    async def run() -> None:
        over = asyncio.create_task(story())
        await asyncio.gather(*(playing(worker, asyncio.shield(over)) for worker in workers))

    asyncio.run(run())

    assert [text.phone for text in pigeons.accepted] == [phone(0)]
    assert [text.phone for text in crows.accepted] == [phone(1)]


def test_one_senders_texts_are_sent_by_one_at_a_time(bench: Any, engines: Any) -> None:
    """While a batch is under way nobody takes the next one, however often and by whomever it is woken."""
    bench.set_up(flow=FLOW)
    pigeons = slow(bench)
    workers = engines()
    ticks: list[int] = []

    async def tick() -> None:
        ticks.append(len(pigeons.under_way))

    for worker in workers:
        register_drains(worker, bench.core)
        worker.each(0.2, tick)

    async def story() -> None:
        bench.register(0)
        await until(lambda: bool(pigeons.under_way))
        bench.register(1, 2)
        key = SenderKeys(bench.core).now()
        for worker in workers:
            worker.wake("send", str(key))
        seen = len(ticks)
        await until(lambda: len(ticks) > seen + 10 * len(workers))
        assert pigeons.under_way == [phone(0)]
        pigeons.gate.set()
        await until(lambda: len(pigeons.accepted) == 3)

    async def run() -> None:
        over = asyncio.create_task(story())
        await asyncio.gather(*(playing(worker, asyncio.shield(over)) for worker in workers))

    asyncio.run(run())

    assert sorted(text.phone for text in pigeons.accepted) == [phone(0), phone(1), phone(2)]


def test_each_shard_of_timers_is_fired_by_itself(bench: Any) -> None:
    """Every member is in one shard, every timer is fired once, and a shard leaves the others alone."""
    bench.set_up(flow=WAITING)
    bench.register(*range(20))
    bench.wait(hours=2)
    due = "SELECT DISTINCT member_id FROM timer WHERE settled_at IS NULL AND kind = 'wait'"
    waiting = set(bench.column(due))

    shards = bench.core.database.read(lambda tx: shards_due(tx, bench.now))
    assert shards == sorted({member % TIMER_SHARDS for member in waiting})
    for shard in shards:
        fired = fire_timers(bench.core, 500, shard)
        left = set(bench.column(due))
        mine = {member for member in waiting if member % TIMER_SHARDS == shard}
        assert (waiting - left, fired) == (mine, len(mine))
        waiting = left

    assert waiting == set()
    assert bench.core.database.read(lambda tx: shards_due(tx, bench.now)) == []


def test_due_timers_are_fired_by_ticks_alone(bench: Any, engines: Any) -> None:
    """Whoever takes which shard, each member gets one text."""
    bench.set_up(flow=WAITING)
    bench.register(*range(20))
    bench.wait(hours=2)
    workers = engines()
    for worker in workers:
        register_drains(worker, bench.core)

    async def run() -> None:
        stories = [playing(worker, until(lambda: len(bench.channel.accepted) >= 20)) for worker in workers]
        await asyncio.gather(*stories)

    asyncio.run(run())

    assert sorted(text.phone for text in bench.channel.accepted) == sorted(map(phone, range(20)))


@pytest.mark.parametrize("arrangement", ["distributed on postgresql"])
def test_work_is_woken_in_the_transaction_that_makes_it(bench: Any, engines: Any) -> None:
    """Texts, calls and what comes in; coalesced, and gone with a transaction that fails."""
    bench.set_up(flow=FLOW)
    (worker, _) = engines()
    register_drains(worker, bench.core)
    key = SenderKeys(bench.core).now()

    def fail(tx: Any) -> None:
        bench.core.wakes("send", tx)
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        bench.core.database.write(fail)
    assert jobs(bench.core.database) == []
    bench.register(0)
    bench.register(1, 2)
    bench.keep(0, "Hello?")
    bench.keep(1, "Hello?")

    assert key is not None
    assert key.startswith("pigeon/")
    assert [lock for lock, _, _ in jobs(bench.core.database)] == [f"send {key}", "receive all"]


def test_a_sender_is_named_without_its_number(bench: Any) -> None:
    """Keys stand in queues and logs. Another number is another sender; without a channel there is none."""
    before = SenderKeys(bench.core).now()
    bench.set_up(flow=FLOW)
    found = []
    for number in ("+12125550100", "+12125550101"):
        bench.pigeons(sender=lambda _settings, number=number: Sender(key=number))
        found.append(SenderKeys(bench.core).now())

    assert before is None
    assert len(set(found)) == 2
    assert not any("555" in str(key) for key in found)
