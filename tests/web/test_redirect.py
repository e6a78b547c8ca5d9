"""Short links: every click is kept, and nobody waits for it in vain."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from attrs import evolve

from ascend_core.errors import TryLater
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.operations.outgoing import CODE_ALPHABET
from ascend_core.operations.record_clicks import Hit
from ascend_core.store.database import Database, open_database
from ascend_core.web.click_writer import ClickWriter
from ascend_core.web.lookups import Lookups
from ascend_core.web.public import PublicApp
from ascend_core.web.redirect import code_in

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1"


@pytest.fixture
def site(bench: Any) -> Iterator[Any]:
    """The public application over a bench with one link sent; ``ask`` makes requests."""
    bench.set_up()
    bench.register(0)
    app = PublicApp(bench.core)

    def ask(*paths: str, method: str = "GET", **headers: str) -> list[httpx.Response]:
        async def all_of_them() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="https://go.example.org") as client:
                headers.setdefault("user-agent", PHONE)
                asked = [client.request(method, path, headers=headers) for path in paths]
                return list(await asyncio.gather(*asked))

        return asyncio.run(all_of_them())

    bench.ask = ask
    bench.code = bench.one("SELECT code FROM link")
    yield bench
    app.close()


def counted(bench: Any) -> Any:
    """The bench, every click counted."""
    count_clicks(bench.core)
    return bench


def clicks(bench: Any) -> list[tuple[str, str]]:
    """Method and class of every click kept."""
    return counted(bench).rows("SELECT method, kind FROM click ORDER BY id")


def test_a_click_is_committed_before_it_is_answered(site: Any) -> None:
    """A 302 to the marked page, which nobody may cache or index (rows F2, F3)."""
    (reply,) = site.ask(f"/{site.code}")

    token = site.one("SELECT token FROM link")
    assert reply.status_code == 302
    assert reply.headers["location"].startswith(f"https://box.example.org/form/f0?utm_content={token}&")
    assert {name: reply.headers[name] for name in ("cache-control", "x-robots-tag", "referrer-policy")} == {
        "cache-control": "private, no-store",
        "x-robots-tag": "noindex, nofollow",
        "referrer-policy": "no-referrer",
    }
    assert clicks(site) == [("GET", "person")]
    assert site.rows("SELECT person_clicks, machine_clicks FROM link") == [(1, 0)]


def test_head_is_answered_and_never_a_click_of_a_person(site: Any) -> None:
    """Nor is what a machine fetches; the first click of a person stays the first."""
    (reply,) = site.ask(f"/{site.code}", method="HEAD")
    site.ask(f"/{site.code}", **{"user-agent": "WhatsApp/2.23"})
    site.ask(f"/{site.code}", **{"sec-purpose": "prefetch"})
    before = counted(site).one("SELECT first_click_at FROM link")
    site.ask(f"/{site.code}", f"/{site.code}")
    first = site.now
    site.wait(hours=1)
    site.ask(f"/{site.code}")

    assert (reply.status_code, reply.content, before) == (302, b"", None)
    assert [kind for _, kind in clicks(site)] == ["head", "preview", "prefetch", "person", "person", "person"]
    assert site.rows("SELECT person_clicks, machine_clicks, first_click_at FROM link") == [
        (3, 3, int(first.timestamp() * 1e6))
    ]


@pytest.mark.parametrize("glued", [".", ",", "!", "/", ">", "**", "?)", "...", "%20", "”", "%E2%80%9D", ")."])
def test_punctuation_that_clings_to_a_link_is_no_part_of_it(site: Any, glued: str) -> None:
    """Phones make it part of the link."""
    (reply,) = site.ask(f"/{site.code}{glued}".replace("?", "%3F"))

    assert reply.status_code == 302


@pytest.mark.parametrize("last", CODE_ALPHABET)
def test_a_code_may_end_in_any_of_its_letters(last: str) -> None:
    """None of them is taken for punctuation."""
    assert code_in(f"/ABCDEFGH{last}") == f"ABCDEFGH{last}"
    assert code_in(f"/ABCDEFGH{last}. ") == f"ABCDEFGH{last}"


@pytest.mark.parametrize("path", ["/ABCDEFGHJ", "/short", "/favicon.ico", "/ABCDEFGHJ/more", "/0OIl10OIl"])
def test_an_unknown_code_gets_a_friendly_page(site: Any, path: str) -> None:
    """Row F5: 404, whatever the request asks to be sent to."""
    for asked in (path, f"{path}?url=https://evil.example"):
        (reply,) = site.ask(asked)
        assert (reply.status_code, "location" in reply.headers) == (404, False)
        assert "This link is not active" in reply.text
    assert clicks(site) == []


def test_the_destination_is_not_in_the_visitors_hands(site: Any) -> None:
    """Row F5: what they add to the link changes nothing."""
    plain, with_more = site.ask(f"/{site.code}", f"/{site.code}?url=https://evil.example&utm_content=x")

    assert plain.headers["location"] == with_more.headers["location"]


def test_many_clicks_at_once_are_all_kept(site: Any) -> None:
    """They share commits."""
    replies = site.ask(*[f"/{site.code}"] * 60)

    assert {reply.status_code for reply in replies} == {302}
    assert counted(site).one("SELECT person_clicks FROM link") == site.one("SELECT count(*) FROM click") == 60


def test_a_click_that_can_never_count_takes_no_other_with_it(site: Any) -> None:
    """Somebody deleted a link that is still remembered: the others' clicks go on counting."""
    (link_id,) = site.column("SELECT id FROM link")
    writer = ClickWriter(site.core)
    hit = Hit(link_id=link_id, at=site.now, method="GET", user_agent=PHONE)

    async def keep_all() -> None:
        hits = [hit._replace(link_id=999), *(hit._replace(tag=tag) for tag in range(3))]
        await asyncio.gather(*map(writer.keep, hits))

    asyncio.run(keep_all())
    writer.close()

    assert counted(site).one("SELECT person_clicks FROM link") == 3


