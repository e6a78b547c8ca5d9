# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Clicks are classified again when the rules change; addresses are forgotten in time."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from ascend_core.contracts import DeliveryState, DeliveryStatus
from ascend_core.operations.check_report import check_report
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.operations.ip_keys import forget_addresses, ip_key
from ascend_core.operations.merge_members import merge_members
from ascend_core.operations.receive_messages import receive_events
from ascend_core.operations.reclassify import reclassify_clicks
from ascend_core.operations.record_clicks import Hit, keep_clicks
from ascend_core.operations.report import click_report
from tests.fakes.bench import phone

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1"


@pytest.fixture
def told(bench: Any) -> Any:
    """Three people got a text with a link each, an hour ago."""
    bench.set_up()
    bench.register(0, 1, 2)
    bench.drain()
    bench.wait(hours=1)
    bench.links = bench.column("SELECT id FROM link ORDER BY member_id")
    bench.hits = [
        Hit(link_id=link_id, at=bench.now, tag=number, method="GET", user_agent=PHONE, ip_hash=7)
        for number, link_id in enumerate(bench.links)
    ]
    return bench


def kinds(bench: Any) -> list[tuple[str, str | None]]:
    """Class and reason of every click."""
    count_clicks(bench.core)
    return bench.rows("SELECT kind, reason FROM click ORDER BY id")


def change(bench: Any, statement: str) -> None:
    """What an older version of the product would have written."""
    bench.core.database.write(lambda tx: tx.exec_driver_sql(statement))


def test_what_older_rules_took_for_a_person_is_classified_again(told: Any) -> None:
    """And the report follows: row F3."""
    keep_clicks(told.core, told.hits[:1])
    count_clicks(told.core)
    change(told, "UPDATE click SET user_agent = 'curl/8.5.0', rules = 1")
    before = click_report(told.core)[0]

    done = reclassify_clicks(told.core)
    again = reclassify_clicks(told.core)

    after = click_report(told.core)[0]
    assert (done.looked_at, done.changed) == (1, Counter({("person", "scanner"): 1}))
    assert (again.looked_at, again.changed) == (0, Counter())
    assert [(row.clicked, row.machine_hits) for row in (before, after)] == [(1, 0), (0, 1)]
    assert check_report(told.core)[1] == []


def test_company_that_turns_out_to_be_a_machine_clears_the_others(told: Any) -> None:
    """Three members from one address are a crowd; two of them are not."""
    keep_clicks(told.core, told.hits)
    crowd = kinds(told)
    change(told, "UPDATE click SET user_agent = 'curl/8.5.0', rules = 1 WHERE tag = 2")

    reclassify_clicks(told.core)

    assert crowd == [("unsure", "crowd")] * 3
    assert kinds(told) == [("person", None), ("person", None), ("scanner", None)]
    assert check_report(told.core)[1] == []


@pytest.mark.parametrize(("seconds", "kind_then"), [(60, "unsure"), (60.001, "person")])
def test_a_crowd_comes_within_a_minute(told: Any, seconds: float, kind_then: str) -> None:
    """The third member from one address, a minute after the first and not later."""
    late = told.hits[2]._replace(at=told.now + timedelta(seconds=seconds))
    keep_clicks(told.core, [*told.hits[:2], late])

    assert kinds(told)[0][0] == kind_then


@pytest.mark.parametrize(("seconds", "kind_then"), [(2, "unsure"), (2.001, "person")])
def test_who_sweeps_opens_every_link_within_two_seconds(bench: Any, seconds: float, kind_then: str) -> None:
    """Both links of one text, one after the other."""
    flow = """
        flow: welcome
        steps:
          - send: "${link.form} or ${link.feed} Bye"
            links: {form: {url: "${event.url}", track: box}, feed: {url: "https://box.example.org/feed"}}
    """
    bench.set_up(flow=flow)
    bench.register(0)
    bench.drain()
    bench.wait(hours=1)
    first, second = bench.column("SELECT id FROM link ORDER BY id")
    later = bench.now + timedelta(seconds=seconds)
    keep_clicks(bench.core, [Hit(first, bench.now, "GET", PHONE, 1)])
    alone = kinds(bench)
    keep_clicks(bench.core, [Hit(second, later, "GET", PHONE, 2)])

    assert alone == [("person", None)]
    assert [kind for kind, _ in kinds(bench)] == [kind_then] * 2


