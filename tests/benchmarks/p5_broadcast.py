# ruff: noqa: TID251 -- tests may lean on tests; the names are ours
"""P5: a broadcast to a million members: every text with a name and a link of its own, queued; or a flow started."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import attrs

from ascend_core.operations.broadcasts import make_broadcast
from ascend_core.operations.fan_out import TEXTS_A_CHUNK, advance_broadcasts
from ascend_core.runtime.system import SystemRandomness
from ascend_core.store.bulk import insert_rows, table_of
from ascend_core.store.database import Database, Tx, open_database, sqlite_url
from ascend_core.store.schema import upgrade_schema
from ascend_core.store.tables import Consent, ConsentEntry, GroupMember, Link, Member, MemberGroup, Message, Url
from ascend_core.store.types import to_micros
from tests.benchmarks.harness import Aim, Benchmark, Watch
from tests.fakes.bench import NOON, Bench

MEMBERS = 1_000_000
FILLED_AT_ONCE = 10_000
RAW_URL = 1_000_000
"""The id of the place that the raw side's links lead to."""

DOCUMENT = """
broadcast: June
to: [June]
send: "Hi ${member.first_name|there}! We need you on Saturday: ${link.shift} Reply STOP to opt out."
links: {shift: {url: "https://shifts.example.org/june", track: box}}
"""


FLOW = """
flow: june
steps:
  - send: "Hi ${member.first_name|there}! We need you on Saturday: ${link.shift} Reply STOP to opt out."
    links: {shift: {url: "https://shifts.example.org/june", track: box}}
"""
STARTS = "{broadcast: June, to: [June], run: june}"


FLOW_PART = 0.1
"""Starting a flow for everybody writes a run and its trace besides: a tenth of the members is enough to measure it."""


@lru_cache(maxsize=2)
def _model(members: int) -> Path:
    """A file with that many members of one group, all subscribed; made once."""
    path = Path(mkdtemp(prefix="p5-")) / "model.db"
    database = open_database(sqlite_url(path))
    upgrade_schema(database)

    def head(tx: Tx) -> None:
        insert_rows(tx, MemberGroup, [{"id": 1, "name": "June", "kind": "manual", "created_at": NOON}])
        entry = {"id": 1, "phone": "all", "state": "subscribed", "source": "operator", "evidence": {}, "at": NOON}
        insert_rows(tx, ConsentEntry, [entry])
        # of the links that the raw side writes
        insert_rows(tx, Url, [{"id": RAW_URL, "target": "https://raw.example.org", "tracker": "", "form_id": None}])

    database.write(head)
    for first in range(1, members + 1, FILLED_AT_ONCE):
        ids = range(first, min(first + FILLED_AT_ONCE, members + 1))
        database.write(lambda tx, ids=ids: _fill(tx, ids))  # type: ignore[misc]  # -- bound by default
    database.close()
    return path


def _fill(tx: Tx, ids: range) -> None:
    times = {"created_at": NOON, "updated_at": NOON}
    named = [{"id": id_, "phone": _phone(id_), "first_name": f"Ana{id_}"} for id_ in ids]
    insert_rows(tx, Member, [{**row, "zones": ["America/New_York"], "fields": {}, **times} for row in named])
    consent = {"state": "subscribed", "entry_id": 1, "at": NOON}
    insert_rows(tx, Consent, [{"phone": _phone(id_), **consent} for id_ in ids])
    insert_rows(tx, GroupMember, [{"group_id": 1, "member_id": id_, "added_at": NOON} for id_ in ids])


def _phone(id_: int) -> str:
    return f"+1{id_:010}"


def _copy(members: int) -> tuple[Database, Path]:
    folder = Path(mkdtemp(prefix="p5-"))
    shutil.copy(_model(members), folder / "round.db")
    return open_database(sqlite_url(folder / "round.db")), folder


def ascend(scale: float, watch: Watch) -> Mapping[str, float]:
    """The product's fan-out, to the end, nothing sent meanwhile."""
    return _fan_out(DOCUMENT, scale, watch)


def flow(scale: float, watch: Watch) -> Mapping[str, float]:
    """The same text, said by a flow: a run with its trace for each member besides; for a tenth of the members."""
    return _fan_out(STARTS, FLOW_PART * scale, watch)


