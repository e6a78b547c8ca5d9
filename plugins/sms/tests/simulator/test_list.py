"""Listing messages: filters and pages."""

from __future__ import annotations

from datetime import timedelta

import pytest


@pytest.fixture
def sent(customer, clock):
    """Three texts on three days, to two phones."""
    sids = []
    for to in ("+12025550123", "+12025550124", "+12025550123"):
        sids.append(customer.send(to).json()["sid"])
        clock.advance(timedelta(days=1))
    return sids


def sids_of(listing):
    return [message["sid"] for message in listing["messages"]]


def test_the_newest_comes_first(customer, sent):
    """As the provider lists them."""
    assert sids_of(customer.listed()) == sent[::-1]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({"To": "+12025550123"}, [2, 0]),
        ({"From": "+12025550100"}, [2, 1, 0]),
        ({"From": "+12025550123"}, []),
        ({"To": "+12025550124", "From": "+12025550100"}, [1]),
        ({"DateSent": "2026-11-24"}, [1]),
        ({"DateSent>": "2026-11-24"}, [2, 1]),
        ({"DateSent<": "2026-11-24"}, [1, 0]),
        ({"DateSent<=": "2026-11-23"}, [0]),
        ({"DateSent>": "2026-11-24T19:00:00Z"}, [2]),
        ({"DateSent>": "2026-11-24", "To": "+12025550123"}, [2]),
    ],
)
def test_filters_are_the_providers(customer, sent, query, places):
    """To, From and the three date filters, alone and together."""
    assert sids_of(customer.listed(**query)) == [sent[place] for place in places]


def test_a_date_that_is_none_is_refused(customer):
    """A filter is never dropped silently."""
    answer = customer.http.get(f"{customer.root}/Messages.json", params={"DateSent>": "yesterday"})

    assert answer.status_code == 400


def test_pages_lead_to_each_other(customer, sent):
    """Following next_page_uri and previous_page_uri shows each text once, even when another is sent meanwhile."""
    first = customer.listed(PageSize=2, To="")
    customer.send()
    second = customer.http.get(customer.base_url + first["next_page_uri"]).json()
    back = customer.http.get(customer.base_url + second["previous_page_uri"]).json()

    assert (sids_of(first), sids_of(second), sids_of(back)) == (sent[:0:-1], sent[:1], sent[:0:-1])
    assert (first["previous_page_uri"], second["next_page_uri"]) == (None, None)
    assert {name: first[name] for name in ("page", "page_size", "start", "end")} == {
        "page": 0,
        "page_size": 2,
        "start": 0,
        "end": 1,
    }


def test_an_empty_list_is_a_whole_envelope(customer):
    """Nothing sent yet is no error."""
    listing = customer.listed(PageSize="many", Page="-1")

    root = f"/2010-04-01/Accounts/{customer.settings['account_sid']}/Messages.json"
    assert listing == {
        "first_page_uri": f"{root}?PageSize=50&Page=0",
        "next_page_uri": None,
        "previous_page_uri": None,
        "page": 0,
        "page_size": 50,
        "start": 0,
        "end": 0,
        "uri": f"{root}?PageSize=50&Page=0",
        "messages": [],
    }
