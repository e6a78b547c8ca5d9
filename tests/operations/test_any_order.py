# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The same facts end in the same figures, in whatever order they become known."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import attrs
import pytest
from attrs import frozen
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ascend_core.contracts import DeliveryState, DeliveryStatus
from ascend_core.errors import NotFound
from ascend_core.operations.apply_submissions import apply_page
from ascend_core.operations.check_report import check_report
from ascend_core.operations.core import Core
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.operations.merge_members import merge_members
from ascend_core.operations.receive_messages import receive_events
from ascend_core.operations.record_clicks import Hit, keep_clicks
from ascend_core.store.database import Database, open_database, sqlite_url
from ascend_core.testing import VirtualClock
from tests.fakes.bench import Bench, phone

PEOPLE = 4
AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1",
    "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
)
FLOW = """
    flow: welcome
    steps:
      - send: "Hi! ${link.form} or all: ${link.feed}"
        links: {form: {url: "${event.url}", track: box}, feed: {url: "https://box.example.org/form/", track: box}}
"""


@frozen(kw_only=True)
class Click:
    """Somebody or something opens a link."""

    person: int
    link: int
    after: float
    agent: int
    address: int


@frozen(kw_only=True)
class Receipt:
    """The carrier tells what became of somebody's text."""

    person: int
    after: float
    arrived: bool


@frozen(kw_only=True)
class SignUp:
    """Somebody submits the form; *through*: whose link's token comes back."""

    person: int
    after: float
    through: int | None
    opted_in: bool


@frozen(kw_only=True)
class Merge:
    """Two members turn out to be one person."""

    person: int
    gone: int
    after: float


Fact = Click | Receipt | SignUp | Merge

persons = st.integers(0, PEOPLE - 1)
moments = st.sampled_from([0.0, 1.0, 2.5, 5.0, 20.0, 59.0, 61.0, 130.0, 86_400.0, 7 * 86_400.0, 8 * 86_400.0])
clicks = st.builds(
    Click,
    person=persons,
    link=st.integers(0, 1),
    after=moments,
    agent=st.sampled_from([0, 0, 0, 1]),
    address=st.integers(1, 2),
)
sign_ups = st.builds(
    SignUp, person=persons, after=moments, through=st.one_of(st.none(), persons), opted_in=st.booleans()
)
receipts = st.builds(Receipt, person=persons, after=moments, arrived=st.booleans())
histories = st.tuples(
    st.lists(clicks, max_size=7),
    st.lists(sign_ups, max_size=3),
    st.lists(receipts, max_size=PEOPLE, unique_by=lambda receipt: receipt.person),
).map(lambda parts: [fact for part in parts for fact in part])


@pytest.fixture
def replay(open_copy: Callable[[str], Database], tmp_path: Path) -> Callable[..., Any]:
    """Tells facts to a copy of a world in which four people got two links each; gives what came of it."""
    bench = Bench(open_copy("sqlite"), tmp_path)
    bench.set_up(flow=FLOW)
    bench.register(*range(PEOPLE))
    bench.drain()
    model = Path(str(bench.core.database.engine.url.database))
    bench.core.database.close()
    numbers = count()

    def play(facts: list[tuple[int, Fact]], *, at_the_end: bool = False) -> Any:
        file = tmp_path / f"{next(numbers)}.db"
        shutil.copy(model, file)
        bench.core = attrs.evolve(bench.core, database=open_database(sqlite_url(file)))
        try:
            for number, fact in facts:
                tell(bench, number, fact)
                if not at_the_end:
                    count_clicks(bench.core)
            count_clicks(bench.core)
            return picture(bench)
        finally:
            bench.core.database.close()
            file.unlink()

    return play


