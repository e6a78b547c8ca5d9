# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Links as they are made: one for each member, message and URL."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent
from typing import Any

import attrs
import pytest

from ascend_core.errors import BadInput
from ascend_core.operations.broadcast_preview import preview_broadcast
from ascend_core.operations.broadcasts import make_broadcast
from ascend_core.operations.core import Options
from ascend_core.operations.import_members import import_members
from ascend_core.operations.recent import words_of
from tests.fakes.bench import Bench, phone

ONE_PLACE = """
    flow: welcome
    steps:
      - send: "Sign up: ${link.form} or look first: ${link.look} Bye"
        links: {form: {url: "${event.url}", track: box}, look: {url: "https://box.example.org/form/f0", track: box}}
        nudges:
          - {nudge: box.no_submission, link: look, after: 24h, text: "Finish: ${link.look} Bye"}
          - {nudge: no_link_click, link: look, after: 24h, text: "Look: ${link.look} Bye"}
"""


def test_two_names_of_one_address_share_a_link(bench: Any) -> None:
    """Whatever made them equal, the text goes out, and a nudge may be about either name."""
    bench.set_up(flow=ONE_PLACE)
    bench.register(0)
    bench.drain()

    (code,) = bench.column("SELECT code FROM link")
    bench.click(bench.one("SELECT id FROM link"))
    bench.wait(hours=24)
    bench.drain()

    link = f"https://go.example.org/{code}"
    assert bench.bodies()[0] == f"Sign up: {link} or look first: {link} Bye"
    assert bench.rows("SELECT outcome, reason FROM timer WHERE kind = 'nudge' ORDER BY nudge_index") == [
        ("sent", None),
        ("skipped", "clicked"),
    ]


def test_two_names_of_one_address_in_a_broadcast(bench: Any) -> None:
    """Everybody gets it."""
    document = """
        broadcast: Twice
        to: [June]
        send: "See ${link.a} and again ${link.b} Bye"
        links: {a: {url: "https://example.org/june"}, b: {url: "https://example.org/june"}}
    """
    bench.connect()
    import_members(bench.core, [{"phone": phone(number)} for number in range(3)], proof="a sheet", groups=["June"])
    make_broadcast(bench.core, dedent(document), file="b.yaml")
    bench.drain()

    assert len(bench.bodies()) == bench.one("SELECT count(*) FROM link") == 3


TWO = Options(
    public_url="https://ascend.example.org", links_urls=("https://go.example.org", "https://north.example.org")
)
OWN = """
    flow: welcome
    links_url: https://north.example.org/
    steps:
      - send: "Sign up: ${link.form} Bye"
        links: {form: {url: "${event.url}", track: box}}
        nudges: [{nudge: no_link_click, link: form, after: 24h, text: "Look: ${link.form} Bye"}]
"""
NEWS = """
    broadcast: News
    to: [June]
    links_url: %s
    send: "See ${link.news} Bye"
    links: {news: {url: "https://example.org/june"}}
"""


def test_a_flow_has_its_links_at_the_address_it_names(make_bench: Callable[..., Bench]) -> None:
    """Several organizations, each with its own; nudges too. An address that was given up gives way to the usual one."""
    bench = make_bench(options=TWO)
    bench.set_up(flow=OWN)
    bench.register(0)
    bench.drain()
    bench.core = attrs.evolve(bench.core, options=attrs.evolve(TWO, links_urls=("https://go.example.org",)))
    bench.wait(hours=24)
    bench.drain()

    assert [body.split("/")[2] for body in bench.bodies()] == ["north.example.org", "go.example.org"]
    assert bench.column("SELECT host FROM link ORDER BY id") == ["north.example.org", "go.example.org"]


def test_a_broadcast_too(make_bench: Callable[..., Bench]) -> None:
    """And its preview shows it."""
    bench = make_bench(options=TWO)
    bench.connect()
    import_members(bench.core, [{"phone": phone(0)}], proof="a sheet", groups=["June"])
    document = dedent(NEWS % "https://north.example.org")
    shown = preview_broadcast(bench.core, document, file="b.yaml").text
    make_broadcast(bench.core, document, file="b.yaml")
    bench.drain()

    assert shown == "See https://north.example.org/xxxxxxxxx Bye"
    assert bench.bodies()[0].startswith("See https://north.example.org/")
    assert words_of(bench.core, bench.bodies()[0]) == "See <link> Bye"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("https://nort.example.org", r"no short link is answered at .*; did you mean https://north\.example\.org\?"),
        ("https://links.example.net", "there are https://go.example.org, https://north.example.org, https://ascend"),
        ("north.example.org", "F025 'links_url' is no web address"),
    ],
)
def test_an_address_that_is_none_of_ours_is_refused(make_bench: Callable[..., Bench], asked: str, told: str) -> None:
    """Before anybody gets a link that leads nowhere."""
    bench = make_bench(options=TWO)
    bench.connect()
    import_members(bench.core, [{"phone": phone(0)}], proof="a sheet", groups=["June"])

    with pytest.raises(BadInput, match=told):
        bench.publish(OWN.replace("https://north.example.org/", asked))
    for use in (make_broadcast, preview_broadcast):
        with pytest.raises(BadInput, match=told):
            use(bench.core, dedent(NEWS % asked), file="b.yaml")
