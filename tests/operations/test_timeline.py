"""A run can be read afterwards, by whoever asks what happened and why (row E5); old traces go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ascend_core.errors import BadInput, NotFound
from ascend_core.operations.prune_traces import Pruned, prune_traces
from ascend_core.operations.timeline import run_timeline

FLOW = """
    flow: welcome
    steps:
      - send: "Hi! ${link.form}"
        links: {form: {url: "${event.url}", track: box}}
        nudges:
          - {nudge: no_link_click, link: form, after: 2h, text: "Look: ${link.form}"}
          - {nudge: no_link_click, link: form, after: 1d, text: "Look again: ${link.form}"}
      - ask: coming
        text: "Coming?"
        replies: [{match: [sure], then: [{set: {rsvp: "yes"}}, {add_to_groups: [Sure]}, {set: {rsvp: "yes"}}]}]
"""


def test_a_timeline_tells_each_step_text_and_decision(bench: Any) -> None:
    """Changed values only; what is still to be decided stands last."""
    bench.set_up(flow=FLOW)
    bench.register(0)
    bench.drain()
    bench.click(1)
    bench.wait(hours=2)
    bench.drain()
    bench.hear(0, "Sure!")

    timeline = run_timeline(bench.core, 1)

    told = [(each.what, each.step) for each in timeline.moments]
    details = [each.detail for each in timeline.moments]
    assert (timeline.flow, timeline.version) == ("welcome", 1)
    assert told == [
        ("action", "0"),
        ("wait", "1"),
        ("text", "0"),
        ("text", "1"),
        ("nudge", "0"),
        ("reply", "1"),
        ("action", "1.replies.0.then.0"),
        ("action", "1.replies.0.then.1"),
        ("action", "1.replies.0.then.2"),
        ("end", None),
        ("nudge", "0"),
    ]
    assert details[2]["state"] == "sent"
    assert str(details[2]["link form"]).startswith("opened ")
    assert details[4] == {"nudge": "no_link_click", "outcome": "skipped", "reason": "clicked"}
    assert details[5]["why"] == "matched 'sure'"
    assert details[6]["member.rsvp"] == "yes"
    assert details[7]["joins"] == "Sure"
    assert details[8] == {"action": "set"}
    assert [each.pending for each in timeline.moments] == [False] * 10 + [True]


STOPPABLE = """
    flow: welcome
    expires: 9d
    stop_when: [box.cancels]
    reentry: restart
    steps: [{ask: coming, text: "Coming?"}]
"""


def by_stop(bench: Any) -> None:
    """The member leaves."""
    bench.hear(0, "STOP", keyword="stop")


def by_age(bench: Any) -> None:
    """It lapses."""
    bench.wait(days=9)
    bench.drain()


def by_another_start(bench: Any) -> None:
    """The member enters the flow anew."""
    bench.wait(minutes=1)
    bench.register(0, form_key="f1")


def by_a_trigger(bench: Any) -> None:
    """What the author named happens."""
    bench.wait(minutes=1)
    bench.register(0, status="cancels")


@pytest.mark.parametrize(
    ("ended", "detail"),
    [
        (by_stop, {"reason": "unsubscribed"}),
        (by_age, {"reason": "lapsed"}),
        (by_another_start, {"reason": "restarted"}),
        (by_a_trigger, {"reason": "stop_when", "trigger": "box.cancels"}),
    ],
)
def test_however_a_run_ends_its_timeline_says_so_once(bench: Any, ended: Any, detail: dict[str, str]) -> None:
    """From its row, or where there is more to say from its trace."""
    bench.set_up(forms=2, flow=STOPPABLE)
    bench.register(0)
    bench.drain()

    before = run_timeline(bench.core, 1)
    ended(bench)
    after = run_timeline(bench.core, 1)

    assert "end" not in [each.what for each in before.moments]
    ends = [each for each in after.moments if each.what == "end"]
    assert [(each.at, each.detail) for each in ends] == [(after.run.ended_at, detail)]


def test_a_run_that_is_not_there(bench: Any) -> None:
    """Said with where to look."""
    with pytest.raises(NotFound, match="ascend runs list"):
        run_timeline(bench.core, 77)


def test_traces_go_by_age_and_failures_stay_longest(bench: Any) -> None:
    """Whoever is inside keeps everything; the outcome of a nudge is no trace and stays."""
    bench.set_up(flow="flow: welcome\nsteps: [{ask: a, text: Hi}]")
    bench.register(0, 1, 2)
    core = bench.core
    with core.database.engine.begin() as tx:
        tx.exec_driver_sql(f"UPDATE run SET ended_at = {_micros(bench.now)}, end_reason = 'finished' WHERE id = 1")
        tx.exec_driver_sql(f"UPDATE run SET ended_at = {_micros(bench.now)}, end_reason = 'failed' WHERE id = 2")
    bench.wait(days=91)

    counted = prune_traces(core, only_count=True)
    untouched = set(bench.column("SELECT run_id FROM trace_line"))
    pruned = prune_traces(core)
    left = set(bench.column("SELECT run_id FROM trace_line"))
    bench.wait(days=300)
    prune_traces(core)

    assert (counted.runs, untouched) == (1, {1, 2, 3})
    assert (pruned, left) == (Pruned(runs=1, lines=1), {2, 3})
    assert set(bench.column("SELECT run_id FROM trace_line")) == {3}
    assert prune_traces(core) == Pruned()
    with pytest.raises(BadInput):
        prune_traces(core, kept=timedelta(days=9), kept_failed=timedelta(days=8))


def _micros(moment: Any) -> int:
    return int(moment.timestamp()) * 1_000_000
