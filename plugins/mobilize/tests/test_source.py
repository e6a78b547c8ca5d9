"""Pulling forms and submissions, again and again, through whatever happens."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from ascend_core.errors import NeedsAttention, Refused, TryLater
from ascend_mobilize.account import MobilizeAccount
from ascend_mobilize.cursors import OVERLAP_SECONDS
from ascend_mobilize.source import MobilizeSource

START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
"""The time on the clock when a test begins."""


@pytest.fixture
def source(context) -> MobilizeSource:
    return MobilizeSource(context)


def _pull(pages, *, stop_after=None):
    """The pages of one pull, or the first *stop_after* of them."""

    async def pull():
        found = []
        async for page in pages:
            found.append(page)
            if len(found) == stop_after:
                break
        await pages.aclose()
        return found

    return asyncio.run(pull())


def _keys(pages):
    return [submission.key for page in pages for submission in page.submissions]


def _rows(attendance, *modified, first=1):
    return [attendance(id=first + n, modified_date=second) for n, second in enumerate(modified)]


def test_a_first_pull_brings_everybody_page_by_page(source, account, mobilize, attendance) -> None:
    """All pages, each with a cursor of its own and the number of records in all."""
    mobilize.lists["attendances"] = _rows(attendance, START - 50, START - 900, START - 70, START - 10, START - 20)

    pages = _pull(source.submissions(account, None))

    assert _keys(pages) == ["1", "2", "3", "4", "5"]
    assert [page.total for page in pages] == [5, 5, 5]
    assert mobilize.asked() == ["attendances", "attendances?cursor=p2", "attendances?cursor=p4"]


def test_a_first_pull_can_begin_at_a_time(source, account, mobilize, attendance) -> None:
    """The backfill takes who changed in that very second or later, and nobody before."""
    mobilize.lists["attendances"] = _rows(attendance, START - 901, START - 900, START - 899)

    pages = _pull(source.submissions(account, None, since=datetime.fromtimestamp(START - 900, UTC)))

    assert _keys(pages) == ["2", "3"]


def test_the_next_pull_asks_from_the_newest_change_less_the_overlap(source, account, mobilize, attendance) -> None:
    """The newest of all rows counts, wherever it stood."""
    mobilize.lists["attendances"] = _rows(attendance, START - 50, START - 10, START - 999)
    [*_, last] = _pull(source.submissions(account, None))

    _pull(source.submissions(account, last.cursor))

    assert mobilize.asked()[-1] == f"attendances?updated_since={START - 10 - OVERLAP_SECONDS}"


def test_a_pull_without_news_does_not_forget_where_it_was(source, account, mobilize, attendance) -> None:
    """Nor does it start over."""
    mobilize.lists["attendances"] = _rows(attendance, START - 10)
    [first] = _pull(source.submissions(account, None))
    mobilize.lists["attendances"] = []

    [second] = _pull(source.submissions(account, first.cursor))
    _pull(source.submissions(account, second.cursor))

    assert mobilize.asked()[1] == mobilize.asked()[2] == f"attendances?updated_since={START - 10 - OVERLAP_SECONDS}"


def test_who_changes_behind_our_back_during_a_long_pull_is_met_by_the_next(
    source, account, mobilize, attendance, clock
) -> None:
    """A row on a page already read changes; later pages show newer changes still. The mark stays at the start."""
    mobilize.lists["attendances"] = _rows(attendance, START - 500, START - 400, START + 590)

    async def pull():
        cursor = None
        async for page in source.submissions(account, None):
            if cursor is None:
                mobilize.lists["attendances"][0]["modified_date"] = START + 1
                clock.elapsed += 600
            cursor = page.cursor
        return cursor

    pages = _pull(source.submissions(account, asyncio.run(pull())))

    assert "1" in _keys(pages)


def test_a_row_from_the_future_hides_nobody(source, account, mobilize, attendance) -> None:
    """A slip of a date does not push the mark past tomorrow's sign-ups."""
    mobilize.lists["attendances"] = _rows(attendance, START + 10**8)
    [page] = _pull(source.submissions(account, None))
    mobilize.lists["attendances"] = _rows(attendance, START + 60, first=2)

    assert _keys(_pull(source.submissions(account, page.cursor))) == ["2"]


def test_a_pull_goes_on_in_the_middle(source, account, mobilize, attendance) -> None:
    """After a restart the next page is asked for, not the first; the mark covers the pages before the restart too."""
    mobilize.lists["attendances"] = _rows(attendance, START - 5, START - 900, START - 700, START - 600)
    [first] = _pull(source.submissions(account, None), stop_after=1)

    [rest] = _pull(source.submissions(account, first.cursor))
    _pull(source.submissions(account, rest.cursor))

    assert _keys([rest]) == ["3", "4"]
    assert mobilize.asked() == [
        "attendances",
        "attendances?cursor=p2",
        f"attendances?updated_since={START - 5 - OVERLAP_SECONDS}",
    ]


