"""Marking links, byte for byte, and reading back which link brought a sign-up."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_core.contracts import LinkUse
from ascend_mobilize.attendances import read_attendance
from ascend_mobilize.links import MobilizeLinkTracker

TRACKER = MobilizeLinkTracker()
USE = LinkUse(token="k3Xv", campaign="m7Qd")
UTM = "utm_medium=sms&utm_content=k3Xv&utm_campaign=m7Qd"
PAGE = "https://www.mobilize.us/examplecounty/event/70021/"


@pytest.mark.parametrize(
    ("tail", "marked"),
    [
        ("", f"?{UTM}"),
        ("?", f"?{UTM}"),
        ("?a=1", f"?a=1&{UTM}"),
        ("?abc", f"?abc&{UTM}"),
        ("?x=", f"?x=&{UTM}"),
        ("?a=1&a=2", f"?a=1&a=2&{UTM}"),
        ("?list[]=1&list[]=2", f"?list[]=1&list[]=2&{UTM}"),
        ("?q=a%20b+c", f"?q=a%20b+c&{UTM}"),
        ("?sig=a%2Bb%2f", f"?sig=a%2Bb%2f&{UTM}"),
        ("?a=1&&b=2&", f"?a=1&&b=2&&{UTM}"),
        ("#top", f"?{UTM}#top"),
        ("?x=1#/route?y=2&utm_medium=email", f"?x=1&{UTM}#/route?y=2&utm_medium=email"),
        ("?utm_medium=email&utm_source=x", f"?utm_source=x&{UTM}"),
        ("?a=1&utm%5Fcontent=old&utm_term=t&utm_campaign=&b=2", f"?a=1&utm_term=t&b=2&{UTM}"),
        ("?utm_medium=email", f"?{UTM}"),
        ("?UTM_MEDIUM=email&my_utm_medium=1", f"?UTM_MEDIUM=email&my_utm_medium=1&{UTM}"),
        ("?next=https://example.org/?a=b", f"?next=https://example.org/?a=b&{UTM}"),
    ],
)
def test_marking_keeps_every_other_byte(tail: str, marked: str) -> None:
    """A link that worked before works after: its own query and fragment are untouched."""
    assert TRACKER.mark(PAGE + tail, USE) == PAGE + marked


def test_our_source_replaces_the_authors_only_where_one_is_set() -> None:
    """An operator's ``utm_source`` wins over the one in the link; without one, the author's stays."""
    use = LinkUse(token="k3Xv", campaign="m7Qd", source="texts & more")

    assert TRACKER.mark(f"{PAGE}?utm_source=x&a=1", use) == f"{PAGE}?a=1&{UTM}&utm_source=texts%20%26%20more"


@given(
    query=st.text(alphabet="abu=&%+?/[]_;:25", max_size=30),
    fragment=st.one_of(st.just(""), st.text(alphabet="abc=&?#/%", max_size=10).map(lambda text: f"#{text}")),
)
def test_marking_twice_is_marking_once(query: str, fragment: str) -> None:
    """A link that is marked again carries one token, the new one, and the fragment stays last."""
    once = TRACKER.mark(f"{PAGE}?{query}{fragment}", LinkUse(token="old", campaign="older"))

    twice = TRACKER.mark(once, USE)

    assert twice == TRACKER.mark(f"{PAGE}?{query}{fragment}", USE)
    assert dict(parse_qsl(urlsplit(twice).query))["utm_content"] == "k3Xv"
    assert twice.endswith(f"{UTM}{fragment}")


@pytest.mark.parametrize(
    ("url", "claimed", "form_key"),
    [
        (PAGE, True, "70021"),
        ("https://mobilize.us/examplecounty/event/70021", True, "70021"),
        ("https://WWW.Mobilize.US./examplecounty/event/70021/?a=1#x", True, "70021"),
        ("https://staging.mobilize.us/examplecounty/", True, None),
        ("https://www.mobilize.us/examplecounty/", True, None),
        ("https://events.example.org/event/345/", True, "345"),
        ("http://127.0.0.1:8080/examplecounty/event/0345/details", True, "345"),
        ("https://example.org/event/", False, None),
        ("https://example.org/event/345x/", False, None),
        ("https://example.org/?next=/event/345/", False, None),
        ("https://example.org/#/event/345/", False, None),
        ("https://www.mobilize.us@example.org/", False, None),
        ("https://notmobilize.us/", False, None),
        ("ftp://www.mobilize.us/event/345/", False, None),
        ("www.mobilize.us/examplecounty/", False, None),
        ("https://[half/event/345/", False, None),
        ("", False, None),
    ],
)
def test_which_links_are_mobilizes(url: str, claimed: bool, form_key: str | None) -> None:
    """Pages of mobilize.us and, on an organization's own domain, pages of one event; nothing that only looks alike."""
    assert (TRACKER.claims(url), TRACKER.form_key(url)) == (claimed, form_key)


def test_a_signup_brings_back_the_token_of_its_link(attendance) -> None:
    """What we put into ``utm_content`` is what comes back."""
    token = dict(parse_qsl(urlsplit(TRACKER.mark(PAGE, USE)).query))["utm_content"]

    submission = read_attendance(attendance({"referrer.utm_content": token}))

    assert TRACKER.token_of(submission) == USE.token
