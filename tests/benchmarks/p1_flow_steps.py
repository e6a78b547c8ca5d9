# ruff: noqa: TID251 -- tests may lean on tests; the names are ours
"""P1: durable flow steps: greet, ask, wait for the reply, branch, set a field, add to a group, thank.

Every side keeps its state in a SQLite file and reads it again to go on. Ours does all that the product does on the way:
the member, conditions, texts in the outbox, timers and the trace.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypedDict

from ascend_core.contracts import Inbound
from ascend_core.operations.batch import Batch
from ascend_core.operations.follow_ups import finish
from ascend_core.operations.receive_messages import handle_inbound, receive_events
from ascend_core.operations.sprints import start_run
from ascend_core.runtime.system import settle_memory
from ascend_core.store.bulk import insert_rows
from ascend_core.store.database import Tx, open_database, sqlite_url
from ascend_core.store.members import members_by_id
from ascend_core.store.runs import reserve_run_ids
from ascend_core.store.schema import upgrade_schema
from ascend_core.store.tables import Consent, ConsentEntry, Member
from tests.benchmarks.harness import Aim, Benchmark, Missing, Watch
from tests.fakes.bench import NOON, Bench, phone

RUNS = 2_000
STEPS = 7
"""Of one run: greet, ask, hear, branch, set, add, thank."""
AT_ONCE = 500

FLOW = """
flow: welcome
steps:
  - send: "Hi ${member.first_name|there}! You are on the list."
  - ask: coming
    text: Are you coming?
    replies: [{match: [sure, of course]}]
    no_reply: {after: 2d}
  - branch:
      - if: member.first_name != "" && size(groups) == 0
        then:
          - set: {rsvp: confirmed}
          - add_to_groups: [Confirmed]
          - send: "Thank you, ${member.first_name|friend}!"
