# ruff: noqa: TID251 -- tests may lean on tests; the names are ours
"""P4: a million nudges armed, ten thousand of them due: a sweep costs what is due, not what waits."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from ascend_core.operations.fire_timers import fire_timers
from ascend_core.operations.publish import publish_flow
from ascend_core.runtime.system import settle_memory
from ascend_core.store.bulk import insert_rows
from ascend_core.store.database import Database, Tx, open_database, sqlite_url
from ascend_core.store.schema import upgrade_schema
from ascend_core.store.tables import Consent, ConsentEntry, Link, Member, Message, Run, Timer, Url
from tests.benchmarks.harness import Aim, Benchmark, Watch
from tests.fakes.bench import NOON, Bench

ARMED = 1_000_000
DUE = 10_000
FILLED_AT_ONCE = 10_000

FLOW = """
flow: invite
steps:
  - send: "Hi! ${link.form} STOP to leave."
    links: {form: {url: "https://box.example.org/f0", track: box}}
    nudges:
      - {nudge: no_link_click, link: form, after: 1d, text: "Still there? ${link.form} Tell us."}
"""
ENDED = {"position": None, "waiting": False, "hears_replies": False, "sprint": 1, "memory": {}, "ended": "finished"}


@lru_cache(maxsize=4)
def _model(armed: int, due: int) -> Path:
    """A file with that many members, each with a finished run, a text, a link and an armed nudge; made once.

    *due* of the nudges, spread over the members, are due at noon; the others within a month after.
    """
    folder = Path(mkdtemp(prefix="p4-"))
    path = folder / "model.db"
    database = open_database(sqlite_url(path))
    upgrade_schema(database)
    bench = Bench(database, folder)
    publish_flow(bench.core, FLOW, file="invite.yaml")

    def head(tx: Tx) -> None:
        entry = {"id": 1, "phone": "all", "state": "subscribed", "source": "operator", "evidence": {}, "at": NOON}
        insert_rows(tx, ConsentEntry, [entry])
        insert_rows(tx, Url, [{"id": 1, "target": "https://box.example.org/f0", "tracker": "box", "form_id": None}])

    database.write(head)
    every = max(1, armed // max(1, due))
    for first in range(1, armed + 1, FILLED_AT_ONCE):
        ids = range(first, min(first + FILLED_AT_ONCE, armed + 1))
        database.write(lambda tx, ids=ids: _fill(tx, ids, every))  # type: ignore[misc]  # -- bound by default
    database.write(_count_on)
    database.close()
    return path


def _fill(tx: Tx, ids: range, every: int) -> None:
    began = NOON - timedelta(days=1)
    times = {"created_at": began, "updated_at": began}
    phones = {id_: f"+1212{id_:07}" for id_ in ids}
    member = {"zones": ["America/New_York"], "fields": {}, **times}
    insert_rows(tx, Member, [{"id": id_, "phone": phones[id_], **member} for id_ in ids])
    consent = {"state": "subscribed", "entry_id": 1, "at": began}
    insert_rows(tx, Consent, [{"phone": phones[id_], **consent} for id_ in ids])
    run = {"flow_id": 1, "version_id": 1, "state": ENDED, "started_at": began, "ended_at": began}
    insert_rows(tx, Run, [{"id": id_, "member_id": id_, "end_reason": "finished", **run} for id_ in ids])
    message = {
        "flow_id": 1,
        "version_id": 1,
        "step": "0",
        "purpose": 2,
        "body": "Hi!",
        "quiet_hours": {},
        "attempts": 1,
    }
    sent = {"state": "delivered", "due_at": began, "created_at": began, "claimed_at": began, "sent_at": began}
    texts = [
        {"id": id_, "key": f"k{id_}", "intent": f"run:{id_}:1:0", "member_id": id_, "phone": phones[id_], "run_id": id_}
        for id_ in ids
    ]
    insert_rows(tx, Message, [{**text, **message, **sent} for text in texts])
    link = {"name": "form", "url_id": 1, "location": "https://box.example.org/f0", "created_at": began}
    counts = {"person_clicks": 0, "machine_clicks": 0}
    own = [{"id": id_, "code": f"c{id_}", "token": f"t{id_}", "message_id": id_, "member_id": id_} for id_ in ids]
    insert_rows(tx, Link, [{**each, "run_id": each["id"], **link, **counts} for each in own])
    timer = {"kind": "nudge", "sprint": 1, "step": "0", "nudge_index": 0, "nudge_type": "no_link_click"}
    insert_rows(
        tx,
        Timer,
        [
            {
                "id": id_,
                "run_id": id_,
                "member_id": id_,
                "reached_at": began,
                "due_at": NOON if id_ % every == 0 else NOON + timedelta(minutes=1 + id_ % 43_200),
                **timer,
            }
            for id_ in ids
        ],
    )


def _count_on(tx: Tx) -> None:
    """New rows get ids behind those that were written past the counter."""
    for table in ("member", "run", "message", "link", "timer", "url"):
        tx.exec_driver_sql(
            f"INSERT INTO id_counter(name, next_id) SELECT '{table}', coalesce(max(id), 0) + 1 FROM {table} WHERE true "
            "ON CONFLICT(name) DO UPDATE SET next_id = excluded.next_id"
        )


def _sweep(armed: int, due: int, watch: Watch) -> Mapping[str, float]:
    folder = Path(mkdtemp(prefix="p4-"))
    shutil.copy(_model(armed, due), folder / "round.db")
    database: Database = open_database(sqlite_url(folder / "round.db"))
    bench: Any = Bench(database, folder)
    waited = bench.one("SELECT count(*) FROM timer WHERE due_at <= :now", now=int(NOON.timestamp()) * 1_000_000)
    settle_memory()  # as a worker does when it begins
    with watch:
        while fire_timers(bench.core):
            pass
    sent = bench.one("SELECT count(*) FROM timer WHERE outcome = 'sent'")
    left = bench.one("SELECT count(*) FROM timer WHERE settled_at IS NULL")
    database.close()
    shutil.rmtree(folder)
    if (sent, left) != (waited, armed - waited):
        raise AssertionError(f"{sent} of {waited} nudges were sent, {left} are left of {armed}")
    return {"items": sent, "armed": armed, "per_second": sent / watch.wall_seconds}


def many(scale: float, watch: Watch) -> Mapping[str, float]:
    """A million armed, ten thousand due."""
    return _sweep(int(ARMED * scale), int(DUE * scale), watch)


def few(scale: float, watch: Watch) -> Mapping[str, float]:
    """Ten thousand armed, all of them due."""
    return _sweep(int(DUE * scale), int(DUE * scale), watch)


BENCHMARK = Benchmark(
    id="P4",
    title="10,000 nudges due: of 1,000,000 armed, against of 10,000 armed",
    sides={"1,000,000 armed": many, "10,000 armed": few},
    aims=(Aim(what="time, against 10,000 armed", side="1,000,000 armed", against="10,000 armed", at_most=1.5),),
    rounds=3,
)