def tell(bench: Bench, number: int, fact: Fact) -> None:
    """One fact becomes known, at the moment it speaks of."""
    at = bench.now + timedelta(seconds=fact.after)
    core = attrs.evolve(bench.core, clock=VirtualClock(at))
    links = bench.rows("SELECT id, token, message_id FROM link ORDER BY message_id, id")
    match fact:
        case Click():
            click(core, links[2 * fact.person + fact.link][0], number, fact, at)
        case Receipt():
            key = bench.one("SELECT key FROM message WHERE id = :id", id=links[2 * fact.person][2])
            state = DeliveryState.DELIVERED if fact.arrived else DeliveryState.UNDELIVERED
            receive_events(core, "pigeon", [DeliveryStatus(provider_id=None, message_key=key, state=state)])
        case Merge():
            with suppress(NotFound):  # one of them was merged before
                merge_members(core, phone(fact.person), phone(fact.gone))
        case SignUp():
            token = None if fact.through is None else links[2 * fact.through][1]
            submission = bench.submission(
                fact.person,
                key=f"again{number}",
                token=token,
                created_at=at,
                modified_at=at,
                opted_in=fact.opted_in or None,
            )
            apply_page(core, bench.account.id, bench.page(submission))


def click(core: Core, link_id: int, number: int, fact: Click, at: datetime) -> None:
    """A request, safe and not counted yet."""
    agent = AGENTS[fact.agent]
    keep_clicks(core, [Hit(link_id=link_id, at=at, tag=number, method="GET", user_agent=agent, ip_hash=fact.address)])
    if number % 2:
        count_clicks(core)


def picture(bench: Bench) -> Any:
    """Counters, attributions and classes; and whether a recount agrees."""
    assert check_report(bench.core)[1] == []
    figures = sorted(row for row in bench.rows("SELECT * FROM report_cell") if any(row[5:]))
    causes = bench.rows("SELECT key, link_id, matched_by FROM submission ORDER BY key")
    classes = bench.rows("SELECT link_id, tag, kind, reason FROM click ORDER BY tag")
    sums = "person_clicks, machine_clicks, unsure_clicks, exact_submissions, estimated_submissions, first_click_at"
    return figures, causes, classes, bench.rows(f"SELECT id, submitted_at, {sums} FROM link ORDER BY id")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(order=st.randoms(use_true_random=False), facts=histories)
@example(
    order=None,
    facts=[
        Click(person=0, link=0, after=60, agent=0, address=1),
        SignUp(person=0, after=120, through=None, opted_in=True),
        Receipt(person=0, after=59, arrived=True),
    ],
)
@example(
    order=None,
    facts=[Click(person=person, link=0, after=20.0 * person, agent=0, address=1) for person in range(3)],
)
@example(order=None, facts=[Click(person=0, link=link, after=60.0 + link, agent=0, address=1) for link in range(2)])
def test_any_order_of_the_same_facts_gives_the_same_figures(
    replay: Callable[..., Any], order: Any, facts: list[Fact]
) -> None:
    """Rows F3, F4 and G3: late receipts, submissions before their clicks, the third hit of a crowd."""
    told = list(enumerate(facts))
    others = list(reversed(told))
    if order is not None:
        order.shuffle(others)

    assert replay(others) == replay(told) == replay(told, at_the_end=True)


merges = st.tuples(persons, persons, moments).filter(lambda drawn: drawn[0] != drawn[1])
merges = merges.map(lambda drawn: Merge(person=drawn[0], gone=drawn[1], after=drawn[2]))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(order=st.randoms(use_true_random=False), facts=histories, some=st.lists(merges, min_size=1, max_size=3))
def test_members_that_are_merged_leave_figures_that_agree(
    replay: Callable[..., Any], order: Any, facts: list[Fact], some: list[Fact]
) -> None:
    """Row G3: whatever happened to either before and after, a recount finds the same (``picture`` counts again)."""
    told = [*facts, *some]
    order.shuffle(told)

    _, _, _, links = replay(list(enumerate(told)))

    assert len(links) >= 2 * PEOPLE
