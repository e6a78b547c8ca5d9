# ruff: noqa: TID251 -- tests may lean on tests; the names are ours
"""P3: short links over 32 connections, each answered once its click is committed, and counted in the same process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit

from ascend_core.operations.count_clicks import count_clicks
from ascend_core.store.database import open_database, sqlite_url
from ascend_core.store.schema import upgrade_schema
from tests.benchmarks.harness import Aim, Benchmark, Missing, Watch
from tests.benchmarks.redirect_load import open_links, server_seconds
from tests.fakes.bench import Bench

REQUESTS = 20_000
LINKS = 1_000
AT_ONCE = 100
ROOT = Path(__file__).parents[2]


@lru_cache(maxsize=1)
def _sent() -> tuple[Bench, list[str]]:
    """A database of members who were all sent a link, and the paths of the links."""
    folder = Path(mkdtemp(prefix="p3-"))
    database = open_database(sqlite_url(folder / "links.db"))
    upgrade_schema(database)
    bench = Bench(database, folder)
    bench.set_up()
    for first in range(0, LINKS, AT_ONCE):
        bench.register(*range(first, first + AT_ONCE))
    bench.drain()
    return bench, [f"/{code}" for code in bench.column("SELECT code FROM link")]


@contextmanager
def _server(command: list[str]) -> Iterator[tuple[int, str, int]]:
    """A server in its own process: its id, host and port."""
    if not Path("/proc/self/stat").exists():
        raise Missing("the CPU of another process is read from /proc")
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        parts = urlsplit(process.stdout.readline().strip() if process.stdout else "")
        yield process.pid, str(parts.hostname), int(parts.port or 0)
    finally:
        process.kill()
        process.communicate()


def _drive(command: list[str], paths: list[str], scale: float, watch: Watch) -> dict[str, float]:
    requests = max(100, int(REQUESTS * scale))
    with _server(command) as (pid, host, port):
        open_links(host, port, paths, min(len(paths), requests))
        before = server_seconds(pid)
        with watch:
            answered = open_links(host, port, paths, requests)
        used = server_seconds(pid) - before
    return {
        "items": answered,
        "per_second": answered / watch.wall_seconds,
        "server_cpu_microseconds": used / answered * 1e6,
    }


def redirects(scale: float, watch: Watch) -> Mapping[str, float]:
    """Ours. Raises AssertionError when a click that was answered is not in the database."""
    bench, paths = _sent()
    before = _clicks(bench)
    folder = mkdtemp(prefix="p3-")
    url = bench.core.database.engine.url.render_as_string(hide_password=False)
    figures = _drive(["tests/web/link_server.py", folder, url], paths, scale, watch)
    if _clicks(bench) - before < figures["items"]:
        raise AssertionError("a click that was answered is lost")
    return figures


def _clicks(bench: Bench) -> int:
    count_clicks(bench.core)
    return int(bench.one("SELECT count(*) FROM click"))


def bare(scale: float, watch: Watch) -> Mapping[str, float]:
    """The same server, the same load, a redirect that does nothing."""
    return _drive(["-m", "tests.benchmarks.redirect_load"], _sent()[1], scale, watch)


BENCHMARK = Benchmark(
    id="P3",
    title="20,000 redirects over 32 connections, every click committed before its answer, and counted",
    sides={"redirect": redirects, "bare": bare},
    aims=(
        Aim(
            what="redirects a second, of those of a bare 302",
            side="redirect",
            against="bare",
            figure="per_second",
            at_least=0.40,
        ),
        Aim(
            what="the server's CPU a redirect, of that of a bare 302",
            side="redirect",
            against="bare",
            figure="server_cpu_microseconds",
            at_most=2.2,
        ),
    ),
    rounds=5,
)
