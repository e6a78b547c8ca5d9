"""Which text brought a submission."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest


@pytest.fixture
def told(bench: Any) -> Any:
    """Person 0 got a link to ``f0`` and person 1 another."""
    bench.set_up(forms=2)
    bench.register(0, 1)
    bench.drain()
    bench.wait(hours=1)
    return bench


def link(bench: Any, person: int) -> tuple[int, str]:
    """Id and token of the link a person got."""
    (found,) = bench.rows(
        "SELECT l.id, l.token FROM link l JOIN member m ON m.id = l.member_id WHERE m.first_name = :name",
        name=f"Ana{person}",
    )
    return found


def matched(bench: Any, key: str) -> tuple[int | None, str | None]:
    """What a submission is attributed to."""
    (found,) = bench.rows("SELECT link_id, matched_by FROM submission WHERE key = :key", key=key)
    return found


def test_a_token_that_comes_back_is_exact(told: Any) -> None:
    """Row F4; the link remembers when."""
    id_, token = link(told, 0)

    told.register(0, key="k", token=token)

    assert matched(told, "k") == (id_, "exact")
    assert told.one("SELECT submitted_at FROM link WHERE id = :id", id=id_) == int(told.now.timestamp() * 1e6)


def test_a_token_on_another_persons_submission_is_shared(told: Any) -> None:
    """A forwarded link counts for nobody."""
    id_, token = link(told, 0)

    told.register(1, key="k", token=token)

    assert matched(told, "k") == (id_, "shared")
    assert told.one("SELECT submitted_at FROM link WHERE id = :id", id=id_) is None


def test_without_a_token_a_recent_click_is_the_likely_cause(told: Any) -> None:
    """Same member, same form, the click before the submission."""
    id_, _ = link(told, 0)
    told.click(id_)
    told.wait(days=6)

    told.register(0, key="k")
    told.register(0, key="other form", form_key="f1")
    told.register(1, key="no click")

    assert matched(told, "k") == (id_, "estimated")
    assert matched(told, "other form") == matched(told, "no click") == (None, None)


@pytest.mark.parametrize("later", [timedelta(hours=-2), timedelta(days=7, seconds=1)])
def test_a_click_after_it_or_long_before_it_is_no_cause(told: Any, later: timedelta) -> None:
    """Within seven days, and never backwards."""
    id_, _ = link(told, 0)
    told.click(id_)

    told.register(0, key="k", created_at=told.now + later, modified_at=told.now + timedelta(days=8))

    assert matched(told, "k") == (None, None)


def test_a_machines_click_is_no_cause(told: Any) -> None:
    """Row F3: only persons count."""
    id_, _ = link(told, 0)
    told.click(id_, agent="facebookexternalhit/1.1 Facebot Twitterbot/1.0")

    told.register(0, key="k")

    assert matched(told, "k") == (None, None)
    assert told.rows("SELECT person_clicks, machine_clicks, first_click_at FROM link WHERE id = :id", id=id_) == [
        (0, 1, None)
    ]


def test_a_submission_without_opt_in_still_counts_for_its_link(told: Any) -> None:
    """Row A9: nobody is nudged for a form they did submit; only the link is remembered."""
    id_, token = link(told, 0)

    told.register(0, key="k", token=token, opted_in=None)

    assert told.rows("SELECT reason, member_id, link_id, matched_by FROM submission WHERE key = 'k'") == [
        ("no_opt_in", None, id_, "exact")
    ]
    assert told.one("SELECT submitted_at FROM link WHERE id = :id", id=id_) is not None


def test_the_first_submission_through_a_link_is_the_one_it_remembers(told: Any) -> None:
    """Whatever the order they come in."""
    id_, token = link(told, 0)
    earlier = told.now - timedelta(minutes=10)

    told.register(0, key="late", token=token)
    told.register(0, key="early", token=token, created_at=earlier)
    told.register(0, key="latest", token=token, created_at=told.now + timedelta(minutes=1))

    assert told.one("SELECT submitted_at FROM link WHERE id = :id", id=id_) == int(earlier.timestamp() * 1e6)


BEFORE = """
    flow: welcome
    steps:
      - send: "New: ${link.new} Bye"
        links: {new: {url: "https://box.example.org/form/new", track: box}}
        nudges: [{nudge: box.no_submission, link: new, after: 24h, text: "Finish: ${link.new} Bye"}]
"""


def test_a_link_that_was_texted_before_its_form_was_known_leads_to_it_afterwards(bench: Any) -> None:
    """Somebody texts the page of an event that was made a moment ago: what comes of it counts, and ends the nudge."""
    bench.set_up(flow=BEFORE)
    bench.register(0)
    bench.drain()
    bench.source.forms_now.append(bench.form("new"))
    bench.fetch()
    bench.click(bench.one("SELECT id FROM link"))

    bench.wait(hours=1)
    bench.register(0, form_key="new", key="k")
    bench.wait(hours=23)
    bench.drain()

    assert matched(bench, "k") == (bench.one("SELECT min(id) FROM link"), "estimated")
    assert bench.rows("SELECT outcome, reason FROM timer WHERE kind = 'nudge' ORDER BY id LIMIT 1") == [
        ("skipped", "submitted")
    ]


def test_a_url_that_missed_its_form_finds_it_when_it_is_texted_again(bench: Any) -> None:
    """Another worker was adding the form at that moment."""
    bench.set_up()
    bench.register(0)
    bench.core.database.write(lambda tx: tx.exec_driver_sql("UPDATE url SET form_id = NULL"))

    bench.register(1)

    assert bench.column("SELECT form_id FROM url") == bench.column("SELECT id FROM form")
