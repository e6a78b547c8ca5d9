# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The report as people see it: a table, a picture, a recount."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from ascend_core.cli.chart import MOST_BARS, Bar, draw_chart
from ascend_core.store.database import open_database, sqlite_url
from tests.fakes.bench import Bench

SPLIT = """
    flow: welcome
    steps:
      - split: tone
        arms:
          cool: {weight: 0}
          warm: {then: [{send: "Hi! ${link.form} Bye.", links: {form: {url: "${event.url}", track: box}}}]}
"""
SVG = "{http://www.w3.org/2000/svg}"


def widths(picture: str, kind: str) -> list[float]:
    """The widths of the bars of a kind, the legend's square left out."""
    root = ET.fromstring(picture)  # noqa: S314 -- ours
    found = [each for each in root.iter(f"{SVG}rect") if each.get("class") == kind]
    return [float(each.get("width", "0")) for each in found][1:]


def test_each_part_of_a_bar_lies_within_the_one_before() -> None:
    """Who signed up tapped, and who tapped got a link; lengths are to scale."""
    bars = [
        Bar(label="a <flow> & more", recipients=100, clicked=50, submitted=25),
        Bar(label="none", recipients=50, clicked=0, submitted=0),
    ]

    picture = draw_chart("Links, by flow", bars, "A note.")

    all_, tapped, done = (widths(picture, kind) for kind in ("all", "tapped", "done"))
    assert (tapped[0] / all_[0], done[0] / all_[0], all_[1] / all_[0]) == (0.5, 0.25, 0.5)
    assert (len(tapped), len(done)) == (1, 1)
    assert "a &lt;flow&gt; &amp; more" in picture
    assert "prefers-color-scheme: dark" in picture


def test_a_chart_of_very_much_says_what_it_leaves_out() -> None:
    """It stays a picture."""
    bars = [Bar(label=str(number), recipients=1, clicked=0, submitted=0) for number in range(MOST_BARS + 5)]

    picture = draw_chart("Links", bars, "A note.")

    assert len(widths(picture, "all")) == MOST_BARS
    assert "A note. 5 more lines are not shown." in picture


def test_the_report_is_drawn_checked_and_mended(made: Any, tmp_path: Path) -> None:
    """An empty one too."""
    file = tmp_path / "links.svg"
    drawn, checked, mended = (made("report", *more) for more in (("--svg", str(file)), ("--check",), ("--mend",)))
    again, both = made("clicks", "reclassify"), made("report", "--svg", str(file), "--check")

    assert (drawn.code, ET.parse(file).getroot().tag) == (0, f"{SVG}svg")  # noqa: S314 -- ours
    assert (checked.err, checked.code) == ("Counted again: all figures of 0 counters are right.\n", 0)
    assert (mended.err, mended.code) == ("Every figure was right.\n", 0)
    assert again.err == "0 clicks looked at with rules version 2.\n"
    assert both.code == 2


@pytest.fixture
def told(made: Any, home: Path) -> Any:
    """Two people got a link; the first opened theirs, and the second signed up through it."""
    bench = Bench(open_database(sqlite_url(home / "ascend.db")), home)
    bench.set_up()
    bench.register(0, 1)
    bench.drain()
    bench.wait(minutes=1)
    bench.click(bench.one("SELECT min(id) FROM link"))
    bench.register(1, key="k7", token=bench.one("SELECT token FROM link ORDER BY id LIMIT 1"))
    bench.core.database.close()
    return made


def test_sign_ups_through_a_forwarded_link_are_listed(told: Any, run: Any) -> None:
    """Row F4: they count for nobody, so they are shown apart, and explained."""
    shown, listed = told("clicks", "shared").out, told("clicks", "shared", "--json").json()
    why = [each["said"] for each in told("explain", "--attendance", "k7", "--json").json()]

    assert "k7" in shown
    assert [{**each, "created_at": None} for each in listed] == [
        {
            "key": "k7",
            "form": "Canvass f0",
            "created_at": None,
            "url": "https://box.example.org/form/f0",
            "member_id": 1,
            "sent_for": "Welcome",
        }
    ]
    assert "It came through a link that was texted to somebody else, so it counts in no report." in why


def test_without_any_the_list_says_so(made: Any) -> None:
    """And as a document it is empty."""
    assert made("clicks", "shared").err == "Nobody signed up through a link that was texted to somebody else.\n"
    assert made("clicks", "shared", "--json").json() == []


def test_the_report_in_a_table_for_other_programs(told: Any) -> None:
    """Rates between 0 and 1, and nothing where there is none."""
    (row,) = csv.DictReader(StringIO(told("report", "--csv").out))
    shown = told("report")

    assert (row["flow"], row["recipients"], row["clicked"], row["click_through_rate"]) == ("welcome", "2", "1", "0.5")
    submissions = (row["submissions_exact"], row["submissions_estimated"])
    assert (submissions, row["conversion_rate"], row["clicks"]) == (("0", "0"), "0.0", "1")
    assert "Submissions, exact" in shown.out
    assert "50.0%" in shown.out
    assert "Left out: 0 hits of machines and 0 unsure" in shown.err


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (("--only", "welcom"), "there is no flow 'welcom'; did you mean 'welcome'?"),
        (("--by", "arm", "--only", "Welcom"), "there is no automation 'Welcom'; did you mean 'Welcome'?"),
        (("--by", "broadcast", "--only", "June"), "there is no broadcast 'June'; see: ascend report --by broadcast"),
        (
            ("--url", "https://box.example.org/form/f1"),
            "no link in a text led to https://box.example.org/form/f1; did you mean 'https://box.example.org/form/f0'?",
        ),
    ],
)
def test_a_misspelt_name_is_no_empty_report(told: Any, asked: tuple[str, ...], answer: str) -> None:
    """Whoever reads 'nothing was sent' would believe it."""
    ran = told("report", *asked)

    assert (ran.code, ran.err) == (4, f"error: {answer}\n")


def test_the_arms_of_a_split_are_in_every_format(made: Any, home: Path) -> None:
    """Flow, split and arm, with the figures of any line."""
    bench = Bench(open_database(sqlite_url(home / "ascend.db")), home)
    bench.set_up(flow=SPLIT)
    bench.register(0)
    bench.drain()
    bench.core.database.close()

    (line,) = made("report", "--by", "split", "--json").json()
    (row,) = csv.DictReader(StringIO(made("report", "--by", "split", "--csv").out))
    table = made("report", "--by", "split").out
    misspelt = made("report", "--by", "split", "--only", "welcom")

    assert list(line)[:4] == ["flow", "split", "arm", "recipients"]
    assert [line[name] for name in ("flow", "split", "arm", "recipients")] == ["welcome", "tone", "warm", 1]
    assert (row["flow"], row["split"], row["arm"], row["recipients"]) == ("welcome", "tone", "warm", "1")
    assert "Split" in table
    assert misspelt.err == "error: there is no flow 'welcom'; did you mean 'welcome'?\n"


def test_without_a_split_the_report_of_splits_says_so(told: Any) -> None:
    """Not that nothing was sent."""
    assert told("report", "--by", "split").err == "No tracked link was sent behind a split yet.\n"
