"""Pulling a long list page by page."""

from __future__ import annotations

import itertools

import httpx
import pytest


def _pull(mobilize, path: str) -> list[dict]:
    rows, url = [], path
    while url:
        answer = mobilize.http.get(url, headers={"authorization": f"Bearer {mobilize.key}"}).json()
        rows += answer["data"]
        url = answer["next"]
    return rows


@pytest.mark.parametrize("size", [1, 7, 25, 200])
def test_following_next_verbatim_brings_every_row_once(mobilize, size):
    """Whatever the page size, a puller that follows ``next`` has everything, and nothing twice."""
    made = [mobilize.sign_up(f"Ada{n}") for n in range(61)]

    rows = _pull(mobilize, f"/v1/organizations/{mobilize.org}/attendances?per_page={size}")

    assert [row["id"] for row in rows] == made


def test_a_page_has_25_rows_unless_asked_and_never_more_than_200(mobilize):
    """The sizes the real API uses."""
    for n in range(201):
        mobilize.sign_up(f"Ada{n}")

    sizes = [len(mobilize.attendances(**ask)["data"]) for ask in ({}, {"per_page": 100}, {"per_page": 500})]

    assert sizes == [25, 100, 200]


def test_the_envelope_of_a_list_has_no_error_key(mobilize):
    """Parsons refuses an answer in which the key ``error`` exists at all, and needs ``next`` on the last page."""
    mobilize.sign_up()

    answer = mobilize.attendances()

    assert set(answer) == {"count", "next", "previous", "data", "metadata"}
    assert (answer["count"], answer["next"], answer["previous"]) == (1, None, None)
    assert answer["metadata"]["url_name"] == "public_organization_attendances"


def test_next_is_absolute_and_echoes_the_other_parameters(mobilize):
    """Filters and even unknown parameters survive; only the paging changes."""
    for n in range(3):
        mobilize.sign_up(f"Ada{n}")

    url = httpx.URL(mobilize.attendances(per_page=1, page=2, updated_since=5, amp="x")["next"])

    assert (url.scheme, url.host, url.path) == (
        "http",
        "mobilize.example.org",
        f"/v1/organizations/{mobilize.org}/attendances",
    )
    assert set(url.params) == {"per_page", "updated_since", "amp", "cursor"}
    assert (url.params["per_page"], url.params["updated_since"], url.params["amp"]) == ("1", "5", "x")


def test_page_is_a_start_from_which_cursors_lead_both_ways(mobilize):
    """``page`` still works as the first step."""
    made = [mobilize.sign_up(f"Ada{n}") for n in range(5)]
    second = mobilize.attendances(per_page=2, page=2)

    behind = mobilize.get(str(httpx.URL(second["next"]).raw_path.decode()).removeprefix("/v1")).json()
    before = mobilize.get(str(httpx.URL(second["previous"]).raw_path.decode()).removeprefix("/v1")).json()

    ids = [[row["id"] for row in page["data"]] for page in (before, second, behind)]
    assert ids == [made[:2], made[2:4], made[4:]]


def test_rows_that_come_while_pulling_are_neither_lost_nor_shift_others(mobilize):
    """The list may change between two pages."""
    first = [mobilize.sign_up(f"Ada{n}") for n in range(3)]
    page = mobilize.attendances(per_page=2)
    mobilize.lever(f"/attendances/{first[0]}", status="CANCELLED")
    late = mobilize.sign_up("Late")

    rest = _pull(mobilize, page["next"])

    assert [row["id"] for row in page["data"] + rest] == [*first, late]


def test_ids_are_mostly_but_not_quite_in_order(mobilize):
    """A puller that takes the last row for the newest is found out here."""
    made = [mobilize.sign_up(f"Ada{n}") for n in range(200)]

    inversions = sum(a > b for a, b in itertools.pairwise(made))

    assert 0 < inversions < 20
    assert len(set(made)) == 200


@pytest.mark.parametrize(
    ("ask", "status", "error"),
    [
        ({"page": "9"}, 404, {"detail": "Invalid page."}),
        ({"page": "0"}, 404, {"detail": "Invalid page."}),
        ({"cursor": "%%%"}, 404, {"detail": "Invalid cursor"}),
        ({"cursor": "eD0x"}, 404, {"detail": "Invalid cursor"}),
        ({"per_page": "many"}, 400, {"per_page": ["A valid integer is required."]}),
        ({"per_page": "0"}, 400, {"per_page": ["Ensure this value is greater than or equal to 1."]}),
    ],
)
def test_an_impossible_page_is_an_error_in_the_envelope(mobilize, ask, status, error):
    """Nonsense is answered, not served."""
    answer = mobilize.get(f"/organizations/{mobilize.org}/attendances", **ask)

    assert (answer.status_code, answer.json()) == (status, {"data": None, "error": error})