"""


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="p1-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _figures(runs: int, watch: Watch) -> Mapping[str, float]:
    return {
        "items": runs,
        "us_a_step": watch.wall_seconds / runs / STEPS * 1e6,
        "cpu_us_a_step": watch.cpu_seconds / runs / STEPS * 1e6,
    }


# the product


def _ascend(at_once: int, most: int = RUNS) -> Callable[[float, Watch], Mapping[str, float]]:
    def side(scale: float, watch: Watch) -> Mapping[str, float]:
        runs = max(at_once, int(most * scale))
        with _folder() as folder:
            database = open_database(sqlite_url(folder / "p1.db"))
            upgrade_schema(database)
            bench = Bench(database, folder)
            database.write(lambda tx: _people(tx, runs))
            bench.publish(FLOW)
            settle_memory()  # as a worker does when it begins
            with watch:
                for first in range(1, runs + 1, at_once):
                    ids = range(first, min(first + at_once, runs + 1))
                    database.write(lambda tx, ids=ids: _start(bench, tx, ids))  # type: ignore[misc]  # -- bound by default
            for first in range(0, runs, AT_ONCE):
                texts = [_reply(person) for person in range(first, min(first + AT_ONCE, runs))]
                receive_events(bench.core, "pigeon", texts)
            with watch:
                while handle_inbound(bench.core, at_once):
                    pass
            ended = bench.one("SELECT count(*) FROM run WHERE end_reason = 'finished'")
            texts = bench.one("SELECT count(*) FROM message")
            database.close()
        if (ended, texts) != (runs, 3 * runs):
            raise AssertionError(f"{ended} runs ended and {texts} texts were made of {runs} runs")
        return _figures(runs, watch)

    return side


def _people(tx: Tx, count: int) -> None:
    entry = {"id": 1, "phone": "all", "state": "subscribed", "source": "operator", "evidence": {}, "at": NOON}
    insert_rows(tx, ConsentEntry, [entry])
    times = {"created_at": NOON, "updated_at": NOON}
    rows = [{"id": id_, "phone": _phone(id_ - 1), "first_name": f"Ana{id_}"} for id_ in range(1, count + 1)]
    insert_rows(tx, Member, [{**row, "zones": ["America/New_York"], "fields": {}, **times} for row in rows])
    insert_rows(
        tx, Consent, [{"phone": row["phone"], "state": "subscribed", "entry_id": 1, "at": NOON} for row in rows]
    )


def _reply(person: int) -> Inbound:
    return Inbound(provider_id=f"r{person}", phone=_phone(person), body="of course!")


def _phone(person: int) -> str:
    return phone(person) if person < 1_000 else f"+1{person:010}"


def _start(bench: Bench, tx: Tx, ids: range) -> None:
    batch = Batch(bench.core, tx, bench.now)
    batch.load_members(members_by_id(tx, ids))
    version = bench.core.programs.live(tx, {"welcome"})["welcome"]
    for run_id, member_id in zip(reserve_run_ids(tx, len(ids)), ids, strict=True):
        start_run(batch, run_id=run_id, version=version, member_id=member_id)
    finish(batch)


# the floor


def _raw(at_once: int, most: int = RUNS) -> Callable[[float, Watch], Mapping[str, float]]:
    """The rows such a flow cannot do without, by hand, with the same PRAGMAs."""

    def side(scale: float, watch: Watch) -> Mapping[str, float]:
        runs = max(at_once, int(most * scale))
        with _folder() as folder:
            connection = _connect(folder / "raw.db")
            connection.executescript(
                "CREATE TABLE run(id INTEGER PRIMARY KEY, state TEXT, rsvp TEXT);"
                "CREATE TABLE message(id INTEGER PRIMARY KEY, run_id INTEGER, body TEXT);"
                "CREATE TABLE trace(id INTEGER PRIMARY KEY, run_id INTEGER, step TEXT);"
                "CREATE TABLE group_member(name TEXT, run_id INTEGER, PRIMARY KEY(name, run_id));"
            )
            with watch:
                for first in range(0, runs, at_once):
                    _raw_start(connection, range(first, min(first + at_once, runs)))
                for first in range(0, runs, at_once):
                    _raw_hear(connection, range(first, min(first + at_once, runs)))
            connection.close()
        return _figures(runs, watch)

    return side


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _raw_start(connection: sqlite3.Connection, ids: range) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO run VALUES (?, ?, NULL)", [(id_, json.dumps({"at": 1})) for id_ in ids])
    texts = [(id_, body) for id_ in ids for body in (f"Hi Ana{id_}! You are on the list.", "Are you coming?")]
    connection.executemany("INSERT INTO message(run_id, body) VALUES (?, ?)", texts)
    connection.executemany("INSERT INTO trace(run_id, step) VALUES (?, ?)", [(i, s) for i in ids for s in ("0", "1")])
    connection.execute("COMMIT")


def _raw_hear(connection: sqlite3.Connection, ids: range) -> None:
    connection.execute("BEGIN IMMEDIATE")
    query = "SELECT id, state FROM run WHERE id BETWEEN ? AND ?"
    found = [id_ for id_, state in connection.execute(query, (ids[0], ids[-1])) if json.loads(state)["at"] == 1]
    done = [(json.dumps({"at": None}), "confirmed", id_) for id_ in found]
    connection.executemany("UPDATE run SET state = ?, rsvp = ? WHERE id = ?", done)
    connection.executemany("INSERT INTO group_member VALUES ('Confirmed', ?)", [(id_,) for id_ in found])
    texts = [(id_, f"Thank you, Ana{id_}!") for id_ in found]
    connection.executemany("INSERT INTO message(run_id, body) VALUES (?, ?)", texts)
    lines = [(id_, step) for id_ in found for step in ("1", "2", "2.0", "2.1", "2.2")]
    connection.executemany("INSERT INTO trace(run_id, step) VALUES (?, ?)", lines)
    connection.execute("COMMIT")


# others


class State(TypedDict, total=False):
    """What the others' graphs carry."""

    name: str
    reply: str
    rsvp: str
    groups: list[str]
    texts: list[str]


