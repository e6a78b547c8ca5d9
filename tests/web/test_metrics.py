"""What Prometheus is told: how much waits, how late it is, what drains did; nothing about anybody."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from ascend_core.operations.workers import keep_alive
from ascend_core.runtime.meters import Meters, metered
from ascend_core.store.database import open_database
from ascend_core.web.metrics import exposition

SAMPLE = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+')

MOST_STATEMENTS = 12

FLOW = """
    flow: welcome
    steps: [{send: "Hi ${member.first_name|there}!"}]
"""


def figures(text: str) -> dict[str, float]:
    """The samples; everything else must be a comment, each family described once and before its samples."""
    lines = text.splitlines()
    samples = [line for line in lines if not line.startswith("#")]
    assert [line for line in samples if not SAMPLE.fullmatch(line)] == []
    described = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
    assert len(described) == len(set(described))
    assert text.endswith("\n")
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in samples)}


def test_what_waits_is_counted_and_how_late_it_is(bench: Any) -> None:
    """Two texts wait since a minute; the account was never synced; nobody works, then somebody does."""
    bench.set_up(flow=FLOW)
    bench.register(0, 1)
    bench.clock.advance(timedelta(minutes=1))

    before = exposition(bench.core, Meters())
    keep_alive(bench.core)
    after = figures(exposition(bench.core, Meters()))
    bench.drain()
    sent = figures(exposition(bench.core, Meters()))

    found = figures(before)
    assert found["ascend_database_up"] == 1
    assert found['ascend_texts{state="ready"}'] == 2
    assert found['ascend_late_seconds{kind="texts"}'] >= 60
    assert (found["ascend_workers"], after["ascend_workers"]) == (0, 1)
    assert (found["ascend_clicks_waiting"], found["ascend_inbound_waiting"]) == (0, 0)
    assert sent['ascend_texts{state="ready"}'] == 0
    assert "555" not in before


def test_drains_are_counted_with_their_length_and_their_batches(bench: Any) -> None:
    """Each kind by itself, failed ones too; a round that found nothing is no batch."""
    meters = Meters()
    until = bench.now

    async def works(_key: str, _until: datetime) -> bool:
        bench.clock.advance(timedelta(seconds=2))
        meters.batch("send", 500)
        meters.batch("send", 20)
        meters.batch("send", 0)
        return True

    async def fails(_key: str, _until: datetime) -> bool:
        raise RuntimeError

    async def play() -> list[bool | BaseException]:
        drains = [metered("send", works, meters, bench.clock), metered("sync", fails, meters, bench.clock)]
        return await asyncio.gather(*(drain("all", until) for drain in drains), return_exceptions=True)

    left, failure = asyncio.run(play())
    found = figures(exposition(bench.core, meters))

    assert left is True
    assert isinstance(failure, RuntimeError)
    assert found['ascend_drain_seconds_sum{kind="send"}'] == 2
    assert [found[f'ascend_drain_{name}{{kind="send"}}'] for name in ("seconds_count", "failures_total")] == [1, 0]
    assert [found[f'ascend_drain_batch_{name}{{kind="send"}}'] for name in ("sum", "count")] == [520, 2]
    assert [found[f'ascend_drain_{name}{{kind="sync"}}'] for name in ("seconds_count", "failures_total")] == [1, 1]


def test_a_database_that_does_not_answer_is_a_figure(bench: Any) -> None:
    """And no word of where it is."""
    gone = open_database("postgresql://me:hush@127.0.0.1:1/nothing")
    meters = Meters()
    meters.batch("send", 1)

    text = exposition(evolve(bench.core, database=gone), meters)
    gone.close()

    assert figures(text)["ascend_database_up"] == 0
    assert figures(text)['ascend_drain_batch_count{kind="send"}'] == 1
    assert "hush" not in text


def test_figures_cost_the_same_few_statements_however_much_waits(bench: Any) -> None:
    """Prometheus asks every few seconds, for ever."""
    bench.set_up(flow=FLOW)
    counts = []
    for people in (range(2), range(2, 40)):
        bench.register(*people)
        with bench.counted() as statements:
            exposition(bench.core, Meters())
        counts.append(len(statements))

    assert counts[0] == counts[1] <= MOST_STATEMENTS