def test_a_place_mobilize_forgot_starts_the_pull_again(source, account, mobilize, attendance) -> None:
    """Nobody is missed when a stored page is gone: the same pull begins anew, from the same time."""
    mobilize.lists["attendances"] = _rows(attendance, START - 50, START - 40, START - 30)
    [first] = _pull(source.submissions(account, None, since=datetime.fromtimestamp(START - 900, UTC)), stop_after=1)
    mobilize.forgotten_cursors = {"p2"}
    mobilize.page_size = 5

    assert _keys(_pull(source.submissions(account, first.cursor))) == ["1", "2", "3"]
    assert mobilize.asked()[-1] == f"attendances?updated_since={START - 901}"


def test_a_place_on_the_accounts_old_address_starts_the_pull_again(source, account, mobilize, attendance) -> None:
    """Moving to another address of the API does not strand the sync."""
    mobilize.lists["attendances"] = _rows(attendance, START - 50, START - 40, START - 30)
    [first] = _pull(source.submissions(account, None), stop_after=1)
    moved = MobilizeAccount(org_id="4310", api_key="good-key", base_url="https://staging-api.mobilize.us/v1")

    pages = _pull(source.submissions(moved, first.cursor))

    assert _keys(pages) == ["1", "2", "3"]
    assert [request.url.host for request in mobilize.requests[1:]] == ["staging-api.mobilize.us"] * 2


def test_a_place_that_is_never_found_ends_the_pull(source, account, mobilize, attendance) -> None:
    """Starting again is tried once, not for ever."""
    mobilize.lists["attendances"] = _rows(attendance, START - 50, START - 40, START - 30)
    mobilize.forgotten_cursors = {"p2"}

    with pytest.raises(Refused):
        _pull(source.submissions(account, None))

    assert mobilize.asked() == ["attendances", "attendances?cursor=p2"] * 2


def test_pages_that_go_in_a_circle_end(source, account, mobilize) -> None:
    """A list without end is noticed at its first page that comes round again."""
    url = "https://api.mobilize.us/v1/organizations/4310/attendances?cursor=round"
    mobilize.instead = [httpx.Response(200, json={"data": [], "next": url}) for _ in range(9)]

    with pytest.raises(Refused, match="has no end") as refusal:
        _pull(source.submissions(account, None))

    assert refusal.value.reason == "cycle"
    assert len(mobilize.requests) == 2


def test_trouble_in_the_middle_keeps_what_came_before(source, account, mobilize, attendance) -> None:
    """The page before stays good; its cursor leads to the page that failed."""
    mobilize.lists["attendances"] = _rows(attendance, START - 50, START - 40, START - 30)
    mobilize.instead = [None, httpx.Response(429, headers={"retry-after": "2"}, json={"error": "rate-limited"})]
    kept = []

    async def pull():
        async for page in source.submissions(account, None):
            kept.append(page)  # noqa: PERF401 -- an error in the middle must leave what came before

    with pytest.raises(TryLater) as problem:
        asyncio.run(pull())

    assert problem.value.after_seconds == 2.0
    assert _keys([*kept, *_pull(source.submissions(account, kept[-1].cursor))]) == ["1", "2", "3"]


def test_one_page_shows_a_row_once_as_it_was_last_changed(source, account, mobilize, attendance) -> None:
    """Rows shift while they are paged."""
    mobilize.page_size = 9
    mobilize.lists["attendances"] = [
        attendance(id=1, modified_date=START - 10, status="CANCELLED"),
        attendance(id=2, modified_date=START - 9),
        attendance(id=1, modified_date=START - 20),
    ]

    [page] = _pull(source.submissions(account, None))

    assert [(row.key, row.state["status"]) for row in page.submissions] == [("1", "CANCELLED"), ("2", "REGISTERED")]


def test_broken_and_masked_rows_stop_nobody_else(source, account, mobilize, attendance) -> None:
    """They come beside the rest, each with its reason, and the mark moves past them."""
    mobilize.page_size = 9
    mobilize.lists["attendances"] = [
        attendance(id=1, modified_date=START - 30),
        attendance(id=2, modified_date=START - 20, person=[]),
        attendance(id=None, modified_date=START - 10),
    ]

    [page] = _pull(source.submissions(account, None))
    _pull(source.submissions(account, page.cursor))

    assert _keys([page]) == ["1"]
    assert [rejected.reason for rejected in page.rejected] == ["malformed", "masked"]
    assert mobilize.asked()[-1] == f"attendances?updated_since={START - 10 - OVERLAP_SECONDS}"


