# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The drains themselves, one by one, without an engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from ascend_core.errors import DatabaseProblem, TryLater
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.operations.ip_keys import ip_key
from ascend_core.operations.record_clicks import Hit, keep_clicks
from ascend_core.runtime.drains import register_drains
from ascend_core.runtime.engine import Drain, Tick
from ascend_core.store.database import Database
from tests.fakes.bench import Bench
from tests.fakes.texts import FakeChannel


class Drains:
    """An engine that only remembers: the test says what runs."""

    def __init__(self) -> None:
        self.drains: dict[str, Drain] = {}
        self.woken: dict[str, str] = {}
        self.tick: Tick
        self.live: Tick
        self.is_ending = False

    def register(self, kind: str, drain: Drain) -> None:
        self.drains[kind] = drain

    def every(self, seconds: float, tick: Tick) -> None:
        self.tick = tick

    def each(self, seconds: float, tick: Tick) -> None:
        self.live = tick

    def wake(self, kind: str, key: str, tx: Any = None) -> None:
        self.woken[kind] = key

    async def run(self) -> None:
        pass

    def stop(self) -> None:
        pass


class Leaving(Database):
    """A database that can go away for one transaction."""

    away = False

    def write(self, work: Callable[[Any], Any]) -> Any:
        if self.away:
            self.away = False
            raise DatabaseProblem("the server closed the connection")
        return super().write(work)


class Busy(FakeChannel):
    """Pigeons that do something while they have a text in hand."""

    meanwhile: Callable[[], Awaitable[None]]

    async def send(self, settings: Any, text: Any) -> Any:
        receipt = await super().send(settings, text)
        await self.meanwhile()
        return receipt


def test_texts_whose_results_could_not_be_written_are_in_doubt_within_seconds(make_bench: Callable[..., Bench]) -> None:
    """Not only when this worker dies: it lives on, and while it sends, nothing of it is in doubt."""
    channel = Busy()
    bench = make_bench(channel=channel)
    bench.channel = channel
    bench.set_up()
    bench.register(0)
    database = Leaving(bench.core.database.engine)
    core = attrs.evolve(bench.core, database=database)
    drains = Drains()
    register_drains(drains, core)
    during: list[Any] = []

    async def meanwhile() -> None:
        await drains.live()
        during.extend(bench.states())
        database.away = True

    channel.meanwhile = meanwhile
    until = bench.now + timedelta(seconds=30)

    async def work() -> str:
        await drains.tick()
        try:
            await drains.drains["send"](drains.woken["send"], until)
        except DatabaseProblem as error:
            return str(error)
        return "nothing failed"

    said = bench.run(work())
    after = bench.states()
    bench.run(drains.live())

    assert said == "the server closed the connection"
    assert [state for state, _ in during] == ["sending"]
    assert [state for state, _ in after] == ["sending"]
    assert [state for state, _ in bench.states()] == ["unknown"]
    assert len(channel.accepted) == 1


def test_the_worker_forgets_addresses(bench: Any) -> None:
    """Within the hour after their 30 days, and the keys of past months; nobody has to ask for it."""
    bench.set_up()
    bench.register(0)
    bench.drain()
    ip_key(bench.core, bench.now)
    (link_id,) = bench.column("SELECT id FROM link")
    keep_clicks(
        bench.core, [Hit(link_id=link_id, at=bench.now, method="GET", user_agent="Mozilla/5.0 (iPhone)", ip_hash=7)]
    )
    count_clicks(bench.core)
    drains = Drains()
    register_drains(drains, bench.core)

    known = []
    for days in (0, 29, 1.05):
        bench.wait(days=days)
        bench.run(drains.tick())
        known.append((bench.one("SELECT ip_hash FROM click"), bench.one("SELECT count(*) FROM ip_key")))

    assert known == [(7, 1), (7, 0), (None, 0)]


def test_who_is_to_end_hands_over_no_text_more_and_leaves_none_in_doubt(make_bench: Callable[..., Bench]) -> None:
    """The call under way gets its answer; the rest of its batch goes back as it was, and work is left."""
    channel = Busy()
    bench = make_bench(channel=channel)
    bench.channel = channel
    bench.set_up()
    bench.register(0, 1, 2)
    drains = Drains()
    register_drains(drains, bench.core)

    asked = [True]

    async def meanwhile() -> None:
        drains.is_ending = asked[0]

    channel.meanwhile = meanwhile

    async def work() -> bool:
        await drains.tick()
        return await drains.drains["send"](drains.woken["send"], bench.now + timedelta(seconds=30))

    left = bench.run(work())
    told = bench.rows("SELECT state, reason, attempts FROM message ORDER BY id")
    drains.is_ending = asked[0] = False
    again = bench.run(work())

    assert (left, again) == (True, False)
    assert told == [("sent", None, 1), ("ready", "ending", 0), ("ready", "ending", 0)]
    assert [state for state, _ in bench.states()] == ["sent"] * 3
    assert len(channel.accepted) == 3


@pytest.mark.parametrize("trouble", [None, TryLater("It is down.")])
def test_a_round_that_was_woken_while_it_ran_is_not_run_twice(bench: Any, trouble: Exception | None) -> None:
    """The tick wakes an account for as long as its round is not over. A source that is slow, or slow to fail, would be
    asked twice as often as it is to be."""
    bench.set_up()
    bench.source.form_trouble = trouble
    bench.source.asked_forms.clear()
    drains = Drains()
    register_drains(drains, bench.core)

    async def rounds() -> list[bool]:
        await drains.tick()
        return [await drains.drains["sync"](drains.woken["sync"], bench.now + timedelta(seconds=30)) for _ in range(2)]

    left = bench.run(rounds())
    asked = len(bench.source.asked_forms)
    bench.wait(minutes=10)
    bench.run(rounds())

    assert left == [False, False]
    assert (asked, len(bench.source.asked_forms)) == (1, 2)
