# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Where a short link is answered, for how long, and what is remembered of whoever opens it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from attrs import evolve

from ascend_core.errors import BadInput
from ascend_core.operations.core import Options
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.operations.wording import Program
from ascend_core.runtime.opening import home_from
from ascend_core.testing import VirtualClock
from ascend_core.web.misses import MOST_A_MINUTE, Misses
from ascend_core.web.public import PublicApp
from tests.fakes.bench import NOON, Bench

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1"
OPTIONS = Options(
    public_url="https://ascend.example.org",
    links_urls=("https://go.example.org", "https://old.example.org"),
    links_live=timedelta(days=30),
    program=Program(name="Northfield <Action>", contact="help@example.org"),
)


@pytest.fixture(params=["sqlite"])
def kind(request: pytest.FixtureRequest) -> str:
    """What is tried here does not depend on the database."""
    return str(request.param)


@pytest.fixture
def site(request: pytest.FixtureRequest, make_bench: Callable[..., Bench]) -> Iterator[Any]:
    """A bench with two addresses for links, one link sent; ``ask`` makes requests."""
    bench: Any = make_bench(options=getattr(request, "param", OPTIONS))
    bench.set_up()
    bench.register(0)
    bench.drain()
    app = PublicApp(bench.core)

    def ask(*paths: str, host: str = "go.example.org", method: str = "GET", **headers: str) -> list[httpx.Response]:
        async def all_of_them() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url=f"https://{host}") as client:
                sent = {"user-agent": PHONE, **headers}
                return [await client.request(method, path, headers=sent) for path in paths]

        return asyncio.run(all_of_them())

    bench.ask = ask
    bench.code = bench.one("SELECT code FROM link")
    yield bench
    app.close()


def test_a_link_is_answered_under_any_of_our_names(site: Any) -> None:
    """It was texted with one of them; a person who has the text keeps it longer than we keep the name."""
    home, elsewhere = site.ask(f"/{site.code}"), site.ask(f"/{site.code}", host="old.example.org")

    assert site.bodies()[0].endswith(f"https://go.example.org/{site.code}")
    assert [reply.status_code for reply in (*home, *elsewhere)] == [302, 302]


def test_after_its_time_a_link_leads_nowhere_and_its_history_stays(site: Any) -> None:
    """Row F5: a friendly page; what came of it still counts."""
    site.ask(f"/{site.code}")
    site.wait(days=30)
    (late,) = site.ask(f"/{site.code}")
    count_clicks(site.core)

    assert (late.status_code, "This link is not active" in late.text) == (404, True)
    assert site.one("SELECT person_clicks FROM link") == 1


def test_who_guesses_codes_is_made_to_wait_and_nobody_else(site: Any) -> None:
    """Misses have a limit, links that exist have none."""
    misses = site.ask(*["/ABCDEFGHJ"] * MOST_A_MINUTE)
    (more,) = site.ask("/ABCDEFGHK")
    site.wait(seconds=61)
    (later,) = site.ask("/ABCDEFGHK")

    assert {reply.status_code for reply in misses} == {404}
    assert (more.status_code, later.status_code) == (429, 404)
    assert [reply.status_code for reply in site.ask(*[f"/{site.code}"] * 40)] == [302] * 40


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("no:address", "no:addresses", False),
    ],
)
def test_whoever_has_a_network_of_addresses_is_one_visitor(first: str, second: str, same: bool) -> None:
    """With IPv6 everybody has 2^64 of them: guessing from a new one each time is still guessing."""
    misses = Misses(VirtualClock(NOON))
    for _ in range(MOST_A_MINUTE):
        misses.note(first)

    assert misses.are_too_many(first)
    assert misses.are_too_many(second) == same


@pytest.mark.parametrize("asks", [{"sec-gpc": "1"}, {"dnt": "1"}])
def test_a_browser_that_asks_not_to_be_remembered_is_not(site: Any, asks: dict[str, str]) -> None:
    """Only that a person clicked, and when."""
    site.ask(f"/{site.code}", **asks)
    site.ask(f"/{site.code}")
    count_clicks(site.core)

    first, second = site.rows("SELECT kind, user_agent, ip_hash IS NULL, withheld FROM click ORDER BY tag")
    assert first == ("person", "", 1, 1)
    assert second == ("person", PHONE, 0, 0)


@pytest.mark.parametrize("site", [evolve(OPTIONS, clicks_anonymous=True)], indirect=True)
def test_nothing_of_anybody_is_kept_where_the_operator_says_so(site: Any) -> None:
    """As if every browser had asked for it; machines are told apart all the same."""
    site.ask(f"/{site.code}")
    site.ask(f"/{site.code}", **{"user-agent": "curl/8.5.0"})
    count_clicks(site.core)

    kept = site.rows("SELECT kind, user_agent, ip_hash IS NULL, withheld FROM click ORDER BY tag")
    assert kept == [("person", "", 1, 1), ("scanner", "", 1, 1)]


def test_an_address_is_never_stored(site: Any) -> None:
    """Nor can its hash be made without the key of the month."""
    site.ask(f"/{site.code}")
    count_clicks(site.core)

    (stored,) = site.rows("SELECT * FROM click")
    assert "127.0.0.1" not in map(str, stored)
    assert site.one("SELECT ip_hash FROM click") != 0


def test_the_bare_address_says_whose_links_these_are(site: Any) -> None:
    """And robots may look where a link leads."""
    home, robots = site.ask("/", "/robots.txt")
    (head,) = site.ask("/", method="HEAD")

    assert "Northfield &lt;Action&gt;" in home.text
    assert "help@example.org" in home.text
    assert (head.status_code, head.content) == (200, b"")
    assert robots.text == "User-agent: *\nDisallow:\n"


def test_the_settings_of_links_come_from_the_environment() -> None:
    """Several addresses, the first for new texts; an end."""
    urls = "https://go.example.org/, https://old.example.org"
    options = home_from({"ASCEND_LINKS_URL": urls, "ASCEND_LINKS_DAYS": "30"}).options

    assert options.links_urls == ("https://go.example.org", "https://old.example.org")
    assert (options.short_url, options.links_live) == ("https://go.example.org", timedelta(days=30))
    assert [home_from({"ASCEND_CLICKS_ANONYMOUS": word}).options.clicks_anonymous for word in ("yes", "no")] == [
        True,
        False,
    ]
    for wrong in ({"ASCEND_LINKS_DAYS": "soon"}, {"ASCEND_LINKS_URL": "https://a.example.org,ftp://b.example.org"}):
        with pytest.raises(BadInput, match=next(iter(wrong))):
            home_from(wrong)