def test_clicks_in_doubt_make_a_crowd_with_the_next_one(told: Any) -> None:
    """Two that came too soon are of no person, and a third from their address is of none either."""
    receipts = [
        DeliveryStatus(provider_id=None, message_key=key, state=DeliveryState.DELIVERED)
        for key in told.column("SELECT key FROM message ORDER BY member_id")[:2]
    ]
    receive_events(told.core, "pigeon", receipts)
    keep_clicks(told.core, told.hits[:2])
    soon = kinds(told)
    keep_clicks(told.core, [told.hits[2]._replace(at=told.now + timedelta(seconds=30))])

    assert soon == [("unsure", "soon")] * 2
    assert kinds(told)[2] == ("unsure", "crowd")


def test_who_asked_not_to_be_remembered_keeps_the_class(told: Any) -> None:
    """Nothing else is known of the request."""
    keep_clicks(told.core, [told.hits[0]._replace(withheld=True)])
    count_clicks(told.core)

    assert told.rows("SELECT user_agent, ip_hash, kind FROM click") == [("", None, "person")]
    assert reclassify_clicks(told.core, everything=True).looked_at == 0


def test_a_submission_through_the_link_makes_an_unsure_click_a_persons(told: Any) -> None:
    """Only a person can have done that."""
    keep_clicks(told.core, told.hits)
    kinds(told)
    token = told.one("SELECT token FROM link WHERE id = :id", id=told.links[1])

    told.register(1, key="k", token=token)

    assert kinds(told)[1] == ("person", None)
    assert check_report(told.core)[1] == []


def test_a_request_that_is_told_twice_is_kept_once(told: Any) -> None:
    """After a crash nobody knows whether it was told."""
    for _ in range(2):
        keep_clicks(told.core, told.hits[:1])
    count_clicks(told.core)
    keep_clicks(told.core, told.hits[:1])

    assert kinds(told) == [("person", None)]
    assert told.one("SELECT person_clicks FROM link WHERE id = :id", id=told.links[0]) == 1


def test_addresses_are_forgotten(told: Any) -> None:
    """Hashes after 30 days; a month's key with the month, so that nobody can tell them even before."""
    keep_clicks(told.core, told.hits[:1])
    kinds(told)
    first = ip_key(told.core, told.now)

    told.wait(days=29)
    early = forget_addresses(told.core)
    second = ip_key(told.core, told.now)
    told.wait(days=2)

    assert (early, forget_addresses(told.core)) == (0, 1)
    assert told.column("SELECT ip_hash FROM click") == [None]
    assert first != second
    assert told.column("SELECT month FROM ip_key") == [202607]


def test_what_brought_a_submission_follows_the_new_rules(told: Any) -> None:
    """A click that turns out to be a machine's is no cause any more; one that turns out to be a person's is."""
    keep_clicks(told.core, [told.hits[0], told.hits[1]._replace(user_agent="curl/8.5.0")])
    count_clicks(told.core)
    told.wait(minutes=1)
    told.register(0, key="first")
    told.register(1, key="second")
    change(told, "UPDATE click SET user_agent = CASE tag WHEN 0 THEN 'curl/8.5.0' ELSE 'Mozilla/5.0 (iPhone)' END")

    reclassify_clicks(told.core, everything=True)

    causes = told.rows("SELECT link_id, matched_by FROM submission WHERE key IN ('first', 'second') ORDER BY key")
    assert causes == [(None, None), (told.links[1], "estimated")]
    (row,) = click_report(told.core)
    assert (row.clicked, row.submitted, row.estimated) == (1, 1, 1)
    assert check_report(told.core)[1] == []


def test_a_crowd_stays_one_when_its_addresses_are_forgotten(told: Any) -> None:
    """Nobody can tell any more who was in its company, so nothing speaks for it either."""
    keep_clicks(told.core, told.hits)
    before = kinds(told)
    told.wait(days=31)
    forget_addresses(told.core)

    merge_members(told.core, phone(0), phone(1))

    assert kinds(told) == before == [("unsure", "crowd")] * 3
    assert check_report(told.core)[1] == []
