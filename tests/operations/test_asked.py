"""What runs ask for beyond texts: another flow, a person, an arm to keep, and to leave."""

from __future__ import annotations

from typing import Any

import pytest

from ascend_core.operations.follow_ups import MOST_STARTED_IN_TURN
from ascend_core.operations.receive_messages import handle_inbound
from ascend_core.operations.wording import CONFIRMATIONS
from ascend_core.store.inbox import open_conversations, resolve_conversation

FIRST = """
    flow: welcome
    steps:
      - send: Welcome!
      - start_flow: ladder
      - send: Bye.
"""
LADDER = """
    flow: ladder
    reentry: %s
    steps:
      - ask: more
        text: "More?"
        nudges: [{nudge: no_reply, after: 24h, text: "Well?"}]
"""


def test_a_flow_started_by_a_flow_runs_beside_it(bench: Any) -> None:
    """It is about the same form, and counts for the same automation."""
    bench.publish(LADDER % "skip")
    bench.set_up(flow=FIRST)

    bench.register(0)
    bench.drain()

    assert bench.bodies() == ["Welcome!", "Bye.", "More?"]
    rows = bench.rows("SELECT form_id, submission_id, automation_id, end_reason FROM run ORDER BY id")
    assert [row[:3] for row in rows] == [rows[0][:3]] * 2
    assert [row[3] for row in rows] == ["finished", None]


@pytest.mark.parametrize(
    ("reentry", "ends"),
    [
        ("skip", ["finished", None, "finished"]),
        ("restart", ["finished", "restarted", "finished", None]),
        ("parallel", ["finished", None, "finished", None]),
    ],
)
def test_the_started_flow_has_its_own_rule_of_re_entry(bench: Any, reentry: str, ends: list[str | None]) -> None:
    """Whoever starts it."""
    bench.publish(LADDER % reentry)
    bench.set_up(flow=FIRST, forms=2)

    bench.register(0)
    bench.register(0, form_key="f1", key="other")

    assert bench.column("SELECT end_reason FROM run ORDER BY id") == ends


def test_a_flow_that_is_not_live_is_a_line_in_the_trace(bench: Any) -> None:
    """The rest of the flow goes on."""
    bench.set_up(flow=FIRST)

    bench.register(0)
    bench.drain()

    assert bench.bodies() == ["Welcome!", "Bye."]
    assert bench.one("SELECT count(*) FROM trace_line WHERE kind = 'problem'") == 1


def test_flows_that_start_each_other_come_to_an_end(bench: Any) -> None:
    """A circle without a wait is cut, and the trace says so."""
    bench.set_up(flow="flow: welcome\nreentry: parallel\nsteps: [{start_flow: welcome}]")

    bench.register(0)

    assert bench.one("SELECT count(*) FROM run") == MOST_STARTED_IN_TURN + 1
    assert bench.one("SELECT count(*) FROM trace_line WHERE kind = 'problem'") == 1


HELP = """
    flow: welcome
    steps:
      - ask: fine
        text: "All fine?"
        replies:
          - match: [sure]
          - else: "Sorry?"
            retries: 0
            then: [{handoff: inbox, note: "${member.first_name|} is not fine"}]
        nudges: [{nudge: no_reply, after: 24h, text: "Well?"}]
"""


def test_a_handoff_waits_for_a_person_and_cancels_the_nudges(bench: Any) -> None:
    """Row H6; what the member writes then is for that person."""
    bench.set_up(flow=HELP)
    bench.register(0)
    bench.drain()

    bench.hear(0, "not at all")
    bench.hear(0, "are you there?")
    bench.wait(days=2)
    bench.drain()

    (waiting,) = bench.core.database.read(open_conversations)
    assert (waiting.reason, waiting.note) == ("handoff", "Ana0 is not fine")
    assert bench.bodies() == ["All fine?"]
    assert bench.rows("SELECT outcome, reason FROM timer") == [("cancelled", "handed_off")]
    assert bench.column("SELECT outcome FROM inbound_text ORDER BY id") == ["answered", "inbox"]
    assert bench.core.database.write(lambda tx: resolve_conversation(tx, waiting.id, now=bench.now))
    assert bench.core.database.read(open_conversations) == []


