# ruff: noqa: TID251 -- tests may lean on tests; the names are ours
"""P6: the report of a million messages, read from counters, and the same of a thousand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

from ascend_core.operations.check_report import mend_report
from ascend_core.operations.report import click_report
from ascend_core.store.bulk import insert_rows
from ascend_core.store.database import Tx, open_database, sqlite_url
from ascend_core.store.schema import upgrade_schema
from ascend_core.store.tables import Flow, FlowVersion, Link, Member, Message, Url
from tests.benchmarks.harness import Aim, Benchmark, Watch
from tests.fakes.bench import NOON, Bench

MANY, FEW = 1_000_000, 1_000
FLOWS = 5
DAYS = 30
FILLED_AT_ONCE = 10_000
REPORTS = 50


@lru_cache(maxsize=2)
def _sent(messages: int) -> Bench:
    """A database in which so many members got a text with a link, over a month; one in three tapped it."""
    folder = Path(mkdtemp(prefix="p6-"))
    database = open_database(sqlite_url(folder / "report.db"))
    upgrade_schema(database)
    bench = Bench(database, folder)
    database.write(_head)
    for first in range(1, messages + 1, FILLED_AT_ONCE):
        ids = range(first, min(first + FILLED_AT_ONCE, messages + 1))
        database.write(lambda tx, ids=ids: _fill(tx, ids))  # type: ignore[misc]  # -- bound by default
    mend_report(bench.core)
    return bench


def _head(tx: Tx) -> None:
    flows = range(1, FLOWS + 1)
    flow = {"created_at": NOON}
    insert_rows(tx, Flow, [{"id": id_, "name": f"flow {id_}", "live_version_id": id_, **flow} for id_ in flows])
    version = {"number": 1, "source": "", "published_at": NOON}
    insert_rows(tx, FlowVersion, [{"id": id_, "flow_id": id_, "digest": f"d{id_}", **version} for id_ in flows])
    insert_rows(tx, Url, [{"id": id_, "target": f"https://box.example.org/{id_}", "tracker": "box"} for id_ in flows])


def _fill(tx: Tx, ids: range) -> None:
    member = {"zones": [], "fields": {}, "created_at": NOON, "updated_at": NOON}
    insert_rows(tx, Member, [{"id": id_, "phone": f"+1{id_:010}", **member} for id_ in ids])
    message = {"purpose": 30, "body": "", "quiet_hours": {}, "state": "sent", "attempts": 1, "phone": ""}
    insert_rows(
        tx,
        Message,
        [
            {
                "id": id_,
                "key": f"k{id_}",
                "intent": f"i{id_}",
                "member_id": id_,
                "flow_id": id_ % FLOWS + 1,
                "version_id": id_ % FLOWS + 1,
                **message,
                **dict.fromkeys(("due_at", "created_at", "sent_at"), NOON + timedelta(days=id_ % DAYS)),
            }
            for id_ in ids
        ],
    )
    link = {"name": "form", "location": "", "created_at": NOON, "machine_clicks": 0}
    insert_rows(
        tx,
        Link,
        [
            {
                "id": id_,
                "code": f"c{id_}",
                "token": f"t{id_}",
                "message_id": id_,
                "member_id": id_,
                "url_id": id_ % FLOWS + 1,
                "person_clicks": 0,
                **link,
            }
            for id_ in ids
        ],
    )


def _read(messages: int, watch: Watch) -> Mapping[str, float]:
    bench = _sent(messages)
    with bench.counted() as statements:
        for per in (None, "day", "url"):
            lines = click_report(bench.core, per=per)  # type: ignore[arg-type]  # -- one of the three
            if sum(line.messages for line in lines) != messages:
                raise AssertionError("the report does not add up")
    with watch:
        for _ in range(REPORTS):
            click_report(bench.core)
            click_report(bench.core, per="day")
    return {"items": messages, "queries": len([each for each in statements if each.startswith("SELECT")]) / 3}


def many(scale: float, watch: Watch) -> Mapping[str, float]:
    """Of a million."""
    return _read(max(FEW, int(MANY * scale)), watch)


def few(scale: float, watch: Watch) -> Mapping[str, float]:
    """Of a thousand, whatever the scale."""
    return _read(FEW, watch)


BENCHMARK = Benchmark(
    id="P6",
    title="the report of 1,000,000 messages, whole and by day",
    sides={"many": many, "few": few},
    aims=(
        Aim(what="of the time for 1,000 messages", side="many", against="few", at_most=1.5),
        Aim(what="queries a report", side="many", figure="queries", at_most=5),
    ),
    rounds=5,
)
