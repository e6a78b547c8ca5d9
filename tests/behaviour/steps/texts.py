# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Steps: What people got, and where the links lead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from pytest_bdd import parsers, then

from ascend_core.operations.summary import summarize
from tests.behaviour.story import Story

__all__: list[str] = []


@then(parsers.parse('{name:w} gets the text "{text}"'))
def _gets(story: Story, name: str, text: str) -> None:
    assert story.new_texts(name) == [text]


@then(parsers.parse("{name:w} gets the texts"))
def _gets_several(story: Story, name: str, datatable: list[list[str]]) -> None:
    assert story.new_texts(name) == [text for (text,) in datatable]


@then(parsers.parse("{name:w} gets no text"))
def _gets_none(story: Story, name: str) -> None:
    assert story.new_texts(name) == []


@then("everybody got the same text every time")
def _same_text(story: Story) -> None:
    assert all(len(set(story.texts(name))) == 1 for name in story.people)


@then(parsers.parse('somebody got the text "{text}"'))
def _somebody_got(story: Story, text: str) -> None:
    assert any(text in story.texts(name) for name in story.people)


@then(parsers.parse('nobody got the text "{text}"'))
def _nobody_got(story: Story, text: str) -> None:
    assert all(text not in story.texts(name) for name in story.people)


@then(parsers.parse('the page that opens is "{address}"'))
def _page_is(story: Story, address: str) -> None:
    """``<id>`` stands for any id that tells nobody anything, ``<form: name>`` for a form's own address."""
    assert story.opened is not None
    pattern = re.escape(address).replace("<id>", "[0-9A-Za-z]{8,20}")
    for name, url in story.form_urls.items():
        pattern = pattern.replace(re.escape(f"<form: {name}>"), re.escape(url))
    found = story.opened.headers.get("location", "")
    assert re.fullmatch(pattern, found), found


@then("no cache may keep the redirect")
def _no_cache(story: Story) -> None:
    assert story.opened is not None
    assert (story.opened.status_code, "no-store" in story.opened.headers["cache-control"]) == (302, True)


@then("the id in the link is not the id in the page's address")
def _ids_differ(story: Story) -> None:
    assert story.opened is not None
    query = parse_qs(urlsplit(story.opened.headers["location"]).query)
    ids = {story.opened.url.path.strip("/"), *query["utm_content"], *query["utm_campaign"]}
    assert len(ids) == 3


@then("every link in the texts is another one")
def _links_differ(story: Story) -> None:
    texts = [text for name in story.people for text in story.texts(name)]
    links = [link for text in texts for link in re.findall(rf"{re.escape(story.world.public_url)}/\w+", text)]
    assert len(set(links)) == len(links) > 1


@then(parsers.parse("the links in {name:w}'s texts are at"))
def _links_at(story: Story, name: str, datatable: list[list[str]]) -> None:
    found = [link.rpartition("/")[0] for text in story.texts(name) for link in re.findall(r"https?://\S+", text)]
    assert sorted(found) == sorted(address for (address,) in datatable)


@then(parsers.parse('every link in {name:w}\'s texts leads to "{form}"'))
def _links_lead(story: Story, name: str, form: str) -> None:
    for link in [link for text in story.texts(name) for link in re.findall(r"https?://\S+", text)]:
        assert story.open(link).startswith(f"{story.form_urls[form]}?utm_medium=sms&")


@then(parsers.parse('a friendly page says "{sentence}"'))
def _friendly_page(story: Story, sentence: str) -> None:
    assert story.opened is not None
    assert (story.opened.status_code, sentence in story.opened.text) == (404, True)


@then("the clicks are")
def _clicks(story: Story, datatable: list[list[str]]) -> None:
    found = {kind: count for kind, count in summarize(story.world.core)["clicks"].items() if count}
    assert found == _counts(datatable)


def _counts(table: Sequence[Sequence[str]]) -> dict[str, int]:
    return {name: int(times) for name, times in table}