def _fan_out(document: str, scale: float, watch: Watch) -> Mapping[str, float]:
    members = int(MEMBERS * scale)
    database, folder = _copy(members)
    bench = Bench(database, folder)
    bench.publish(FLOW)
    core = attrs.evolve(bench.core, randomness=SystemRandomness())
    make_broadcast(core, document, file="june.yaml")
    advance_broadcasts(core, ahead=None)
    chunks, resident = 0, []
    with watch:
        while not bench.one("SELECT queued_at IS NOT NULL FROM broadcast"):
            advance_broadcasts(core, ahead=None)
            chunks += 1
            resident.append(_resident_mib())
    made = bench.one("SELECT count(DISTINCT member_id) FROM message")
    links = bench.one("SELECT count(*) FROM link")
    database.close()
    shutil.rmtree(folder)
    if (made, links) != (members, members):
        raise AssertionError(f"{made} texts and {links} links for {members} members")
    settled = resident[len(resident) // 10]
    return {"items": members, "per_second": members / watch.wall_seconds, "growth_mib": max(resident) - settled}


def raw(scale: float, watch: Watch) -> Mapping[str, float]:
    """The same rows by ``executemany``, ready made, as many a transaction, with the same PRAGMAs and indexes."""
    members = int(MEMBERS * scale)
    database, folder = _copy(members)
    connection: Any = database.engine.raw_connection().driver_connection
    for first in range(1, members + 1, TEXTS_A_CHUNK):
        ids = range(first, min(first + TEXTS_A_CHUNK, members + 1))
        messages, links = list(_messages(ids)), list(_links(ids))
        with watch:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_insert(Message), messages)
            connection.executemany(_insert(Link), links)
            connection.execute("COMMIT")
    connection.close()
    database.close()
    shutil.rmtree(folder)
    return {"items": members, "per_second": members / watch.wall_seconds}


def _insert(row_type: Any) -> str:
    names = [column.name for column in table_of(row_type).columns]
    return f"INSERT INTO {table_of(row_type).name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


def _in_order(row_type: Any, row: Mapping[str, Any]) -> tuple[Any, ...]:
    """The values of *row* by column; 0 where there must be one."""
    return tuple(row.get(each.name, None if each.nullable else 0) for each in table_of(row_type).columns)


def _messages(ids: range) -> Iterator[tuple[Any, ...]]:
    chance, now = SystemRandomness(), to_micros(NOON)
    known = {"purpose": 3, "quiet_hours": "{}", "state": "ready", "attempts": 0, "due_at": now, "created_at": now}
    known["expires_at"] = now + to_micros(datetime(1970, 1, 2, tzinfo=UTC))
    for id_ in ids:
        row = {
            **known,
            "id": id_,
            "key": chance.token(11, "abcdefghijkmnpqrstuvwxyz"),
            "intent": f"broadcast:1:{id_}",
            "member_id": id_,
            "phone": _phone(id_),
            "body": f"Hi Ana{id_}! We need you on Saturday: https://go.example.org/{id_:09} Reply STOP to opt out.",
        }
        yield _in_order(Message, row)


def _links(ids: range) -> Iterator[tuple[Any, ...]]:
    chance, now = SystemRandomness(), to_micros(NOON)
    for id_ in ids:
        token = chance.token(11, "abcdefghijkmnpqrstuvwxyz")
        row = {
            "id": id_,
            "code": chance.token(9, "abcdefghijkmnpqrstuvwxyz"),
            "token": token,
            "name": "shift",
            "message_id": id_,
            "member_id": id_,
            "url_id": RAW_URL,
            "location": f"https://shifts.example.org/june?utm_medium=sms&utm_content={token}&utm_campaign={token}",
            "created_at": now,
            "person_clicks": 0,
            "machine_clicks": 0,
        }
        yield _in_order(Link, row)


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


BENCHMARK = Benchmark(
    id="P5",
    title="a broadcast to 1,000,000 members: queue every text with its own link",
    sides={"ascend": ascend, "ascend, a flow": flow, "raw executemany": raw},
    aims=(
        Aim(
            what="texts a second, part of raw",
            side="ascend",
            against="raw executemany",
            figure="per_second",
            at_least=0.3,
        ),
        Aim(what="memory that a broadcast adds, MiB", side="ascend", figure="growth_mib", at_most=16),
        Aim(what="memory that starting a flow adds, MiB", side="ascend, a flow", figure="growth_mib", at_most=16),
    ),
    rounds=2,
    warmup=False,
)
