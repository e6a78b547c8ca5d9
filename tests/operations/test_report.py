"""Reports come from counters, and the counters are what the facts say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from ascend_core.contracts import DeliveryState, DeliveryStatus
from ascend_core.engine.figures import Cell
from ascend_core.errors import BadInput
from ascend_core.operations.check_report import check_report, mend_report
from ascend_core.operations.receive_messages import receive_events
from ascend_core.operations.report import ReportRow, click_report
from ascend_core.store.database import Database

MACHINE = "facebookexternalhit/1.1 Facebot Twitterbot/1.0"

TWO_LINKS = """
    flow: welcome
    steps:
      - send: "Hi! ${link.form} or all: ${link.feed}"
        links: {form: {url: "${event.url}", track: box}, feed: {url: "https://box.example.org/form/", track: box}}
"""
SPLIT = """
    flow: welcome
    steps:
      - split: tone
        arms:
          cool: {weight: 0, then: [{send: "Hi."}]}
          warm:
            weight: 1
            then:
              - send: "Hi! ${link.form} or all: ${link.feed}"
                links:
                  form: {url: "${event.url}", track: box}
                  feed: {url: "https://box.example.org/form/", track: box}
"""
FEED = "https://box.example.org/form/"
_LINKS = 'links: {form: {url: "${event.url}", track: box}}'
SPLITS = f"""
    flow: welcome
    steps:
      - {{send: "Before all: ${{link.form}} Bye.", {_LINKS}}}
      - split: first
        arms:
          other: {{weight: 0}}
          a:
            then:
              - {{send: "Feed: ${{link.feed}} Bye.", links: {{feed: {{url: "{FEED}", track: box}}}}}}
              - split: inside/it
                arms:
                  other: {{weight: 0}}
                  b: {{then: [{{send: "Inside: ${{link.form}} Bye.", {_LINKS}}}]}}
      - {{send: "Behind: ${{link.form}} Bye.", {_LINKS}}}
      - split: last
        arms:
          other: {{weight: 0}}
          c: {{then: [{{wait: 1d}}]}}
      - {{send: "At last: ${{link.form}} Bye.", {_LINKS}}}
      - {{split: nothing follows, arms: {{other: {{weight: 0}}, d: {{}}}}}}
"""
TEST = """
    automation: Welcome
    trigger: box.registers
    ab_test: {name: t, arms: {welcome: 1, other: 1}}
