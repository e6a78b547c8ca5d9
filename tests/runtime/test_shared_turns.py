"""Mobilize lets one address ask 15 times a second: every account and every worker of an installation draws on that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ascend_core.operations.connect import connect_account
from ascend_core.operations.core import Core
from ascend_core.operations.sync_account import sync_account
from ascend_core.runtime.opening import home_from, init_home, open_core
from ascend_core.testing import VirtualClock
from ascend_core.web.serving import ThreadedServer, bind
from ascend_mobilize.simulator import MobilizeSandbox

NOON = datetime(2026, 6, 3, 16, tzinfo=UTC)
MOST_A_SECOND = 15
ROUNDS = 3


class NotedClock(VirtualClock):
    """Its calendar stands still, so how long somebody is told to wait says when their turn is."""

    def __init__(self) -> None:
        super().__init__(NOON)
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Note it."""
        self.slept.append(seconds)
        await super().sleep(seconds)


class OneOrigin:
    """Two organizations behind one address, which counts what it is asked."""

    def __init__(self, north: MobilizeSandbox, south: MobilizeSandbox) -> None:
        self.asked = 0
        self._apps = {f"/organizations/{each.account('')['org_id']}": each.app for each in (north, south)}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as the organization in the path does."""
        if scope["type"] == "lifespan":
            await next(iter(self._apps.values()))(scope, receive, send)
            return
        (app,) = [app for path, app in self._apps.items() if path in scope["path"]]
        self.asked += 1
        await app(scope, receive, send)


@pytest.fixture
def two_workers(tmp_path: Path, kind: str, new_database: Callable[[str], str]) -> Iterator[tuple[Core, Core]]:
    """Two workers of one installation, each with a connection of its own, on one clock."""
    home = home_from({"ASCEND_HOME": str(tmp_path), "ASCEND_DATABASE_URL": new_database(kind)})
    init_home(home)
    clock = NotedClock()
    with ExitStack() as stack:
        workers = [open_core(home, clock=clock) for _ in range(2)]
        for worker in workers:
            stack.callback(worker.database.close)
        yield workers[0], workers[1]


def test_two_accounts_of_one_origin_and_two_workers_draw_on_one_rate(two_workers: tuple[Core, Core]) -> None:
    """Both workers ask for both accounts at the same moment; no second holds more requests than Mobilize allows."""
    first, second = two_workers
    quiet = VirtualClock(NOON)
    sandboxes = [MobilizeSandbox(clock=quiet, seed=org_id, journal=None, org_id=org_id) for org_id in (4017, 5021)]
    for each in sandboxes:
        each.simulator.switches.rate_limit = False  # on a clock that stands still everything comes at once
    origin = OneOrigin(*sandboxes)
    server = ThreadedServer(origin, bind())

    async def work() -> list[str | None]:
        ids = [
            await connect_account(first, "mobilize", each.account(server.url), sync_new_forms=True)
            for each in sandboxes
        ]
        problems: list[str | None] = []
        for _ in range(ROUNDS):
            rounds = [sync_account(worker, id_) for worker in (first, second) for id_ in ids]
            problems += [each.problem for each in await asyncio.gather(*rounds)]
        return problems

    try:
        problems = asyncio.run(work())
    finally:
        server.ask_to_end()
        server.close()

    assert set(problems) == {None}
    clock = first.clock
    assert isinstance(clock, NotedClock)
    turns = sorted([0.0, *clock.slept])
    assert len(turns) == origin.asked > 2 * MOST_A_SECOND
    assert max(sum(begin <= turn < begin + 1 for turn in turns) for begin in turns) <= MOST_A_SECOND
    assert turns == pytest.approx([number * 1.05 / MOST_A_SECOND for number in range(len(turns))], abs=1e-4)
