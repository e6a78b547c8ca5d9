# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Links as they are made: one for each member, message and URL."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

from ascend_core.operations.broadcasts import make_broadcast
from ascend_core.operations.import_members import import_members
from tests.fakes.bench import phone

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