"""


@pytest.fixture
def told(bench: Any) -> Any:
    """Four people got a text with a link each."""
    bench.set_up()
    bench.register(0, 1, 2, 3)
    bench.drain()
    bench.links = bench.column("SELECT id FROM link ORDER BY member_id")
    return bench


def figures(row: ReportRow) -> tuple[Any, ...]:
    """Recipients, clicked, exact, estimated, clicked and did not submit, messages with nothing."""
    return (row.recipients, row.clicked, row.exact, row.estimated, row.clicked_no_submission, row.no_clicks)


def agreed(bench: Any) -> None:
    """Counters and facts agree."""
    assert check_report(bench.core)[1] == []


def deliver(bench: Any, message_id: int, state: DeliveryState) -> None:
    """The carrier says what became of a message."""
    key = bench.one("SELECT key FROM message WHERE id = :id", id=message_id)
    receive_events(bench.core, "pigeon", [DeliveryStatus(provider_id=None, message_key=key, state=state)])


def test_the_figures_follow_every_fact(told: Any) -> None:
    """Rows G1 and G3: at once, and equal to what a recount finds."""
    token = told.one("SELECT token FROM link WHERE id = :id", id=told.links[0])
    told.wait(minutes=1)
    told.click(told.links[1])
    told.click(told.links[1])
    told.click(told.links[2])
    told.click(told.links[3], agent=MACHINE)
    told.register(0, key="exact", token=token)
    told.register(1, key="estimated")

    (row,) = click_report(told.core)

    assert figures(row) == (4, 3, 1, 1, 1, 1)
    assert (row.clicks, row.machine_hits, row.click_through_rate, row.conversion_rate) == (3, 1, 0.75, 0.6667)
    assert [attrs.evolve(each, name="welcome") for each in click_report(told.core, by="automation")] == [row]
    assert [attrs.evolve(each, part=None) for each in click_report(told.core, by="version")] == [row]
    agreed(told)


def test_what_surely_did_not_arrive_counts_for_nobody(told: Any) -> None:
    """A text counts once it was accepted, and no more once the carrier could not deliver it."""
    told.click(told.links[0])
    (message,) = told.column("SELECT message_id FROM link WHERE id = :id", id=told.links[0])

    deliver(told, message, DeliveryState.UNDELIVERED)

    (row,) = click_report(told.core)
    assert figures(row) == (3, 0, 0, 0, 0, 3)
    agreed(told)


def test_a_member_counts_once_however_many_texts_they_got(told: Any) -> None:
    """Recipients are members; messages are messages."""
    told.register(0, key="again", form_key="f0", created_at=told.now)
    told.drain()
    told.wait(days=1)
    told.source.forms_now.append(told.form("f1"))
    told.fetch()
    told.register(0, key="other", form_key="f1")
    told.drain()

    (row,) = click_report(told.core)

    assert (row.recipients, row.messages, row.no_clicks) == (4, 5, 5)
    assert [(str(each.day), each.recipients) for each in click_report(told.core, per="day")] == [
        ("2026-06-03", 4),
        ("2026-06-04", 1),
    ]
    agreed(told)


def test_one_link_of_a_message_with_several(bench: Any) -> None:
    """Row G2."""
    bench.set_up(flow=TWO_LINKS)
    bench.register(0, 1)
    bench.drain()
    feed = "https://box.example.org/form/"
    (of_feed,) = bench.column(
        "SELECT l.id FROM link l JOIN url u ON u.id = l.url_id WHERE u.target = :feed ORDER BY l.id LIMIT 1", feed=feed
    )
    bench.click(of_feed)

    assert [figures(row) for row in click_report(bench.core)] == [(2, 1, 0, 0, 1, 1)]
    assert [figures(row) for row in click_report(bench.core, url=feed)] == [(2, 1, 0, 0, 1, 1)]
    assert [(row.url, row.clicked) for row in click_report(bench.core, per="url")] == [
        (feed, 1),
        ("https://box.example.org/form/f0", 0),
    ]
    agreed(bench)


@pytest.mark.parametrize("per", [None, "day", "url"])
def test_a_flow_that_is_all_split_shows_the_same_by_either(bench: Any, per: Any) -> None:
    """Its one arm has every figure of the flow: clicks, machines, sign-ups of both kinds, and what did not arrive."""
    bench.set_up(flow=SPLIT)
    bench.register(*range(5))
    bench.drain()
    bench.links = bench.column("SELECT id FROM link ORDER BY member_id, url_id")
    bench.wait(days=1)
    bench.click(bench.links[0])
    bench.click(bench.links[1])
    bench.click(bench.links[3], agent=MACHINE)
    bench.register(1, key="estimated")
    bench.register(2, key="exact", token=bench.one("SELECT token FROM link WHERE id = :id", id=bench.links[4]))
    deliver(
        bench, bench.one("SELECT message_id FROM link WHERE id = :id", id=bench.links[6]), DeliveryState.UNDELIVERED
    )
    bench.drain()

    whole = click_report(bench.core, per=per)
    by_split = click_report(bench.core, by="split", per=per)

    assert {(row.name, row.split, row.part) for row in by_split} == {("welcome", "tone", "warm")}
    assert [attrs.evolve(row, split=None, part=None) for row in by_split] == whole
    assert max(row.clicked for row in whole) > 0
    assert sum(row.machine_hits for row in whole) > 0


def test_a_text_counts_for_every_split_it_came_behind(bench: Any) -> None:
    """Not for one that its run came to later, were it in the same moment."""
    bench.set_up(flow=SPLITS)
    bench.register(0)
    bench.drain()
    bench.wait(days=1)
    bench.drain()

    lines = click_report(bench.core, by="split")

    assert [(row.split, row.part, row.recipients, row.messages) for row in lines] == [
        ("first", "a", 1, 4),
        ("inside/it", "b", 1, 3),
        ("last", "c", 1, 1),
    ]
    assert [row.split for row in click_report(bench.core, by="split", only="welcome", url=FEED)] == ["first"]


def test_a_split_of_another_flow_is_left_out(bench: Any) -> None:
    """And a flow without one has no line."""
    bench.set_up()
    bench.register(0)
    bench.drain()

    assert click_report(bench.core, by="split") == []
    assert click_report(bench.core, by="split", only="welcome") == []


def test_the_arms_of_a_test_are_compared(bench: Any) -> None:
    """Row G4: each arm has a line, and the automation has both."""
    bench.set_up(automation="")
    bench.publish(bench_flow("other"))
    bench.automate(TEST)
    bench.register(*range(20))
    bench.drain()

    arms = click_report(bench.core, by="arm")

    assert sorted(str(row.part) for row in arms) == ["other", "welcome"]
    assert sum(row.recipients for row in arms) == click_report(bench.core, by="automation")[0].recipients == 20
    agreed(bench)


def bench_flow(name: str) -> str:
    """A flow with a link, by that name."""
    return TWO_LINKS.replace("flow: welcome", f"flow: {name}")


def test_a_wrong_counter_is_found_and_mended(told: Any) -> None:
    """Row G3's promise is checked, not believed."""
    told.core.database.write(lambda tx: tx.exec_driver_sql("UPDATE report_cell SET clicked = 7 WHERE scope = 'flow'"))
    told.core.database.write(lambda tx: tx.exec_driver_sql("DELETE FROM report_cell WHERE scope = 'version'"))

    _, found = check_report(told.core)
    mended = mend_report(told.core)

    assert mended == found
    assert {(each.cell.scope, each.figure) for each in found} >= {("flow", "clicked"), ("version", "recipients")}
    assert next(each for each in found if each.figure == "clicked").kept == 7
    assert isinstance(found[0].cell, Cell)
    agreed(told)
    assert figures(click_report(told.core)[0]) == (4, 0, 0, 0, 0, 4)


def test_what_is_counted_while_a_report_is_mended_stays_counted(told: Any) -> None:
    """Nobody waits for the recount, and it takes nothing away."""

    class Meanwhile(Database):
        def write(self, work: Callable[[Any], Any]) -> Any:
            told.click(told.links[1])
            return super().write(work)

    told.core.database.write(lambda tx: tx.exec_driver_sql("UPDATE report_cell SET clicked = 7 WHERE scope = 'flow'"))

    mend_report(attrs.evolve(told.core, database=Meanwhile(told.core.database.engine)))

    assert click_report(told.core)[0].clicked == 1
    agreed(told)


def test_who_mends_a_report_that_another_mended_meanwhile_adds_nothing(told: Any) -> None:
    """Twice would be too much."""

    class Second(Database):
        def write(self, work: Callable[[Any], Any]) -> Any:
            if work.__qualname__.startswith("mend_report"):
                mend_report(told.core)
            return super().write(work)

    told.core.database.write(lambda tx: tx.exec_driver_sql("UPDATE report_cell SET clicked = 7 WHERE scope = 'flow'"))

    with pytest.raises(BadInput, match="somebody else mended"):
        mend_report(attrs.evolve(told.core, database=Second(told.core.database.engine)))

    agreed(told)
