# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Whoever serves the webhooks writes down that it listens, and that it had to refuse one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import attrs
import pytest

from ascend_core.contracts import Inbound
from ascend_core.errors import DatabaseProblem
from ascend_core.operations.listening import catch_up
from ascend_core.runtime.system import SystemClock
from ascend_core.store.channels import channels
from ascend_core.store.database import Database
from ascend_core.web.hearing import Hearing
from tests.fakes.bench import phone

SOON_SECONDS = 20


class Away(Database):
    """A database that is not there as long as *trouble* says."""

    trouble: Exception | None = None
    asked = 0

    def read(self, work: Callable[[Any], Any]) -> Any:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        return super().read(work)


@pytest.fixture
def listening(bench: Any) -> Iterator[Any]:
    """Two people who are to get a text, and somebody who listens."""
    bench.set_up(flow="{flow: welcome, steps: [{send: One}]}")
    bench.register(0, 1)
    bench.away = Away(bench.core.database.engine)
    with closing(Hearing(attrs.evolve(bench.core, database=bench.away))) as hearing:
        bench.hearing = hearing
        until(lambda: bench.core.database.read(channels)[0].heard_until is not None)
        yield bench


def until(holds: Callable[[], bool]) -> None:
    """Wait for what another thread brings about."""
    clock = SystemClock()
    latest = clock.monotonic() + SOON_SECONDS
    while not holds():
        assert clock.monotonic() < latest, "it did not happen"


def is_deaf(bench: Any) -> bool:
    """Whether something is to be fetched first."""
    return bench.core.database.read(channels)[0].deaf_since is not None


@pytest.mark.parametrize("trouble", [DatabaseProblem("it is away"), RuntimeError("a bug")])
def test_a_stop_that_had_to_be_refused_is_fetched_before_the_next_text(listening: Any, trouble: Exception) -> None:
    """However short the database was away; the provider tells it only once."""
    listening.channel.unheard.append(Inbound(provider_id="in-1", phone=phone(0), body="STOP", keyword="stop"))
    listening.away.trouble = trouble
    listening.hearing.missed()
    asked = listening.away.asked
    until(lambda: listening.away.asked >= asked + 2)  # it does not give up
    before = is_deaf(listening)
    listening.away.trouble = None
    until(lambda: is_deaf(listening))
    listening.drain()
    nothing = listening.bodies()
    listening.run(catch_up(listening.core))
    listening.drain()

    assert (before, nothing, is_deaf(listening)) == (False, [], False)
    assert listening.states()[:2] == [("suppressed", "unsubscribed"), ("sent", None)]


def test_nothing_is_fetched_when_nothing_was_refused(listening: Any) -> None:
    """It only writes down that it listens."""
    assert not is_deaf(listening)
    assert listening.channel.asked_since == []