@pytest.mark.parametrize("kind", ["sqlite"])
def test_people_go_on_while_the_database_is_locked(site: Any) -> None:
    """The redirect never fails for our sake; the click is kept as soon as it can be."""
    with site.core.database.engine.begin() as other:
        other.exec_driver_sql("UPDATE link SET name = name")
        (reply,) = site.ask(f"/{site.code}")
        during = clicks(site)

    while not clicks(site):
        site.ask("/health")

    assert (reply.status_code, during) == (302, [])
    assert clicks(site) == [("GET", "person")]


def test_a_link_that_cannot_be_looked_up_is_asked_for_again(site: Any) -> None:
    """No 404, which would say that it is wrong, and no bare error."""
    gone = open_database("postgresql://me:hush@127.0.0.1:1/nothing")
    app = PublicApp(evolve(site.core, database=gone))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://go.example.org") as client:
            return await client.get(f"/{site.code}", headers={"user-agent": PHONE})

    reply = asyncio.run(ask())
    app.close()
    gone.close()

    assert (reply.status_code, reply.headers["retry-after"]) == (503, "10")
    assert "again in a minute" in reply.text
    assert "hush" not in reply.text


def test_the_plain_pages(site: Any) -> None:
    """Whoever types the bare address, and whoever watches the server."""
    home, health, hook = site.ask("/", "/health", "/hooks/nobody/status")

    assert (home.status_code, health.text, hook.status_code) == (200, "ok\n", 404)
    assert "reply STOP" in home.text


def test_nobody_waits_for_a_database_that_went_silent(site: Any) -> None:
    """Whoever asks for a link that nobody asked for before is told soon to tap it again."""
    open_again = threading.Event()

    class Silent(Database):
        def read(self, work: Any) -> Any:
            open_again.wait(20)
            return super().read(work)

    lookups = Lookups(evolve(site.core, database=Silent(site.core.database.engine)), patience_seconds=0.05)

    async def ask() -> None:
        with pytest.raises(TryLater, match="does not answer"):
            await lookups.find(site.code)

    asyncio.run(ask())
    open_again.set()
    lookups.close()


@pytest.mark.parametrize(
    ("client", "named", "hidden"),
    [
        ("203.0.113.9", None, False),
        ("203.0.113.9", "198.51.100.4, 203.0.113.9", False),
        ("10.88.0.1", "198.51.100.4", True),
    ],
)
def test_a_proxy_that_is_not_believed_shows(site: Any, client: str, named: str | None, hidden: bool) -> None:
    """All visitors would seem to be one: ``ascend doctor`` looks for this."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(PublicApp(site.core), client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url="https://go.example.org") as http:
            return await http.get("/health", headers={} if named is None else {"x-forwarded-for": named})

    answer = asyncio.run(ask())

    assert (answer.text, answer.headers.get("x-ascend-visitors")) == ("ok\n", "hidden" if hidden else None)