def _langgraph(durability: str) -> Callable[[float, Watch], Mapping[str, float]]:
    def side(scale: float, watch: Watch) -> Mapping[str, float]:
        try:
            from langgraph.checkpoint.sqlite import SqliteSaver
            from langgraph.graph import END, START, StateGraph
            from langgraph.types import Command, interrupt
        except ImportError as error:
            raise Missing(f"langgraph-checkpoint-sqlite is not installed ({error})") from error

        graph = StateGraph(State)
        graph.add_node("greet", lambda state: {"texts": [f"Hi {state['name']}! You are on the list."]})
        graph.add_node("ask", lambda state: {"texts": [*state["texts"], "Are you coming?"]})
        graph.add_node("hear", lambda _state: {"reply": interrupt("reply")})
        graph.add_node("set", lambda _state: {"rsvp": "confirmed"})
        graph.add_node("add", lambda _state: {"groups": ["Confirmed"]})
        graph.add_node("thank", lambda state: {"texts": [*state["texts"], f"Thank you, {state['name']}!"]})
        for one, next_ in ((START, "greet"), ("greet", "ask"), ("ask", "hear"), ("set", "add"), ("add", "thank")):
            graph.add_edge(one, next_)
        graph.add_conditional_edges("hear", lambda state: "set" if "course" in state["reply"] else END)
        graph.add_edge("thank", END)
        runs = max(1, int(RUNS * scale / 10))
        with _folder() as folder:
            connection = _connect(folder / "langgraph.db")
            saver = SqliteSaver(connection)
            saver.setup()
            app = graph.compile(checkpointer=saver)
            with watch:
                for run in range(runs):
                    app.invoke({"name": f"Ana{run}"}, _thread(run), durability=durability)
                for run in range(runs):
                    done = app.invoke(Command(resume="of course!"), _thread(run), durability=durability)
            connection.close()
        if len(done["texts"]) != 3:
            raise AssertionError(done)
        return _figures(runs, watch)

    return side


def _thread(run: int) -> Any:
    return {"configurable": {"thread_id": str(run)}}


def burr(scale: float, watch: Watch) -> Mapping[str, float]:
    """Apache Burr with its SQLite persister, which saves after every action."""
    try:
        from burr.core import ApplicationBuilder, action, default, expr
        from burr.core.persistence import SQLLitePersister
    except ImportError as error:
        raise Missing(f"burr is not installed ({error})") from error

    def step(reads: list[str], writes: list[str], work: Callable[[Any], dict[str, Any]]) -> Any:
        @action(reads=reads, writes=writes)
        def run(state: Any) -> Any:
            return state.update(**work(state))

        return run

    @action(reads=[], writes=["reply"])
    def hear(state: Any, reply: str) -> Any:
        return state.update(reply=reply)

    actions = {
        "greet": step(["name"], ["texts"], lambda state: {"texts": [f"Hi {state['name']}! You are on the list."]}),
        "ask": step(["texts"], ["texts"], lambda state: {"texts": [*state["texts"], "Are you coming?"]}),
        "hear": hear,
        "set": step([], ["rsvp"], lambda _state: {"rsvp": "confirmed"}),
        "add": step([], ["groups"], lambda _state: {"groups": ["Confirmed"]}),
        "thank": step(["texts"], ["texts"], lambda state: {"texts": [*state["texts"], "Thank you!"]}),
        "done": step([], [], lambda _state: {}),
    }

    def app(persister: Any, run: int) -> Any:
        return (
            ApplicationBuilder()
            .with_actions(**actions)
            .with_transitions(
                ("greet", "ask"), ("ask", "hear"), ("hear", "set", expr("'course' in reply")),
                ("hear", "done", default), ("set", "add"), ("add", "thank"),
            )
            .initialize_from(
                persister, resume_at_next_action=True, default_state={"name": f"Ana{run}"}, default_entrypoint="greet"
            )
            .with_state_persister(persister)
            .with_identifiers(app_id=str(run), partition_key="p1")
            .build()
        )  # fmt: skip

    runs = max(1, int(RUNS * scale / 10))
    with _folder() as folder:
        persister = SQLLitePersister(str(folder / "burr.db"), "state")
        persister.initialize()
        persister.connection.execute("PRAGMA journal_mode=WAL")
        persister.connection.execute("PRAGMA synchronous=NORMAL")
        with watch:
            for run in range(runs):
                app(persister, run).run(halt_after=["ask"])
            for run in range(runs):
                _, _, state = app(persister, run).run(halt_after=["thank", "done"], inputs={"reply": "of course!"})
        persister.connection.close()
    if len(state["texts"]) != 3:
        raise AssertionError(state)
    return _figures(runs, watch)


