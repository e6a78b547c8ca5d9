"""A sweep over nudges reads what is due by an index: nothing in it grows with what waits (P4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from ascend_core.operations.fire_timers import fire_timers
from ascend_core.store.database import Database
from ascend_core.store.due import look

FLOW = """
    flow: welcome
    steps:
      - send: "Hi! ${link.form}"
        links: {form: {url: "${event.url}", track: box}}
        nudges:
          - {nudge: no_link_click, link: form, after: 2h, text: "Look: ${link.form}"}
          - {nudge: box.no_submission, link: form, after: 9d, text: "Later: ${link.form}"}
"""
GROWING = ("timer", "run", "member", "message", "link", "submission", "inbound_text", "trace_line", "consent")


@pytest.fixture
def kind() -> str:
    """Only SQLite tells its plan without looking at how many rows there are."""
    return "sqlite"


def plans(database: Database, work: Callable[[], Any]) -> list[tuple[str, str]]:
    """Every statement of *work* with one line of the plan that SQLite makes for it."""
    statements: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        statements.append((statement, parameters[0] if many else parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    connection = database.engine.raw_connection().driver_connection
    assert connection is not None
    found = []
    for statement, parameters in statements:
        if not statement.startswith(("BEGIN", "EXPLAIN")):
            rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            found.extend((statement, str(row[3])) for row in rows)
    return found


def test_a_sweep_scans_no_table_that_grows(make_bench: Any) -> None:
    """Each statement of a sweep finds its rows by an index; the due timers by that of pending ones."""
    bench = make_bench()
    bench.set_up(flow=FLOW)
    bench.register(*range(20))
    bench.drain()
    bench.wait(hours=2)
    database = bench.core.database

    found = plans(database, lambda: fire_timers(bench.core))

    scans = [(line, statement) for statement, line in found if re.match(rf"SCAN (?:{'|'.join(GROWING)})\b", line)]
    assert scans == []
    assert any("ix_timer_due" in line for _, line in found)
    assert bench.one("SELECT count(*) FROM timer WHERE outcome = 'sent'") == 20
    assert bench.one("SELECT count(*) FROM timer WHERE settled_at IS NULL") == 20


def test_the_look_for_work_reads_one_entry_of_an_index(make_bench: Any) -> None:
    """It runs once a second, however much waits."""
    bench = make_bench()
    bench.set_up(flow=FLOW)

    found = plans(bench.core.database, lambda: bench.core.database.read(look))

    assert any("ix_timer_due" in line for _, line in found)
    assert not any(re.match(r"SCAN (timer|message|inbound_text)$", line) for _, line in found)
