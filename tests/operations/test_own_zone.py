"""The member's own time zone, said by a form, a list or a flow: it counts before their ZIP code and phone (row J3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ascend_core.operations.import_members import import_members

FLOW = """
    flow: welcome
    steps:
      - ask: where
        text: "Where are you these days?"
        replies:
          - {match: [hawaii], then: [{set: {zone: Pacific/Honolulu}}]}
          - {match: [mars], then: [{set: {zone: Mars/Olympus}}]}
      - wait: 7h
      - send: "Aloha!"
"""


def zones(bench: Any) -> list[tuple[Any, ...]]:
    """What is known of where members are."""
    return bench.rows("SELECT zone, zones FROM member ORDER BY id")


def test_a_flow_sets_it_and_quiet_hours_follow(bench: Any) -> None:
    """Ten in the evening in New York is four in the afternoon in Honolulu."""
    bench.set_up(flow=FLOW)
    bench.register(0)
    bench.drain()
    bench.clock.set(datetime(2026, 6, 3, 19, tzinfo=UTC))
    bench.hear(0, "Hawaii!")
    bench.wait(hours=7)
    bench.drain()

    assert bench.one("SELECT zone FROM member") == "Pacific/Honolulu"
    assert "America/New_York" not in str(zones(bench))
    assert bench.bodies() == ["Where are you these days?", "Aloha!"]


def test_what_is_no_zone_is_kept_out_and_told(bench: Any) -> None:
    """The member stays where they were."""
    bench.set_up(flow=FLOW)
    bench.register(0)
    bench.drain()
    bench.hear(0, "mars")

    ((zone, _),) = zones(bench)
    assert zone is None
    problems = bench.column("SELECT detail FROM trace_line WHERE kind = 'problem'")
    assert "zone takes a time zone, like America/Chicago" in str(problems)


def test_a_list_may_say_it(bench: Any) -> None:
    """A value that is none is kept out; the rest of its row counts."""
    rows = [
        {"phone": "212-555-0101", "zone": "America/Chicago", "zip": "10001"},
        {"phone": "212-555-0102", "zone": "Central"},
    ]

    done = import_members(bench.core, rows, proof="a sheet at the door")

    assert [zone for zone, _ in zones(bench)] == ["America/Chicago", None]
    assert done.kept_out == ((2, "zone takes a time zone, like America/Chicago"),)
