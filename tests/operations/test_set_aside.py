"""Something breaks on one run: that one is set aside with a reason, and everybody else of its batch goes on."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ascend_core.calls.call import Called
from ascend_core.contracts import BotActionType, NotOwed, NudgeType, NudgeView, Outcome, Owed, SetFields, StepView
from ascend_core.errors import DatabaseProblem
from ascend_core.operations.broadcasts import make_broadcast
from ascend_core.operations.fan_out import advance_broadcasts
from ascend_core.operations.fire_timers import fire_timers
from ascend_core.operations.programs import Programs
from ascend_core.operations.receive_messages import handle_inbound
from ascend_core.operations.summary import summarize
from ascend_core.operations.timeline import run_timeline
from ascend_core.store.inbox import open_conversations

ODD = {"Ana3", "Ana7"}


@frozen
class NoParams:
    """Nothing to write."""


def puzzle(view: StepView, params: NoParams, /) -> Outcome:
    """A plugin's bug that no look at its answer finds: a value that cannot be stored, for some people."""
    value = object() if view.member.fields["first_name"] in ODD else "fine"
    return Outcome(effects=[SetFields(values={"puzzle": value})])  # type: ignore[dict-item]  # -- the bug


def odd_nudge(view: NudgeView, /) -> Owed | NotOwed:
    """A nudge that breaks for whoever opened the link."""
    if view.clicked_at is not None:
        raise ZeroDivisionError("somebody's name")
    return Owed()


@pytest.fixture
def odd(bench: Any) -> Any:
    """The bench with a plugin that has bugs."""
    registry = bench.core.registry
    action = BotActionType(name="puzzle", label="Puzzle", params=NoParams, run=puzzle)
    nudge = NudgeType(name="odd", label="Odd", still_owed=odd_nudge, needs_link=True)
    registry = attrs.evolve(
        registry, actions={**registry.actions, "puzzle": action}, nudges={**registry.nudges, "odd": nudge}
    )
    bench.core = attrs.evolve(bench.core, registry=registry, programs=Programs(registry))
    return bench


WAITS = 'flow: welcome\nsteps: [{wait: 1h}, {puzzle: }, {send: "Hi ${member.first_name|}"}]'
ASKS = 'flow: welcome\nsteps: [{ask: ok, text: "Ok?", replies: [{match: [sure], then: [{puzzle: }, {send: "Great"}]}]}]'


def ends(bench: Any) -> dict[str, str | None]:
    """How each member's run ended."""
    query = "SELECT m.first_name, r.end_reason FROM run r JOIN member m ON m.id = r.member_id"
    return dict(bench.rows(query))


def trace(bench: Any, name: str) -> list[tuple[str, dict[str, Any]]]:
    """The trace of a member's run."""
    query = (
        "SELECT t.kind, t.detail FROM trace_line t JOIN run r ON r.id = t.run_id JOIN member m ON m.id = r.member_id"
    )
    found = bench.rows(f"{query} WHERE m.first_name = :name ORDER BY t.id", name=name)
    return [(kind, plain(detail)) for kind, detail in found]


def plain(detail: Any) -> dict[str, Any]:
    """A document as it was stored."""
    return json.loads(detail) if isinstance(detail, str) else detail


def test_a_run_that_breaks_when_its_wait_ends_is_over_and_the_others_go_on(odd: Any) -> None:
    """Its trace says where it broke, and nothing of what it was about."""
    odd.set_up(flow=WAITS)
    odd.register(*range(10))
    odd.wait(hours=1)

    settled = fire_timers(odd.core)
    odd.drain()

    assert settled == 10
    assert {name for name, end in ends(odd).items() if end == "failed"} == ODD
    assert sorted(odd.bodies()) == sorted(f"Hi Ana{n}" for n in range(10) if f"Ana{n}" not in ODD)
    *_, (kind, problem) = trace(odd, "Ana3")
    assert (kind, problem["problem"]) == ("problem", "broke")
    assert problem["error"].startswith("TypeError in ")
    last = run_timeline(odd.core, odd.one("SELECT id FROM run WHERE end_reason = 'failed' LIMIT 1")).moments[-1]
    assert (last.what, last.detail) == ("end", {"reason": "failed"})
    assert odd.one("SELECT count(*) FROM timer WHERE settled_at IS NULL") == 0
    assert summarize(odd.core)["runs"] == {"going_on": 0, "ended": 8, "failed": 2}


def test_what_waits_for_a_run_that_breaks_dies_with_it(odd: Any) -> None:
    """Its lapse and its nudges."""
    odd.set_up(
        flow=WAITS.replace("steps: [{wait: 1h}", 'expires: 9d\nsteps: [{ask: a, text: "A?", no_reply: {after: 1h}}')
    )
    odd.register(3)
    odd.wait(hours=1)
    odd.drain()

    assert odd.rows("SELECT kind, outcome, reason FROM timer ORDER BY id") == [
        ("wait", "fired", "failed"),
        ("lapse", "cancelled", "failed"),
    ]