def test_forms_are_events_and_then_deletions(source, account, mobilize, event) -> None:
    """Public and private ones, owned and promoted alike; the next pull asks each list from where it was."""
    mobilize.lists["events"] = [event(id=1, modified_date=START - 90), event(id=2, modified_date=START - 80)]
    mobilize.lists["events?PRIVATE"] = [event(id=3, modified_date=START - 70)]
    mobilize.lists["events/deleted"] = [{"id": 4, "deleted_date": START - 60}]

    pages = _pull(source.forms(account, None))
    _pull(source.forms(account, pages[-1].cursor))

    assert [(form.key, form.deleted) for page in pages for form in page.forms] == [
        ("1", False), ("2", False), ("3", False), ("4", True),
    ]  # fmt: skip
    assert pages[0].total == 2
    assert mobilize.asked() == [
        "events?visibility=PUBLIC",
        "events?visibility=PRIVATE",
        "events/deleted?visibility=PUBLIC",
        "events/deleted?visibility=PRIVATE",
        f"events?visibility=PUBLIC&updated_since={START - 80 - OVERLAP_SECONDS}",
        f"events?visibility=PRIVATE&updated_since={START - 70 - OVERLAP_SECONDS}",
        f"events/deleted?visibility=PUBLIC&updated_since={START - 60 - OVERLAP_SECONDS}",
        "events/deleted?visibility=PRIVATE",
    ]


def test_forms_go_on_in_the_middle_of_any_list(source, account, mobilize, event) -> None:
    """Stopped after any page, a pull brings the rest and nothing twice."""
    mobilize.page_size = 1
    mobilize.lists["events"] = [event(id=1, modified_date=START - 90), event(id=2, modified_date=START - 80)]
    mobilize.lists["events/deleted"] = [{"id": 3, "deleted_date": START - 60}, {"id": 4, "deleted_date": START - 50}]
    whole = [form.key for page in _pull(source.forms(account, None)) for form in page.forms]
    found, cursor = [], None

    for _ in range(6):
        [page] = _pull(source.forms(account, cursor), stop_after=1)
        found += [form.key for form in page.forms]
        cursor = page.cursor

    assert found == whole == ["1", "2", "3", "4"]


def test_a_key_that_may_not_see_private_events_brings_the_public_ones(source, account, mobilize, event) -> None:
    """403 for the private list is no reason to stop; it is asked again next time."""
    mobilize.lists = {"events": [event(modified_date=START - 90)], "events?PRIVATE": None}

    pages = _pull(source.forms(account, None))
    _pull(source.forms(account, pages[-1].cursor))

    assert [form.key for page in pages for form in page.forms] == ["70021"]
    assert mobilize.asked().count("events?visibility=PRIVATE") == 2


def test_a_key_that_is_revoked_stops_the_pull(source, mobilize) -> None:
    """A person must act; nothing loops."""
    stranger = MobilizeAccount(org_id="4310", api_key="old-key")

    for pages in (source.forms(stranger, None), source.submissions(stranger, None)):
        with pytest.raises(NeedsAttention):
            _pull(pages)

    assert len(mobilize.requests) == 2


def _complaint(source, account):
    with pytest.raises(NeedsAttention) as problem:
        asyncio.run(source.check(account))
    return str(problem.value)


def test_checking_a_good_account_is_one_small_request(source, account, mobilize) -> None:
    """And it changes nothing."""
    asyncio.run(source.check(account))

    [request] = mobilize.requests
    assert (request.method, request.url.params["per_page"]) == ("GET", "1")


def test_checking_tells_a_wrong_key_from_a_wrong_organization(source, account, mobilize) -> None:
    """So that a person looks in the right place; the message never holds the key."""
    wrong_key = MobilizeAccount(org_id="4310", api_key="stolen-key")

    said_of_key = _complaint(source, wrong_key)
    said_of_org = _complaint(source, MobilizeAccount(org_id="9999", api_key="good-key"))
    mobilize.instead = [httpx.Response(403, json={"error": {}}), httpx.Response(404, json={"error": {}})]
    said_of_both = _complaint(source, wrong_key)
    mobilize.instead = [httpx.Response(403, json={"error": {}}), httpx.Response(403, json={"error": {}})]
    said_of_neither = _complaint(source, wrong_key)

    assert said_of_key.startswith("Mobilize knows organization 4310, but this API key does not open it.")
    assert said_of_org.startswith("Mobilize has no organization 9999.")
    assert said_of_both.startswith("Mobilize has no organization 4310.")
    assert said_of_neither.startswith("Mobilize does not accept this API key for organization 4310.")
    assert "stolen-key" not in said_of_key + said_of_both + said_of_neither
    assert "authorization" not in mobilize.requests[1].headers


def test_checking_without_network_says_so(source, account, mobilize) -> None:
    """It is not the key's fault."""
    mobilize.instead = [httpx.ConnectError("no route")]

    with pytest.raises(TryLater, match="Check the network"):
        asyncio.run(source.check(account))


def test_all_accounts_share_one_pace(source, turns) -> None:
    """Mobilize counts by address: thirty accounts are asked no faster than one."""
    accounts = [MobilizeAccount(org_id="4310", api_key="good-key") for _ in range(31)]

    for account in accounts:
        asyncio.run(source.check(account))

    assert turns.given == [("mobilize:https://api.mobilize.us:443", 15 / 1.05)] * 31
