"""A flow that is retired while members are inside it: they stay to its end, and nobody enters (row E3)."""

from __future__ import annotations

import json
from typing import Any

from ascend_core.operations.versions import retire_flow

ASKS = """
    flow: welcome
    steps:
      - ask: coming
        text: "Coming?"
        replies: [{match: [sure], then: [{send: "Great"}, {wait: 2h}, {send: "Soon!"}]}]
        no_reply: {after: 3d, then: [{send: "Well?"}]}
        nudges: [{nudge: no_reply, after: 24h, text: "SURE?"}]
"""


def reasons(bench: Any) -> list[tuple[str, str | None]]:
    """What the automation did about each registration."""
    return bench.rows("SELECT outcome, reason FROM automation_entry ORDER BY id")


def test_who_is_inside_goes_on_and_nobody_enters(bench: Any) -> None:
    """Replies, waits, nudges and time-outs of the retired flow, each as it was promised."""
    bench.set_up(flow=ASKS)
    bench.register(0, 1)
    bench.drain()

    inside = retire_flow(bench.core, "welcome")
    bench.register(2)
    bench.hear(0, "sure")
    bench.drain()
    bench.wait(hours=2)
    bench.drain()
    bench.wait(hours=22)
    bench.drain()
    bench.wait(days=2)
    bench.drain()

    assert inside == 2
    assert bench.bodies() == ["Coming?", "Coming?", "Great", "Soon!", "SURE?", "Well?"]
    assert bench.column("SELECT end_reason FROM run ORDER BY id") == ["finished", "finished"]
    assert reasons(bench) == [("started", None), ("started", None), ("skipped", "flow_not_live")]


def test_a_flow_that_starts_it_goes_on_without_it(bench: Any) -> None:
    """And says so in its trace; published again, it is entered again."""
    ladder = "flow: ladder\nsteps: [{send: Ladder}]"
    bench.publish(ladder)
    bench.set_up(flow="flow: welcome\nsteps: [{start_flow: ladder}, {send: Welcome}]")
    retire_flow(bench.core, "ladder")
    bench.register(0)
    bench.drain()
    alone = bench.bodies()
    detail = bench.one("SELECT detail FROM trace_line WHERE kind = 'problem'")
    bench.publish(ladder)
    bench.register(1)
    bench.drain()

    assert alone == ["Welcome"]
    assert (json.loads(detail) if isinstance(detail, str) else detail) == {
        "problem": "flow_not_live",
        "about": "ladder",
    }
    assert sorted(bench.bodies()) == ["Ladder", "Welcome", "Welcome"]