def dbos(scale: float, watch: Watch) -> Mapping[str, float]:
    """DBOS Transact on SQLite: a workflow of steps that waits for a message."""
    try:
        from dbos import DBOS
    except ImportError as error:
        raise Missing(f"dbos is not installed ({error})") from error

    runs = max(1, int(RUNS * scale / 20))
    with _folder() as folder:
        config: Any = {
            "name": "p1-bench", "system_database_url": f"sqlite:///{folder / 'dbos.db'}", "run_admin_server": False,
            "log_level": "ERROR",
        }  # fmt: skip
        DBOS(config=config)

        @DBOS.step()
        def say(text: str) -> str:
            return text

        @DBOS.workflow()
        def welcome(name: str) -> list[str]:
            texts = [say(f"Hi {name}! You are on the list."), say("Are you coming?")]
            reply = DBOS.recv("reply", timeout_seconds=60)
            if reply is not None and "course" in reply:
                texts += [say("set rsvp"), say("add Confirmed"), say(f"Thank you, {name}!")]
            return texts

        DBOS.launch()
        try:
            with watch:
                handles = [DBOS.start_workflow(welcome, f"Ana{run}") for run in range(runs)]
                for handle in handles:
                    DBOS.send(handle.workflow_id, "of course!", topic="reply")
                results = [handle.get_result() for handle in handles]
        finally:
            DBOS.destroy()
    if any(len(result) != 5 for result in results):
        raise AssertionError("a workflow did not end")
    return _figures(runs, watch)


BENCHMARK = Benchmark(
    id="P1",
    title="durable flow steps, state read again from SQLite to go on; microseconds a step",
    sides={
        "ascend, 500 a commit": _ascend(AT_ONCE),
        "ascend, 1 a commit": _ascend(1, RUNS // 10),
        "sqlite3, 500 a commit": _raw(AT_ONCE),
        "LangGraph, sync": _langgraph("sync"),
        "LangGraph, exit": _langgraph("exit"),
        "Burr": burr,
        "DBOS": dbos,
    },
    aims=(
        Aim(what="CPU µs a step, in batches", side="ascend, 500 a commit", figure="cpu_us_a_step", at_most=60),
        Aim(
            what="times LangGraph (exit), both one run a commit",
            side="LangGraph, exit",
            against="ascend, 1 a commit",
            figure="us_a_step",
            at_least=20,
        ),
        Aim(
            what="times LangGraph (sync), which commits each step, ours in batches",
            side="LangGraph, sync",
            against="ascend, 500 a commit",
            figure="us_a_step",
            at_least=20,
        ),
        Aim(what="times Burr", side="Burr", against="ascend, 500 a commit", figure="us_a_step", at_least=5),
        Aim(
            what="of raw sqlite3, in batches",
            side="ascend, 500 a commit",
            against="sqlite3, 500 a commit",
            figure="us_a_step",
            at_most=4,
        ),
    ),
)
