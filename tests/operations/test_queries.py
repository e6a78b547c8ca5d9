"""The number of statements does not depend on the number of people: one database round trip each would be the end."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import pytest
from sqlalchemy import event

from ascend_core.contracts import DeliveryState, DeliveryStatus
from ascend_core.operations.broadcasts import make_broadcast
from ascend_core.operations.claim_messages import claim_messages
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.operations.fan_out import advance_broadcasts
from ascend_core.operations.fire_timers import fire_timers
from ascend_core.operations.receive_messages import handle_inbound, receive_events
from ascend_core.operations.record_clicks import Hit, keep_clicks

FLOW = """
    flow: welcome
    steps:
      - send: "Hi ${member.first_name|there}! ${link.form}"
        links: {form: {url: "${event.url}", track: box}}
        nudges:
          - {nudge: no_link_click, link: form, after: 2h, text: "Still there? ${link.form}"}
      - add_to_groups: [Fresh, June]
      - remove_from_groups: [Stale]
      - ask: coming
        text: "Coming?"
        replies: [{match: [sure], then: [{set: {rsvp: "sure"}}, {send: "Great!"}]}]
"""
FEW, MANY = range(10), range(10, 210)


def statements(bench: Any, work: Any) -> int:
    """How many statements *work* sends."""
    with bench.counted() as seen:
        assert work() is not None
    return len(seen)


@pytest.fixture
def ready(bench: Any) -> Any:
    """A bench whose programs, groups and URLs are known: what is asked once only is out of the way."""
    bench.set_up(flow=FLOW)
    bench.register(999)
    bench.drain()
    return bench


def test_a_page_costs_the_same_for_ten_and_for_two_hundred(ready: Any) -> None:
    """All of them new, all start a flow, all get a text with a tracked link."""
    few, many = (statements(ready, lambda people=people: ready.register(*people)) for people in (FEW, MANY))

    assert ready.one("SELECT count(*) FROM link") == 211
    assert few == many


def test_submissions_that_links_brought_cost_the_same(ready: Any) -> None:
    """Each brings a token back, and each cancels a run that was stopped for it."""
    ready.register(*FEW, *MANY)
    tokens = dict(ready.rows("SELECT m.phone, l.token FROM link l JOIN member m ON m.id = l.member_id"))
    ready.wait(minutes=1)

    def come_back(people: Any) -> Any:
        again = [ready.submission(person, key=f"b{person}") for person in people]
        return ready.apply(
            *(ready.submission(p, key=f"b{p}", token=tokens[s.phone]) for p, s in zip(people, again, strict=True))
        )

    few, many = (statements(ready, lambda people=people: come_back(people)) for people in (FEW, MANY))

    assert ready.one("SELECT count(*) FROM submission WHERE matched_by = 'exact'") == 210
    assert few == many


def test_due_timers_cost_the_same(ready: Any) -> None:
    """Ten nudges that are sent, then two hundred."""
    few = _nudged(ready, FEW)
    many = _nudged(ready, MANY)

    assert few == many


def _nudged(bench: Any, people: Any) -> int:
    bench.register(*people)
    bench.wait(hours=2)
    return statements(bench, lambda: fire_timers(bench.core))


def test_claiming_costs_the_same(ready: Any) -> None:
    """Nudges among them, which are decided again."""
    ready.register(*FEW, *MANY)
    ready.wait(hours=2)
    fire_timers(ready.core)

    few, many = (statements(ready, lambda limit=limit: claim_messages(ready.core, limit)) for limit in (10, 200))

    assert ready.one("SELECT count(*) FROM message WHERE state = 'sending'") == 210
    assert few == many


@pytest.mark.parametrize("what", ['send: "Hi ${member.first_name|there}! ${link.a}"', "run: again"])
def test_a_chunk_of_a_broadcast_costs_the_same(ready: Any, what: str) -> None:
    """Texts with links, and runs."""
    ready.publish(FLOW.replace("flow: welcome", "flow: again"))
    ready.register(*MANY)
    links = '\nlinks: {a: {url: "https://box.example/f0", track: box}}' if "send" in what else ""
    make_broadcast(ready.core, f"broadcast: June\nto: [Canvass f0]\nform: f0\n{what}{links}", file="b.yaml")
    open_ = "SELECT count(*) FROM message WHERE broadcast_id > 0 AND state = 'ready'"
    for _ in range(2):  # it begins; and what is asked once only is out of the way
        advance_broadcasts(ready.core, ahead=ready.one(open_) + 5)

    few, many = (
        statements(ready, lambda more=more: advance_broadcasts(ready.core, ahead=ready.one(open_) + more))
        for more in (10, 180)
    )

    assert ready.one("SELECT queued FROM broadcast") == 195
    assert few == many


def test_replies_cost_the_same(ready: Any) -> None:
    """Everybody answers at once."""
    ready.register(*FEW, *MANY)

    def answer(people: Any) -> int:
        for person in people:
            ready.keep(person, "sure")
        return statements(ready, lambda: handle_inbound(ready.core, 500))

    few, many = answer(FEW), answer(MANY)

    assert ready.one("SELECT count(*) FROM inbound_text WHERE outcome = 'answered'") == 210
    assert few == many


def test_delivery_statuses_cost_the_same(ready: Any) -> None:
    """Texts that arrived, texts that did not, and people who told their carrier to stop, too few for an alarm."""
    ready.register(*FEW, *MANY)
    ready.drain()
    keys = ready.column("SELECT m.key FROM message m JOIN member p ON p.id = m.member_id ORDER BY m.id")[1:]
    ends = [(DeliveryState.FAILED, "opted_out"), (DeliveryState.UNDELIVERED, None)]
    ends += [(DeliveryState.DELIVERED, None)] * 98

    def come(some: Any) -> int:
        told = [
            DeliveryStatus(provider_id=None, message_key=key, state=state, reason=reason)
            for key, (state, reason) in zip(some, cycle(ends), strict=False)
        ]
        return statements(ready, lambda: receive_events(ready.core, "pigeon", told))

    few, many = come(keys[:10]), come(keys[10:210])

    assert ready.one("SELECT count(*) FROM message WHERE state IN ('delivered', 'undelivered', 'failed')") == 210
    assert ready.one("SELECT count(*) FROM consent WHERE state = 'unsubscribed'") == 3
    assert few == many


def test_counting_clicks_costs_the_same(ready: Any) -> None:
    """Everybody taps for the first time, then machines come, then a crowd from one address."""
    ready.register(*FEW, *MANY)
    ready.drain()
    ready.wait(hours=1)
    links = ready.column("SELECT id FROM link ORDER BY member_id, id")

    def tap(some: Any, address: int | None, agent: str = "Mozilla/5.0 (iPhone) Safari/604.1") -> int:
        hits = [
            Hit(link_id=id_, at=ready.now, tag=tag, method="GET", user_agent=agent, ip_hash=address or id_)
            for tag, id_ in enumerate(some)
        ]
        keep_clicks(ready.core, hits)
        return statements(ready, lambda: count_clicks(ready.core))

    few, many = tap(links[:10], None), tap(links[10:], None)
    ready.wait(hours=1)
    few_machines, many_machines = (tap(some, None, "curl/8.5.0") for some in (links[:10], links[10:]))
    ready.wait(hours=1)
    few_alike, many_alike = tap(links[:10], -1), tap(links[10:], -2)

    assert len(links) >= 200
    assert (few, few_machines, few_alike) == (many, many_machines, many_alike)
    assert ready.one("SELECT count(*) FROM click WHERE kind = 'unsure'") == len(links)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_gateway_costs_in_proportion_to_its_clicks(ready: Any) -> None:
    """Everybody behind a carrier's gateway has one address: four times the clicks are not sixteen times the work."""
    ready.register(*FEW)
    ready.drain()
    (link, *_) = ready.column("SELECT id FROM link")
    steps: list[int] = []

    def another_thousand() -> int:
        steps.append(1)
        return 0

    @event.listens_for(ready.core.database.engine, "checkout")
    def watch(connection: Any, *_: Any) -> None:
        connection.set_progress_handler(another_thousand, 1_000)

    def tap(times: int, address: int) -> int:
        ready.wait(hours=1)
        hits = [
            Hit(link, ready.now, "GET", "Mozilla/5.0 (iPhone) Safari/604.1", tag, "", address) for tag in range(times)
        ]
        keep_clicks(ready.core, hits)
        steps.clear()
        count_clicks(ready.core)
        return len(steps)

    few, many = tap(400, 1), tap(1_600, 2)

    assert 0 < many <= 6 * few
