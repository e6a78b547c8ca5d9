"""What Mobilize's answers mean for us, right ones and wrong ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_core.contracts import Rejected
from ascend_core.errors import NeedsAttention, Refused, RunTimeError, TryLater
from ascend_mobilize.answers import Answered, Page, read_page, wait_seconds
from ascend_mobilize.attendances import read_attendance

NOW = datetime(2026, 1, 1, tzinfo=UTC)
JSON = "application/json"
FULL = json.dumps({"count": 1, "next": None, "data": [{"id": 1, "title": "Ñandú"}]}, ensure_ascii=False).encode()


def _answered(status: int, body: bytes, content_type: str = JSON, **headers: str) -> Answered:
    return Answered(
        what="Mobilize (organization 4310, /v1/x)",
        status=status,
        headers={"content-type": content_type, **{name.replace("_", "-"): value for name, value in headers.items()}},
        body=body,
    )


@pytest.mark.parametrize(
    ("body", "page"),
    [
        (FULL, Page(records=({"id": 1, "title": "Ñandú"},), total=1)),
        (b"\xef\xbb\xbf" + FULL, Page(records=({"id": 1, "title": "Ñandú"},), total=1)),
        (FULL.replace("Ñ".encode(), b"\xff"), Page(records=({"id": 1, "title": "\ufffdandú"},), total=1)),
        (b'{"data": [], "error": null, "next": ""}', Page(records=())),
        (b'{"data": [7], "count": "many", "next": "https://x/"}', Page(records=(7,), next="https://x/")),
        (b'{"data": [], "count": 5, "results_limited_to": 1000}', Page(records=(), total=5)),
    ],
)
def test_a_page_is_read(body: bytes, page: Page) -> None:
    """A byte order mark is skipped, and one bad byte spoils one letter, not the page."""
    assert read_page(_answered(200, body), now=NOW) == page


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize(
    ("way", "field"),
    [
        (("modified_date",), "modified_date"),
        (("person", "user_id"), "person.user_id"),
        (("person", "phone_numbers", 0, "number"), "person.phone_numbers[0].number"),
        (("event", "timezone"), "event.timezone"),
        (("id",), "id"),
    ],
)
def test_a_number_without_end_spoils_its_own_record(attendance, way, field: str, sign: str) -> None:
    """Python reads no whole number of more than 4300 digits; the people on the rest of the page are not held up."""
    digits, records = "9" * 5000, [attendance(id=1), attendance(id=2), attendance(id=3)]
    place: Any = records[1]
    for name in way[:-1]:
        place = place[name]
    place[way[-1]] = "here"
    body = json.dumps({"data": records, "count": 3}).replace('"here"', sign + digits).encode()

    page = read_page(_answered(200, body), now=NOW)

    first, broken, last = map(read_attendance, page.records)
    assert isinstance(broken, Rejected)
    assert (broken.reason, broken.detail.partition(":")[0]) == ("malformed", f"field {field}")
    assert [first, last] == [read_attendance(records[0]), read_attendance(records[2])]
    assert [first.key, last.key, page.total] == ["1", "3", 3]


@pytest.mark.parametrize(
    ("answered", "after_seconds"),
    [
        (_answered(429, b'{"error":"rate-limited"}'), 1.0),
        (_answered(429, b'{"error":"rate-limited"}', retry_after="7"), 7.0),
        (_answered(429, b"", retry_after="soon"), 1.0),
        (_answered(429, b"", retry_after="Thu, 01 Jan 2026 00:00:30 GMT"), 30.0),
        (_answered(200, b'{"error":"rate-limited"}'), 1.0),
        (_answered(200, b'{"error":"rate-limited"}', retry_after="3"), 3.0),
        (_answered(200, b'{"data": null, "error": {"x": 1}}'), None),
        (_answered(200, b"<!DOCTYPE html><title>Please wait...</title>", "text/html"), None),
        (_answered(403, b"<!DOCTYPE html><title>Please wait...</title>", "text/html"), None),
        (_answered(200, FULL[:-9]), None),
        (_answered(200, b""), None),
        (_answered(200, b"[]"), None),
        (_answered(200, b'{"data": {}}'), None),
        (_answered(200, b'{"data": [], "next": 7}'), None),
        (_answered(200, b'{"data": ' + b"[" * 200_000), None),
        (_answered(200, b'{"data": [' + b"9" * 5000), None),
        (_answered(204, b""), None),
        (_answered(408, b""), None),
        (_answered(500, b"oops"), None),
        (_answered(503, b"", retry_after="120"), 120.0),
    ],
)
def test_what_may_pass_is_tried_later(answered: Answered, after_seconds: float | None) -> None:
    """Being too fast, waiting pages, cut bodies and broken servers lose nothing: the page is asked for again."""
    with pytest.raises(TryLater) as problem:
        read_page(answered, now=NOW)

    assert problem.value.after_seconds == after_seconds


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_not_accepted_needs_a_person(status: int) -> None:
    """The message says who refused what, and what to do."""
    with pytest.raises(NeedsAttention) as problem:
        read_page(_answered(status, b'{"data":null,"error":{"detail":"Forbidden"}}'), now=NOW)

    assert str(problem.value) == (
        f"Mobilize (organization 4310, /v1/x) did not accept the API key (HTTP {status}). Check the key and the Org "
        "Id, or ask support@mobilize.us for a key of this organization; then connect again."
    )


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (400, b'{"error": {"organization_id": {"0": ["A valid integer is required."]}}}',
         "Mobilize (organization 4310, /v1/x) answered HTTP 400 about organization_id."),
        (400, b'{"error": "good-key is bad"}', "Mobilize (organization 4310, /v1/x) answered HTTP 400."),
        (404, b"<html>", "Mobilize (organization 4310, /v1/x) answered HTTP 404."),
    ],
)  # fmt: skip
def test_what_never_works_is_refused(status: int, body: bytes, message: str) -> None:
    """With the names of the fields, never with words that could echo what we sent."""
    with pytest.raises(Refused) as problem:
        read_page(_answered(status, body), now=NOW)

    assert (str(problem.value), problem.value.code) == (message, str(status))


def test_a_list_cut_short_raises_an_alarm() -> None:
    """Taking 1000 of 5000 for all would lose people in silence."""
    with pytest.raises(Refused, match="only 1000 of 5000") as problem:
        read_page(_answered(200, b'{"data": [], "count": 5000, "results_limited_to": 1000}'), now=NOW)

    assert problem.value.reason == "limited"


def test_a_redirect_is_not_followed() -> None:
    """The key would go along."""
    with pytest.raises(Refused, match="sends us elsewhere") as problem:
        read_page(_answered(302, b"", location="https://example.org/"), now=NOW)

    assert problem.value.reason == "redirected"


@given(
    status=st.integers(200, 599),
    body=st.binary(max_size=30) | st.integers(0, len(FULL)).map(lambda end: FULL[:end]),
    retry_after=st.text(max_size=20) | st.integers(-5, 10**9).map(str),
)
def test_no_answer_is_a_surprise(status: int, body: bytes, retry_after: str) -> None:
    """Whatever comes back is a page or one of the errors that say what happens next."""
    try:
        found = read_page(_answered(status, body, retry_after=retry_after), now=NOW)
    except RunTimeError as problem:
        found = problem

    assert isinstance(found, Page) or "organization 4310" in str(found)


@pytest.mark.parametrize(
    ("given_text", "seconds"),
    [(None, None), ("0", 0.0), ("1.5", 1.5), ("-3", None), ("nan", None), ("inf", 3600.0), ("86400", 3600.0),
     ("Wed, 31 Dec 2025 23:59:00 GMT", None), ("Thu, 01 Jan 2026 00:01:00 -0000", None), ("", None)],
)  # fmt: skip
def test_waiting_as_long_as_asked(given_text: str | None, seconds: float | None) -> None:
    """Seconds or a date; nonsense is no wait of its own, and nobody makes us wait for more than an hour."""
    assert wait_seconds(given_text, now=NOW) == seconds
