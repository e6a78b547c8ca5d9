"""What is asked all the time reads what is due, and not what waits: the database says which index it takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from ascend_core.store.bulk import insert_rows
from ascend_core.store.click_requests import TakenClick
from ascend_core.store.clicks_around import clicks_beside
from ascend_core.store.consents import consent_states
from ascend_core.store.due import look
from ascend_core.store.due_timers import due_timers, wake_waits_of_slots
from ascend_core.store.members import members_by_id, members_by_phone
from ascend_core.store.messages import cancel_texts, messages_by_key
from ascend_core.store.queues import queue_sizes
from ascend_core.store.runs import active_runs, cancel_timers, known_once_keys
from ascend_core.store.sql import written
from ascend_core.store.submissions import submissions_by_key
from ascend_core.store.tables import Click, Flow, FlowVersion, InboundText, Link, Member, Message, Run, Timer, Url
from ascend_core.store.types import to_micros

NOON = datetime(2026, 6, 3, 16, tzinfo=UTC)
MANY = 3_000
DUE = 7
PEOPLE = 300


@pytest.fixture
def filled(database: Any) -> Any:
    """A database in which much lies and little is due."""
    database.write(_fill)
    if database.kind == "postgresql":
        with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("ANALYZE")
    else:
        database.write(lambda tx: tx.exec_driver_sql("ANALYZE"))
    return database


def _fill(tx: Any) -> None:
    now = {"created_at": NOON, "updated_at": NOON}
    insert_rows(tx, Flow, [{"id": 1, "name": "f", "live_version_id": None, "created_at": NOON}])
    version = {"id": 1, "flow_id": 1, "number": 1, "digest": "d", "source": "", "published_at": NOON}
    insert_rows(tx, FlowVersion, [version])
    ids = range(1, PEOPLE + 1)
    people = [
        {"id": id_, "phone": f"+1{300 + id_ // 100}55501{id_ % 100:02}", "zones": [], "fields": {}} for id_ in ids
    ]
    insert_rows(tx, Member, [{**each, **now} for each in people])
    run = {"flow_id": 1, "version_id": 1, "state": {}, "started_at": NOON}
    insert_rows(tx, Run, [{"id": id_, "member_id": 1 + (id_ - 1) % PEOPLE, **run} for id_ in range(1, MANY + 1)])
    timer = {"kind": "nudge", "sprint": 1, "reached_at": NOON}
    later = NOON + timedelta(days=1)
    waiting = [{**timer, "due_at": NOON if n < DUE else later, "settled_at": None} for n in range(MANY)]
    settled = [{**timer, "due_at": NOON, "settled_at": NOON} for _ in range(MANY)]
    timers = enumerate((*waiting, *settled), 1)
    insert_rows(tx, Timer, [{"id": id_, **_owner(id_), **row} for id_, row in timers])
    text = {"phone": "+12125550100", "purpose": 2, "body": "Hi", "quiet_hours": {}, "attempts": 0}
    states = ["delivered"] * MANY + ["ready"] * DUE
    named = ({"key": f"k{n}", "intent": f"i{n}", "provider_id": f"p{n}", **_owner(n)} for n in range(len(states)))
    texts = [{**names, "state": state, **text} for names, state in zip(named, states, strict=True)]
    times = {"due_at": NOON, "created_at": NOON}
    insert_rows(tx, Message, [{"id": id_, **row, **times} for id_, row in enumerate(texts, 1)])
    insert_rows(tx, Url, [{"id": 1, "target": "https://box.example.org/f", "tracker": ""}])
    to = {"name": "form", "url_id": 1, "location": "https://box.example.org/f", "created_at": NOON}
    to |= {"person_clicks": 0, "machine_clicks": 0}
    links = ({"code": f"c{n}", "token": f"t{n}", "message_id": n, "member_id": 1 + n % PEOPLE, **to} for n in ids)
    insert_rows(tx, Link, list(links))
    browser = {"kind": "person", "method": "GET", "user_agent": "Mozilla", "rules": 1, "compared": 1}
    clicks = (
        {"link_id": 1 + n % 2, "ip_hash": 1 + n % 2, "clicked_at": NOON, "tag": n, **browser} for n in range(MANY)
    )
    insert_rows(tx, Click, list(clicks))
    heard = {"channel": "pigeon", "phone": "+12125550100", "body": "ok", "provider_answered": False}
    known = [{"provider_id": f"p{n}", "handled_at": NOON if n >= DUE else None, **heard} for n in range(MANY)]
    insert_rows(tx, InboundText, [{"id": id_, **row, "received_at": NOON} for id_, row in enumerate(known, 1)])


def _owner(number: int) -> dict[str, int]:
    """All have about as many."""
    return {"member_id": 1 + number % PEOPLE, "run_id": 1 + number % PEOPLE}


def plan(database: Any, work: Any) -> str:
    """How the database answers the statements that *work* sends."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append((statement, parameters))

    def explained(tx: Any) -> str:
        event.listen(database.engine, "before_cursor_execute", note)
        try:
            work(tx)
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
        words = "EXPLAIN QUERY PLAN " if database.kind == "sqlite" else "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) "
        said = [tx.exec_driver_sql(words + statement, parameters).all() for statement, parameters in sent]
        return "\n".join(str(row[-1]) for rows in said for row in rows)

    return str(database.write(explained))


