"""The demo, as a person starts it: the same figures on both databases, and after any number of kills."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ascend_core.testing import PostgresServer, SeededRandomness

pytestmark = pytest.mark.xdist_group("demo")

PATIENCE_SECONDS = 300
KILLS = 6


def demo(*arguments: str) -> list[str]:
    """The command that a person types."""
    return [sys.executable, "-c", "from ascend_core.cli import main; main()", "demo", "--json", *arguments]


def play(*arguments: str) -> dict[str, Any]:
    done = subprocess.run(demo(*arguments), capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return play("--keep", str(tmp_path_factory.mktemp("demo") / "kept"))


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


def test_the_document_holds_what_a_week_brings(on_sqlite: dict[str, Any]) -> None:
    """Every part of the product did something in the week, and the figures of the report fit together."""
    assert on_sqlite["members"]["created"] > 100
    assert on_sqlite["members"]["updated"] > 0
    assert set(on_sqlite["submissions"]["ignored"]) >= {"no_opt_in", "bad_phone", "unsubscribed", "form_not_synced"}
    activities = ("registers", "confirms", "attends", "cancels", "waitlisted")
    assert set(on_sqlite["triggers"]) == {f"mobilize.{activity}" for activity in activities}
    assert on_sqlite["messages"]["delivered"] > 100
    assert on_sqlite["nudges"]["sent"] > 0
    assert on_sqlite["nudges"]["skipped"]["submitted"] > 0
    assert on_sqlite["clicks"]["person"] > 0
    assert on_sqlite["clicks"]["preview"] > 0
    assert on_sqlite["inbound"]["answered"] > 0
    assert on_sqlite["inbound"]["keyword"] > 0
    for row in on_sqlite["report"]:
        assert row["clicked"] <= row["recipients"]
        assert row["clicked_no_submission"] <= row["clicked"]
        assert row["click_through_rate"] == round(row["clicked"] / row["recipients"], 4)


def test_the_same_seed_gives_the_same_document_on_postgresql(
    on_sqlite: dict[str, Any], postgres: PostgresServer, tmp_path: Path
) -> None:
    """Which database holds the data changes nothing of what happens."""
    document = play("--keep", str(tmp_path), "--database-url", postgres.new_database("demo"))

    assert document == {**on_sqlite, "database": "postgresql"}


def test_a_demo_killed_again_and_again_ends_in_the_same_document(on_sqlite: dict[str, Any], tmp_path: Path) -> None:
    """Whenever the process is killed, starting it again goes on: nothing is lost and nothing happens twice."""
    chance = SeededRandomness(os.environ.get("ASCEND_KILL_SEED", "1"))
    for _ in range(KILLS):
        running = subprocess.Popen(demo("--keep", str(tmp_path)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _let_it_work(running, tmp_path / "progress.json", slots=1 + int(chance.fraction() * 25))
        time.sleep(chance.fraction() * 0.5)  # anywhere in the work of a slot
        running.send_signal(signal.SIGKILL)
        running.wait()

    assert play("--keep", str(tmp_path)) == on_sqlite


def test_a_week_of_trouble_ends_in_the_same_document(on_sqlite: dict[str, Any]) -> None:
    """Every answer of Mobilize may be late, cut, garbled, refused or lead astray, every one of the carrier lost, its
    webhooks early, late, twice or forged: nobody is lost, nothing is sent twice, and the figures are the same."""
    assert play("--faults") == on_sqlite


def _let_it_work(running: subprocess.Popen[bytes], progress: Path, *, slots: int) -> None:
    """Wait until the demo came *slots* steps further, or ended."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    seen = _done_until(progress)
    while slots and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
        now = _done_until(progress)
        if now != seen:
            seen, slots = now, slots - 1


def _done_until(progress: Path) -> str | None:
    return json.loads(progress.read_text())["done_until"] if progress.exists() else None