def test_a_nudge_that_breaks_is_not_sent_and_the_others_are(odd: Any) -> None:
    """Its run goes on; the trace names the nudge and where it broke."""
    odd.set_up(
        flow="""
        flow: welcome
        steps:
          - send: "Hi! ${link.form}"
            links: {form: {url: "${event.url}", track: box}}
            nudges: [{nudge: odd, link: form, after: 24h, text: "Look"}]
        """
    )
    odd.register(*range(6))
    odd.drain()
    odd.click(odd.one("SELECT l.id FROM link l JOIN member m ON m.id = l.member_id WHERE first_name = 'Ana2'"))
    odd.wait(hours=24)
    odd.drain()
    odd.wait(hours=2)
    odd.drain()

    assert odd.bodies().count("Look") == 5
    outcomes = odd.rows("SELECT outcome, reason FROM timer JOIN member m ON m.id = member_id ORDER BY m.first_name")
    assert [each for each in outcomes if each != ("sent", None)] == [("skipped", "failed")]
    ((_, detail),) = [line for line in trace(odd, "Ana2") if line[0] == "nudge"]
    assert (detail["reason"], detail["nudge"]) == ("failed", "odd")
    assert detail["error"].startswith("ZeroDivisionError in odd_nudge")
    assert "name" not in detail["error"]


def test_a_reply_that_breaks_a_run_goes_to_a_person(odd: Any) -> None:
    """The others are answered; STOP in the same batch counts."""
    odd.set_up(flow=ASKS)
    odd.register(*range(10))
    odd.drain()
    for person in range(9):
        odd.keep(person, "sure")
    odd.keep(9, "STOP", keyword="stop")

    handled = handle_inbound(odd.core)
    odd.drain()

    assert handled == 10
    assert odd.bodies().count("Great") == 7
    assert {name for name, end in ends(odd).items() if end == "failed"} == ODD
    assert ends(odd)["Ana9"] == "unsubscribed"
    assert len(odd.core.database.read(open_conversations)) == 2
    assert odd.one("SELECT count(*) FROM inbound_text WHERE handled_at IS NULL") == 0


def test_a_stop_is_obeyed_whatever_breaks(odd: Any) -> None:
    """Even where the runs of the member cannot be read at all."""
    odd.set_up(flow=ASKS)
    odd.register(0)
    odd.drain()
    broken = "UPDATE flow_version SET source = '{', digest = 'other'"
    odd.core.database.write(lambda tx: tx.exec_driver_sql(broken))
    odd.core = attrs.evolve(odd.core, programs=Programs(odd.core.registry))

    odd.keep(0, "STOP", keyword="stop")
    handle_inbound(odd.core)
    odd.drain()

    assert ends(odd) == {"Ana0": "unsubscribed"}
    assert len(odd.bodies()) == 2


def test_an_answer_that_breaks_a_run_ends_that_one(odd: Any) -> None:
    """The other servers' answers are taken."""

    async def answer(call: Any, /) -> Called:
        return Called(status=200, document={})

    odd.core = attrs.evolve(odd.core, caller=answer)
    odd.set_up(flow='flow: welcome\nsteps: [{webhook: "https://crm.example.org"}, {puzzle: }, {send: "Done"}]')
    odd.register(*range(5))
    odd.drain()

    assert odd.bodies() == ["Done"] * 4
    assert [name for name, end in ends(odd).items() if end == "failed"] == ["Ana3"]
    assert sorted(odd.column("SELECT outcome FROM webhook_call")) == ["answered"] * 4 + ["failed"]


def test_a_broadcast_passes_over_whom_it_breaks_on(odd: Any) -> None:
    """And counts them."""
    odd.set_up(flow='flow: news\nsteps: [{puzzle: }, {send: "News"}]', automation="")
    odd.register(*range(10))
    make_broadcast(odd.core, "broadcast: June\nto: [Canvass f0]\nrun: news", file="b.yaml")
    while advance_broadcasts(odd.core):
        odd.drain()

    assert odd.bodies() == ["News"] * 8
    assert plain(odd.one("SELECT skipped FROM broadcast")) == {"failed": 2}
    assert odd.one("SELECT state FROM broadcast") == "sent"


def test_a_database_that_cannot_be_used_ends_no_run(odd: Any) -> None:
    """It is not the runs' fault: the timers are due again."""
    odd.set_up(flow=WAITS)
    odd.register(0)
    odd.wait(hours=1)
    core = odd.core

    def full(*_: Any) -> Any:
        raise DatabaseProblem("the disk is full")

    odd.core = attrs.evolve(core, randomness=SimpleNamespace(token=full))
    with pytest.raises(DatabaseProblem):
        fire_timers(odd.core)
    odd.core = core
    odd.drain()

    assert odd.bodies() == ["Hi Ana0"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=st.sets(st.integers(0, 9), min_size=1))
def test_whoever_breaks_the_others_get_one_text_each(odd: Any, people: set[int]) -> None:
    """Any mixture, again and again: exactly the broken ones fail."""
    if not odd.rows("SELECT id FROM account"):
        odd.set_up(flow=WAITS.replace("1h", "30m").replace("welcome", "welcome\nreentry: parallel"), automation="")
        odd.automate("automation: A\ntrigger: box.registers\nonce_per: []\nrun: welcome")
    before = len(odd.bodies())
    first = odd.one("SELECT coalesce(max(id), 0) FROM run")
    odd.apply(*(odd.submission(person, key=f"{first}-{person}") for person in sorted(people)))
    odd.wait(minutes=30)
    odd.drain()

    well = sorted(f"Hi Ana{person}" for person in people if f"Ana{person}" not in ODD)
    assert sorted(odd.bodies()[before:]) == well
    failed = odd.one(f"SELECT count(*) FROM run WHERE id > {first} AND end_reason = 'failed'")
    assert failed == len(people) - len(well)