def test_a_reply_that_nobody_waits_for_opens_one_conversation(bench: Any) -> None:
    """However many texts the member writes; after a person resolved it, the next text opens another."""
    bench.set_up()
    bench.register(0)
    bench.drain()

    bench.hear(0, "hello")
    bench.hear(0, "anybody?")
    (first,) = bench.core.database.read(open_conversations)
    bench.core.database.write(lambda tx: resolve_conversation(tx, first.id, now=bench.now))
    bench.hear(0, "me again")
    (second,) = bench.core.database.read(open_conversations)

    assert (first.reason, second.reason) == ("reply", "reply")
    assert second.id != first.id


LEAVE = """
    flow: welcome
    steps:
      - ask: more
        text: "More?"
        replies:
          - match: ["no"]
            then: [{send: "Pity."}, {opt_out: }]
"""


def test_to_opt_out_in_a_flow_is_a_stop(bench: Any) -> None:
    """Everything ends, one confirmation goes out, and nothing after it; START brings the member back."""
    bench.publish(LADDER % "skip")
    bench.set_up(flow=LEAVE)
    bench.automate("automation: Other\ntrigger: box.registers\nrun: ladder")
    bench.register(0)
    bench.drain()
    before = len(bench.bodies())

    bench.hear(0, "anything")
    bench.hear(0, "no")
    bench.drain()
    bench.wait(days=2)
    bench.drain()

    assert bench.one("SELECT state FROM consent") == "unsubscribed"
    assert bench.column("SELECT source FROM consent_entry ORDER BY id") == ["form", "flow"]
    assert bench.bodies()[before:] == [CONFIRMATIONS["stop"]]
    bench.hear(0, "START", keyword="start")
    assert bench.one("SELECT state FROM consent") == "subscribed"


SPLIT = """
    flow: welcome
    steps:
      - split: tone
        arms:
          warm: {weight: 1, then: [{send: "Dear you"}]}
          short: {weight: 1, then: [{send: "Hi"}]}
"""


@pytest.mark.parametrize(
    ("steps", "inside"),
    [
        ("[{remove_from_groups: [A]}, {add_to_groups: [A]}]", 1),
        ("[{add_to_groups: [A]}, {remove_from_groups: [A]}]", 0),
    ],
)
def test_what_a_flow_does_to_a_group_last_holds(bench: Any, steps: str, inside: int) -> None:
    """Out and in again at once is in, whether they were in it before or not."""
    bench.set_up(flow=f"{{flow: welcome, reentry: parallel, steps: {steps}}}", forms=2)

    for form in ("f0", "f1"):
        bench.register(0, form_key=form)
        of_group = "SELECT count(*) FROM group_member JOIN member_group ON id = group_id WHERE name = 'A'"
        assert bench.one(of_group) == inside


def test_the_arms_of_a_split_are_kept_and_stay(bench: Any) -> None:
    """Half of the people each way, and a member who comes again takes the same way."""
    bench.set_up(flow=SPLIT, forms=2)

    bench.register(*range(200))
    bench.register(*range(200), form_key="f1")

    taken = bench.rows("SELECT r.member_id, a.test, a.arm FROM run_arm a JOIN run r ON r.id = a.run_id")
    assert len(taken) == 400
    assert len(set(taken)) == 200
    assert 70 < sum(arm == "warm" for _, _, arm in set(taken)) < 130


def test_wishes_cost_the_same_for_few_and_for_many(bench: Any) -> None:
    """Another flow, an arm, a person and to leave: the number of statements does not depend on the people."""
    bench.publish(LADDER % "skip")
    steps = SPLIT + "      - start_flow: ladder\n"
    bench.set_up(flow=steps)
    bench.register(999)
    bench.drain()

    counts = []
    for people in (range(10), range(10, 110)):
        with bench.counted() as seen:
            bench.register(*people)
        counts.append(len(seen))
    for people in (range(10), range(10, 110)):
        for person in people:
            bench.keep(person, "hm")
        with bench.counted() as seen:
            handle_inbound(bench.core, 500)
        counts.append(len(seen))

    assert counts[0] == counts[1]
    assert counts[2] == counts[3]
