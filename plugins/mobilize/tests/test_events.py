"""Reading events as forms."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ascend_core.contracts import Form, Rejected
from ascend_mobilize.events import read_deletion, read_event


def test_an_event_is_a_form_from_its_first_slot_to_its_last(event) -> None:
    """Slots come in any order; a title is one line."""
    assert read_event(event()) == Form(
        key="70021",
        name="Canvass with the Neighbors",
        url="https://www.mobilize.us/examplecounty/event/70021/",
        starts_at=datetime.fromtimestamp(1_767_200_400, UTC),
        ends_at=datetime.fromtimestamp(1_767_294_000, UTC),
        timezone="America/New_York",
        location="Union Hall, 12 Example Street, Sampletown, NY 10001",
    )


def test_an_event_without_times_place_or_title_is_a_form(event) -> None:
    """A petition has no slots, an online event no place; both have people who sign up."""
    form = read_event(event(timeslots=[], location=None, title=None, browser_url=None))

    assert form == Form(key="70021", name="Event 70021", timezone="America/New_York")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"address_visibility": "PRIVATE", "location.venue": "This event’s address is private."},
            "Sampletown, NY 10001",
        ),
        ({"is_virtual": True}, ""),
        ({"location.venue": "12 Example Street"}, "12 Example Street, Sampletown, NY 10001"),
        ({"location": {"locality": "Sampletown"}}, "Sampletown"),
    ],
)
def test_where_to_go(event, changes, expected) -> None:
    """A private address stays private, and an online event does not give away where its host lives."""
    assert read_event(event(changes)).location == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("events.example.org/event/345/", "https://events.example.org/event/345/"),
        ("https://events.example.org/event/345/", "https://events.example.org/event/345/"),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_the_page_of_an_event(event, url, expected) -> None:
    """Addresses without scheme have been seen; anything else but a web page is none."""
    assert read_event(event(browser_url=url)).url == expected


def test_a_masked_event_is_set_aside_under_a_stable_key(event) -> None:
    """Mobilize once sent events with every field null; they are counted."""
    masked = dict.fromkeys(event()) | {"timezone": "America/New_York", "timeslots": [{"id": None, "start_date": 5}]}

    assert read_event(masked) == read_event(masked)
    assert read_event(masked).reason == "masked"


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"title": ["a"]}, "field title: expected a text"),
        ({"timeslots.1.start_date": "noon"}, "field timeslots[1].start_date: expected a whole number"),
        ({"location.address_lines": "12 Example Street"}, "field location.address_lines: expected a list"),
    ],
)
def test_a_broken_event_says_which_field(event, changes, detail) -> None:
    """Under its own id, so that it is the same row once it is mended."""
    assert read_event(event(changes)) == Rejected(key="70021", reason="malformed", detail=detail)


def test_a_deletion_is_a_form_that_is_gone() -> None:
    """Mobilize tells the number only."""
    assert read_deletion({"id": 86_765, "deleted_date": 1_767_000_000}) == Form(key="86765", name="", deleted=True)
    assert read_deletion({"id": None}).reason == "masked"
    assert read_deletion({"id": "86765"}).reason == "malformed"
    assert read_deletion("86765").reason == "malformed"