def test_the_sweep_reads_the_timers_that_are_due(filled: Any) -> None:
    """By the partial index, in its order: nothing is sorted, and what was settled long ago is not looked at."""
    said = plan(filled, lambda tx: due_timers(tx, NOON, 500))

    assert "ix_timer_due" in said
    assert "Seq Scan" not in said
    assert "SCAN timer" not in said
    assert "TEMP B-TREE" not in said
    assert "Sort" not in said
    if filled.kind == "postgresql":
        assert f"rows={DUE}" in said
        assert "Rows Removed by Filter" not in said


def test_the_look_reads_one_row_of_each_kind(filled: Any) -> None:
    """Every tick asks it."""
    said = plan(filled, look)

    for index in ("ix_timer_due", "ix_inbound_unhandled", "ix_message_ready"):
        assert index in said
    for table in ("timer", "message", "inbound_text"):
        assert f"Seq Scan on {table}" not in said
        assert f"SCAN {table}\n" not in f"{said}\n"


def test_how_much_waits_is_counted_by_partial_indexes(filled: Any) -> None:
    """What was sent and handled is not counted through."""
    said = plan(filled, queue_sizes)
    sizes = filled.read(queue_sizes)

    assert (sizes["ready"], sizes["inbound"]) == (DUE, DUE)
    assert "ix_inbound" in said
    for table in ("message", "inbound_text"):
        assert f"Seq Scan on {table}" not in said
        assert f"SCAN {table}\n" not in f"{said}\n"


@pytest.mark.parametrize("whose", [{"run_ids": {2, 3}}, {"member_ids": {2, 3}}], ids=["runs", "members"])
def test_what_is_called_off_is_found_by_its_owner(filled: Any, whose: dict[str, set[int]]) -> None:
    """Nobody's STOP, and no run's end, reads what waits for everybody else."""
    timers = plan(filled, lambda tx: cancel_timers(tx, reason="ended", now=NOON, **whose))
    texts = plan(filled, lambda tx: cancel_texts(tx, reason="ended", now=NOON, **whose))

    for said in (timers, texts):
        assert "SCAN timer" not in said
        assert "SCAN message" not in said
        assert "Seq Scan" not in said


def test_a_slot_that_was_moved_is_looked_for_among_the_runs_of_its_people(filled: Any) -> None:
    """A page that was read anew may move a hundred of them; nobody else's runs are read."""
    said = plan(filled, lambda tx: wake_waits_of_slots(tx, now=NOON, submission_ids={5, 6}, member_ids={2, 3}))

    assert "ix_run_active" in said
    for table in ("run", "timer"):
        assert f"Seq Scan on {table}" not in said
        assert f"SCAN {table}" not in said


@pytest.mark.parametrize(
    ("table", "look_up"),
    [
        ("member", lambda tx: members_by_phone(tx, {"+13015550101", "+13015550102"})),
        ("member", lambda tx: members_by_id(tx, {2, 3})),
        ("consent", lambda tx: consent_states(tx, {"+13015550101", "+13015550102"})),
        ("submission", lambda tx: submissions_by_key(tx, 1, {"1", "2"})),
        ("automation_entry", lambda tx: known_once_keys(tx, {1}, {"member:1|form:1"})),
        ("run", lambda tx: active_runs(tx, {2, 3})),
    ],
)
def test_what_a_page_asks_about_its_people_is_looked_up(filled: Any, table: str, look_up: Any) -> None:
    """One by one: how many others there are makes no difference."""
    said = plan(filled, look_up)

    assert f"SCAN {table}" not in said
    if filled.kind == "sqlite":
        assert f"SEARCH {table} USING" in said


def test_a_delivery_status_finds_its_text_by_an_index(filled: Any) -> None:
    """By our key or by the provider's."""
    said = plan(filled, lambda tx: messages_by_key(tx, {"k1"}, {"p1"}))

    assert "SCAN message" not in said
    assert "Seq Scan" not in said


def test_what_an_address_opened_before_is_not_read(filled: Any) -> None:
    """Nobody opened another link there: whoever comes back a thousand times costs one look, and no time is compared."""
    new = TakenClick(id=MANY + 1, link_id=1, kind="person", micros=to_micros(NOON), ip_hash=1)

    said = plan(filled, lambda tx: clicks_beside(tx, [new]))

    assert said.count("ix_click_ip_link") >= 2
    assert "ix_click_ip " not in f"{said} "
    assert "Seq Scan on click" not in said
    assert "SCAN c\n" not in f"{said}\n"


def test_the_fixture_has_what_it_says(filled: Any) -> None:
    """Much lies, little is due."""
    count = "SELECT count(*) FROM timer WHERE settled_at IS NULL AND due_at <= :now"
    due = filled.read(lambda tx: tx.execute(written(count), {"now": int(NOON.timestamp()) * 1_000_000}).scalar_one())

    assert due == DUE
