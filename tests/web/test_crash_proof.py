# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""No click that was answered is lost: the server is killed, the database locked, the disk full.

``ASCEND_CLICKS=6000`` plays every killing with so many clicks, not with a tenth of them.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from attrs import define, field

from ascend_core.operations.count_clicks import count_clicks
from ascend_core.web.spill import NAME
from tests.fakes.bench import Bench

CLICKS = int(os.environ.get("ASCEND_CLICKS", "600"))
TRIALS = 6
CONNECTIONS = 32
MOST_LOOKS = 100_000
SERVER = Path(__file__).with_name("link_server.py")


@define
class Site:
    """A server in its own process over the bench's database."""

    bench: Bench
    folder: Path
    paths: list[str]
    process: Any = None
    address: tuple[str, int] = ("", 0)
    answered: set[int] = field(factory=set)

    def start(self, *more: object) -> None:
        """Start it, and wait until it answers."""
        url = self.bench.core.database.engine.url.render_as_string(hide_password=False)
        command = [sys.executable, str(SERVER), str(self.folder), url, *map(str, more)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        parts = urlsplit(self.process.stdout.readline().strip())
        self.address = (str(parts.hostname), int(parts.port or 0))

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def click(self, numbers: range, *, kill_after: int | None = None) -> None:
        """Open links over many connections, each request with its number; kill the server after so many answers."""
        asyncio.run(self._click(list(reversed(numbers)), kill_after))

    async def _click(self, left: list[int], kill_after: int | None) -> None:
        begun = len(self.answered)

        async def visit() -> None:
            reader, writer = await asyncio.open_connection(*self.address)
            try:
                while left:
                    number = left.pop()
                    path = self.paths[number % len(self.paths)]
                    agent = f"Mozilla/5.0 (iPhone) Safari/604.1 n{number}"
                    writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nuser-agent: {agent}\r\n\r\n".encode())
                    head = await reader.readuntil(b"\r\n\r\n")
                    assert head.startswith(b"HTTP/1.1 302 "), head
                    self.answered.add(number)
                    if kill_after is not None and len(self.answered) - begun >= kill_after:
                        self.kill()
            finally:
                writer.close()

        visits = await asyncio.gather(*(visit() for _ in range(CONNECTIONS)), return_exceptions=True)
        broken = [each for each in visits if each is not None]
        gone = (ConnectionError, asyncio.IncompleteReadError)
        assert all(kill_after is not None and isinstance(each, gone) for each in broken), broken

    def recorded(self) -> list[int]:
        """The numbers of the clicks in the database, counted first."""
        count_clicks(self.bench.core)
        return [int(agent.rpartition("n")[2]) for agent in self.bench.column("SELECT user_agent FROM click")]

    def safe(self) -> int:
        """How many clicks the database holds, counted or not."""
        return int(self.bench.one("SELECT (SELECT count(*) FROM click) + (SELECT count(*) FROM click_request)"))

    def spilled(self) -> bool:
        """Whether any click is in a spill file."""
        return any(each.read_bytes().strip(b"\0") for each in self.folder.glob(NAME.format(number="*")))


@pytest.fixture
def site(make_bench: Callable[..., Bench], tmp_path: Path) -> Iterator[Site]:
    """Twenty links, and a server to be started."""
    bench = make_bench()
    bench.set_up()
    bench.register(*range(20))
    bench.drain()
    site = Site(bench, tmp_path, [f"/{code}" for code in bench.column("SELECT code FROM link")])
    yield site
    site.kill()


def complete(site: Site) -> None:
    """Every answered click is there, and none twice."""
    recorded = site.recorded()
    assert site.answered - set(recorded) == set()
    assert len(recorded) == len(set(recorded))


def test_a_killed_server_loses_no_click_that_it_answered(site: Site) -> None:
    """Six times, in the middle of many: what was answered is kept; what was not may be kept once."""
    dice = random.Random(6)  # noqa: S311 -- the same every time
    for trial in range(TRIALS):
        site.start()
        site.click(range(trial * CLICKS, (trial + 1) * CLICKS), kill_after=int(CLICKS * dice.uniform(0.4, 0.95)))
        assert site.process is None, "it lived on"

    assert len(site.answered) > TRIALS * CLICKS * 0.4
    complete(site)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("dies", [False, True])
def test_a_locked_database_holds_nobody_up(site: Site, dies: bool) -> None:
    """People go on; their clicks wait in a file, and get into the database afterwards, even if the server died."""
    site.start()
    with site.bench.core.database.engine.connect() as other:
        other.exec_driver_sql("ROLLBACK")
        other.exec_driver_sql("BEGIN EXCLUSIVE")
        site.click(range(100))
        during = (site.safe(), site.spilled())
        if dies:
            site.kill()
        other.exec_driver_sql("ROLLBACK")
    if dies:
        site.start()
    _wait_for(site, 100)

    assert during == (0, True)
    assert len(site.answered) == 100
    complete(site)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_full_disk_holds_nobody_up(site: Site) -> None:
    """The spill file took its room when there was some."""
    site.start(64_000)
    site.click(range(200))
    kept = site.safe()
    spilled = site.spilled()
    site.kill()
    site.start()
    _wait_for(site, 200)

    assert len(site.answered) == 200
    assert (kept < 200, spilled) == (True, True)
    complete(site)


def _wait_for(site: Site, clicks: int) -> None:
    """Until the database holds so many."""
    for _ in range(MOST_LOOKS):
        if site.safe() >= clicks:
            return
    raise AssertionError("the clicks did not come")
