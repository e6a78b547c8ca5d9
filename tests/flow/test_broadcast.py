"""A broadcast document becomes one value; ``specs/broadcasts.md`` shows only what is read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ascend_core.contracts import LinkSpec, Text
from ascend_core.flow.broadcast import check_broadcast, load_broadcast

PAGE = (Path(__file__).parents[2] / "specs" / "broadcasts.md").read_text("utf-8")
DOCUMENTS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_the_page_shows_is_read(document: str) -> None:
    """Without a problem or a warning."""
    broadcast, problems = check_broadcast(document, file="page", trackers={"mobilize"})

    assert broadcast is not None
    assert problems == ()


def test_every_key_is_in_the_value() -> None:
    """The first document of the page has them all."""
    broadcast = load_broadcast(DOCUMENTS[0], file="page", trackers={"mobilize"})

    assert broadcast.name == "June shifts"
    assert (broadcast.to, broadcast.excluded) == (("June volunteers", "Canvassers"), ("Staff",))
    assert broadcast.at == datetime(2026, 6, 3, 16, tzinfo=UTC)
    assert broadcast.expires == timedelta(hours=2)
    assert broadcast.links == {"form": LinkSpec(url=Text("${event.url}"), track="mobilize")}
    assert (broadcast.form, broadcast.run, broadcast.source) == ("Saturday Canvass", None, DOCUMENTS[0])


@pytest.mark.parametrize(
    ("rest", "problem"),
    [
        ("links: {a: {url: 'https://a.example.org', track: nobody}}\nsend: '${link.a}'", "F015 there is no link"),
        ("run: a\nlinks: {a: {url: 'https://a.example.org'}}", "F071 'links', 'links_url' and 'quiet_hours' belong to"),
        ("send: Hi\nat: tomorrow", "F014 'at' is 'tomorrow'; a moment is written"),
        ("send: Hi\nspec: 2", "F006 'spec' is 2; this release reads 1"),
        ("send: Hi\nlinks: {a: {url: '${event.url}'}}", "F021 'event.url' needs 'form:'"),
    ],
)
def test_problems_say_where_and_what(rest: str, problem: str) -> None:
    """Each with its line and column, all of them at once."""
    broadcast, problems = check_broadcast(f"broadcast: A\nto: [G]\n{rest}", file="b.yaml", trackers={"mobilize"})

    assert broadcast is None
    assert any(problem in str(each) for each in problems), problems
