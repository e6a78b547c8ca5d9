"""What is due: waits, nudges and lapses."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import attrs

from ascend_core.operations.due import next_due
from ascend_core.operations.fire_timers import fire_timers

NUDGED = """
    flow: welcome
    steps:
      - send: "Hi! ${link.form}"
        links: {form: {url: "${event.url}", track: box}}
        nudges:
          - {nudge: no_link_click, link: form, after: 24h, text: "Look: ${link.form}"}
          - {nudge: box.no_submission, link: form, after: 24h, text: "Finish: ${link.form}", expires: 26h}
"""
WAITING = """
    flow: welcome
    expires: 2d
    steps:
      - ask: coming
        text: "Coming?"
        no_reply: {after: 24h, then: [{send: "No answer?"}]}
        replies: [{match: [sure], then: [{wait: 24h}, {send: "Soon!"}]}]
"""


def nudges(bench: Any) -> list[tuple[str, str | None, str | None]]:
    """What became of each nudge."""
    return bench.rows("SELECT nudge_type, outcome, reason FROM timer WHERE kind = 'nudge' ORDER BY nudge_index")


def begun(bench: Any, flow: str = NUDGED) -> Any:
    """Person 0 registered and was texted."""
    bench.set_up(flow=flow)
    bench.register(0)
    bench.drain()
    return bench


def test_nothing_fires_early_and_nothing_twice(bench: Any) -> None:
    """Row H2: a day after the member reached the bot action, to the second."""
    begun(bench)
    bench.wait(hours=23, minutes=59)
    early = bench.drain()
    bench.wait(minutes=1)

    counts = [fire_timers(bench.core), fire_timers(bench.core)]
    bench.drain()

    assert (early, counts) == (0, [2, 0])
    assert nudges(bench) == [("no_link_click", "sent", None), ("box.no_submission", "skipped", "not_clicked")]
    assert [body[:5] for body in bench.bodies()] == ["Hi! h", "Look:"]


def test_a_nudge_is_decided_from_what_the_member_did(bench: Any) -> None:
    """The link was opened and the form not submitted: one nudge is answered, the other owed."""
    begun(bench)
    bench.click(bench.one("SELECT id FROM link"))
    bench.wait(hours=24)
    bench.drain()

    assert nudges(bench) == [("no_link_click", "skipped", "clicked"), ("box.no_submission", "sent", None)]


def test_a_nudge_is_decided_again_when_it_is_claimed(bench: Any) -> None:
    """They opened the link while the nudge waited in the outbox: it is not sent."""
    begun(bench)
    bench.wait(hours=24)
    fire_timers(bench.core)

    bench.click(bench.one("SELECT min(id) FROM link"))
    bench.drain()

    assert nudges(bench)[0] == ("no_link_click", "sent", None)
    assert bench.states()[1] == ("suppressed", "clicked")
    assert len(bench.bodies()) == 1


def test_a_nudge_at_night_is_held_and_decided_in_the_morning(bench: Any) -> None:
    """Row H3: by then they have submitted, or it has expired."""
    bench.set_up(flow=NUDGED)
    bench.wait(hours=7)  # seven in the evening
    bench.register(0)
    bench.drain()
    bench.click(bench.one("SELECT id FROM link"))
    bench.wait(hours=25)  # eight
    held = fire_timers(bench.core)
    bench.wait(hours=13)

    bench.drain()

    assert held == 2
    assert nudges(bench) == [("no_link_click", "skipped", "clicked"), ("box.no_submission", "skipped", "expired")]


def test_a_submission_without_opt_in_is_no_reason_to_nudge(bench: Any) -> None:
    """Row A9."""
    begun(bench)
    bench.click(bench.one("SELECT id FROM link"))
    bench.register(0, key="second", token=bench.one("SELECT token FROM link"), opted_in=None)
    bench.wait(hours=24)
    bench.drain()

    assert nudges(bench)[1] == ("box.no_submission", "skipped", "submitted")


def test_a_wait_goes_on_when_nobody_answered(bench: Any) -> None:
    """And a run that has moved on does not hear its old timer."""
    begun(bench, WAITING)
    bench.register(1)
    bench.drain()
    bench.hear(1, "sure")
    bench.wait(hours=24)
    bench.drain()

    assert sorted(bench.bodies()) == ["Coming?", "Coming?", "No answer?", "Soon!"]
    outcomes = bench.rows(
        "SELECT m.first_name, t.outcome FROM timer t JOIN member m ON m.id = t.member_id "
        "WHERE t.kind = 'wait' ORDER BY t.id"
    )
    assert outcomes == [("Ana0", "fired"), ("Ana1", "stale"), ("Ana1", "fired")]


def test_a_run_lapses(bench: Any) -> None:
    """After its time it is over, with everything that waited for it."""
    begun(bench, WAITING.replace("after: 24h", "after: 5d"))
    due = next_due(bench.core)
    bench.wait(days=2)
    bench.drain()

    assert due == bench.now
    assert bench.column("SELECT end_reason FROM run") == ["lapsed"]
    assert bench.rows("SELECT kind, outcome FROM timer ORDER BY id") == [("wait", "cancelled"), ("lapse", "fired")]
    assert next_due(bench.core) is None


STACKED = """
    flow: welcome
    min_gap: 3h
    steps:
      - send: "Hi! ${link.form}"
        links: {form: {url: "${event.url}", track: box}}
        nudges:
          - {nudge: no_link_click, link: form, after: 22h, text: "One: ${link.form}"}
          - {nudge: no_link_click, link: form, after: 22h, text: "Two: ${link.form}"}
          - {nudge: no_link_click, link: form, after: 22h, text: "Three: ${link.form}", expires: 25h}
