# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Laws of a broadcast: wherever it is interrupted, paused or raced, the same people get it, each once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ascend_core.operations import fan_out
from ascend_core.operations.broadcasts import make_broadcast, pause_broadcast, resume_broadcast
from ascend_core.operations.fan_out import advance_broadcasts
from ascend_core.operations.import_members import import_members
from ascend_core.store.bulk import insert_rows
from ascend_core.store.database import Database
from ascend_core.store.tables import Consent, ConsentEntry, GroupMember, Member, MemberGroup
from tests.fakes.bench import Bench, phone

FEW = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
PEOPLE = 24
TEXT = "{broadcast: %s, to: [A, B], except: [C], send: 'Hi ${member.first_name|there}'}"
FLOW = "{flow: hello, steps: [{send: Hi}]}"
RUN = "{broadcast: %s, to: [A, B], except: [C], run: hello}"

memberships = st.lists(st.sets(st.sampled_from("ABC")), min_size=PEOPLE, max_size=PEOPLE)
disturbances = st.lists(st.sampled_from(["die", "pause", "step"]), max_size=8)


class Death(BaseException):
    """The process is gone."""


def fill(bench: Bench, groups_of: list[set[str]]) -> set[str]:
    """People in these groups; who of them is to get it."""
    for groups in {frozenset(groups) for groups in groups_of}:
        rows = [{"phone": phone(person), "first_name": "Ana"} for person, in_ in enumerate(groups_of) if in_ == groups]
        import_members(bench.core, rows, proof="a sheet", groups=sorted(groups))
    import_members(bench.core, [{"phone": phone(99)}], proof="a sheet", groups=["A", "B", "C"])
    return {phone(person) for person, groups in enumerate(groups_of) if groups & {"A", "B"} and "C" not in groups}


def empty(bench: Bench) -> None:
    """Nothing is left of the example before."""
    tables = "link message trace_line timer run broadcast_group broadcast group_member member_group consent"

    def work(tx: Any) -> None:
        for table in [*tables.split(), "consent_entry", "member"]:
            tx.exec_driver_sql(f"DELETE FROM {table}")

    bench.core.database.write(work)


@pytest.mark.parametrize("document", [TEXT, RUN])
@FEW
@given(groups_of=memberships, chunk=st.integers(1, 7), disturbed=disturbances)
def test_interrupted_anywhere_it_reaches_the_same_people_once(
    bench: Bench, document: str, groups_of: list[set[str]], chunk: int, disturbed: list[str]
) -> None:
    """A death before a commit takes the chunk and its cursor along; a pause loses nothing."""
    empty(bench)
    wanted = fill(bench, groups_of)
    bench.publish(FLOW)
    make_broadcast(bench.core, document % "June", file="b.yaml")
    ahead = chunk
    for what in [*disturbed, *["step"] * 2 * PEOPLE]:
        if what == "die":
            with pytest.raises(Death):
                _die_in(bench, ahead)
        elif what == "pause" and bench.one("SELECT state FROM broadcast") in ("scheduled", "sending"):
            pause_broadcast(bench.core, "June")
            assert advance_broadcasts(bench.core, ahead=ahead) == 0
            resume_broadcast(bench.core, "June")
        else:
            advance_broadcasts(bench.core, ahead=ahead)
            ahead += chunk

    assert sorted(bench.column("SELECT phone FROM message")) == sorted(wanted)
    assert bench.one("SELECT queued_at IS NOT NULL FROM broadcast")


def _die_in(bench: Bench, ahead: int) -> None:
    """A step that is over but for its commit, when the process dies."""

    class Dying(Database):
        def write(self, work: Callable[[Any], Any]) -> Any:
            def die(tx: Any) -> None:
                work(tx)
                raise Death

            return super().write(die)

    core = attrs.evolve(bench.core, database=Dying(bench.core.database.engine))
    advance_broadcasts(core, ahead=ahead)
    raise Death  # it had nothing left to do


WORKER = """
    import sys
    from pathlib import Path
    from ascend_core.operations.fan_out import advance_broadcasts
    from ascend_core.store.database import open_database
    from tests.fakes.bench import Bench
    bench = Bench(open_database(sys.argv[1]), Path(sys.argv[2]), seed=sys.argv[3])
    print("working", flush=True)
    while advance_broadcasts(bench.core, ahead=None):
        print("chunk", flush=True)
"""


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("what", ["send: 'Hi ${member.first_name|there}'", "run: hello"])
def test_killed_again_and_again_nobody_is_doubled(bench: Bench, tmp_path: Path, what: str) -> None:
    """A real process, killed in the middle of a chunk each time, until the last one is let go on to the end."""
    runs = what.startswith("run")
    members = 4 * (fan_out.RUNS_A_CHUNK if runs else fan_out.TEXTS_A_CHUNK)
    _many(bench, members)
    bench.publish(FLOW)
    make_broadcast(bench.core, f"{{broadcast: June, to: [A], {what}}}", file="b.yaml")
    url = bench.core.database.engine.url.render_as_string(hide_password=False)
    for round_ in range(4):
        arguments = [sys.executable, "-c", dedent(WORKER), url, str(tmp_path), str(round_)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout is not None
            lines = [worker.stdout.readline() for _ in range(1 + round_ % 2)]
            assert lines[0] == "working\n"
            if round_ < 3:
                worker.kill()
            worker.wait()

    assert bench.one("SELECT count(*) FROM message") == members
    assert bench.one("SELECT count(DISTINCT member_id) FROM message") == members
    assert bench.one("SELECT count(*) FROM run") == (members if runs else 0)
    assert bench.rows("SELECT queued, queued_at IS NOT NULL FROM broadcast") == [(members, 1)]


def _many(bench: Bench, members: int) -> None:
    people = [{"phone": f"+1{2_120_000_000 + number}"} for number in range(members)]
    now = bench.now

    def work(tx: Any) -> None:
        insert_rows(tx, MemberGroup, [{"id": 1, "name": "A", "kind": "manual", "created_at": now}])
        entry = {"id": 1, "phone": "x", "state": "subscribed", "source": "operator", "evidence": {}, "at": now}
        insert_rows(tx, ConsentEntry, [entry])
        rest = {"zones": [], "fields": {}, "created_at": now, "updated_at": now}
        insert_rows(tx, Member, [{"id": id_, **person, **rest} for id_, person in enumerate(people, 1)])
        insert_rows(tx, Consent, [{**person, "state": "subscribed", "entry_id": 1, "at": now} for person in people])
        insert_rows(tx, GroupMember, [{"group_id": 1, "member_id": id_ + 1, "added_at": now} for id_ in range(members)])

    bench.core.database.write(work)