"""


def test_nudges_of_one_member_keep_their_distance(bench: Any) -> None:
    """Three are due at one moment: the second comes three hours later, the third has expired by then."""
    begun(bench, STACKED)
    sent = []
    for _ in range(40):
        bench.drain()
        sent.append(len(bench.bodies()))
        bench.wait(hours=1)

    assert bench.bodies()[1][:4] == "One:"
    assert (sent.index(2), sent.index(3), sent[-1]) == (22, 25, 3)
    assert nudges(bench)[2] == ("no_link_click", "skipped", "expired")
    held = bench.column("SELECT detail FROM trace_line WHERE kind = 'nudge' ORDER BY id")
    assert sum("min_gap" in str(detail) for detail in held) == 2


def test_the_distance_holds_between_flows(bench: Any) -> None:
    """Without a ``min_gap`` the product's own hour counts, whichever flow the last nudge came from."""
    flow = STACKED.replace("    min_gap: 3h\n", "").replace(", expires: 25h", "")
    bench.set_up(forms=2, flow=flow.replace("welcome", "other"), automation="")
    bench.publish(flow)
    bench.automate("automation: One\ntrigger: box.registers\nform: f0\nrun: welcome\n")
    bench.automate("automation: Two\ntrigger: box.registers\nform: f1\nrun: other\n")
    bench.register(0)
    bench.register(0, form_key="f1")
    bench.drain()
    bench.wait(hours=22)
    moments = []
    for _ in range(6 * 12):
        before = len(bench.bodies())
        bench.drain()
        moments.extend([bench.now] * (len(bench.bodies()) - before))
        bench.wait(minutes=5)

    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert len(moments) == 6
    assert min(gaps) >= timedelta(hours=1)


def test_a_nudge_that_waited_in_the_outbox_keeps_its_distance_too(bench: Any) -> None:
    """What counts is when the last nudge was claimed, not when it was decided: sending may have stood still."""
    begun(bench, STACKED.replace('Three: ${link.form}", expires: 25h', 'Three: ${link.form}"'))
    bench.wait(hours=22)
    fire_timers(bench.core)
    bench.wait(hours=3)
    fire_timers(bench.core)
    bench.send()
    bench.send()
    together = len(bench.bodies())
    bench.wait(hours=3)
    bench.send()

    assert together == 2
    assert bench.bodies()[2][:4] == "Two:"


def test_what_stops_the_flow_stops_the_nudges_of_a_run_that_is_over(bench: Any) -> None:
    """Row H6: the run ended long ago; the member cancels; nothing comes any more."""
    begun(bench, NUDGED.replace("flow: welcome", "flow: welcome\n    stop_when: box.cancels"))
    bench.wait(hours=2)
    bench.apply(bench.submission(0, status="cancels", created_at=bench.now - timedelta(hours=2)))
    bench.wait(hours=30)
    bench.drain()

    assert bench.column("SELECT end_reason FROM run") == ["finished"]
    assert nudges(bench) == [
        ("no_link_click", "cancelled", "stop_when"),
        ("box.no_submission", "cancelled", "stop_when"),
    ]
    assert len(bench.bodies()) == 1


def test_whoever_opts_out_at_the_source_is_not_nudged_and_their_runs_end(bench: Any) -> None:
    """As strong as STOP, wherever it was said."""
    begun(bench, WAITING)
    bench.apply(bench.submission(0, opted_in=False, modified_at=bench.now + timedelta(minutes=1)))

    assert bench.column("SELECT end_reason FROM run") == ["unsubscribed"]
    assert set(bench.column("SELECT outcome FROM timer")) == {"cancelled"}


def test_a_nudge_of_a_plugin_that_is_gone_stops_nobody_behind_it(bench: Any) -> None:
    """It is skipped with its reason, and the other nudge of the same sweep is sent."""
    begun(bench)
    registry = attrs.evolve(
        bench.core.registry, nudges={k: v for k, v in bench.core.registry.nudges.items() if k != "box.no_submission"}
    )
    bench.core = attrs.evolve(bench.core, registry=registry)
    bench.wait(hours=24)
    bench.drain()

    assert nudges(bench) == [("no_link_click", "sent", None), ("box.no_submission", "skipped", "no_such_type")]
