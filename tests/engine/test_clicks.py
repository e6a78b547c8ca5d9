"""Who opened a link: a person, or a machine (row F3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_core.engine.clicks import (
    CROWD_MEMBERS,
    CROWD_WITHIN,
    RULES_VERSION,
    ClickAround,
    ClickClass,
    classify_click,
    company,
    doubt_about,
)

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Mobile Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)

PEOPLE = [
    "Mozilla/5.0 (Linux; Android 11; CUBOT/4.2) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/103 Safari/537.36",
    ANDROID,
    IPHONE,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.5 Safari/605.1.15"
    ),
    f"{IPHONE} Instagram 335.0.0.0 (iPhone14,5; iOS 17_5)",
    f"{IPHONE} [FBAN/FBIOS;FBAV/468.0;FBDV/iPhone14,5]",
    f"{ANDROID} GSA/15.21 (Google app)",
    "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 12; CUBOT_X50) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36",
    (
        "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/120.4 "
        "like Chrome/120 Safari/537.36"
    ),
    (
        "Mozilla/5.0 (Linux; Android 13; SM-G991U) AppleWebKit/537.36 SamsungBrowser/25.0 "
        "Chrome/121.0.0.0 Mobile Safari/537.36"
    ),
    "Opera/9.80 (Android; Opera Mini/36.2/119.132; U; en) Presto/2.12.423 Version/12.16",
]
PREVIEWS = [
    (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/56.0.2924.87 Safari/537.36 "
        "Google-PageRenderer Google (+https://developers.google.com/+/web/snippet/)"
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 "
        "Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"
    ),
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    "WhatsApp/2.23.20.0 A",
    "WhatsApp/2",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots",
]
SCANNERS = [
    "",
    " ",
    "-",
    "Mozilla/5.0",
    "bitlybot/3.0 (+http://bit.ly/)",
    "Google-Safety; +http://www.google.com/bot.html",
    "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UQ1A)",
    "MyApp/1 CFNetwork/1496.0.7 Darwin/23.5.0",
    "okhttp/4.12.0",
    "Java/17.0.1",
    "curl/8.5.0",
    "python-requests/2.32.3",
    "Go-http-client/2.0",
    "Mozilla/5.0 (compatible; BarracudaCentral)",
    "Mimecast URL Protection",
    "Proofpoint URL Defense",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; SomethingBot/1.0)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/126.0.0.0 Safari/537.36",
]


@pytest.mark.parametrize("agent", PEOPLE)
def test_a_person_is_counted(agent: str) -> None:
    """A click that is not counted is a nudge to somebody who has clicked already."""
    assert classify_click("GET", agent) is ClickClass.PERSON


@pytest.mark.parametrize("agent", PREVIEWS)
def test_a_preview_is_no_click(agent: str) -> None:
    """A messenger fetches every link it shows, read or not."""
    assert classify_click("GET", agent) is ClickClass.PREVIEW


@pytest.mark.parametrize("agent", SCANNERS)
def test_a_scanner_is_no_click(agent: str) -> None:
    """Gateways and programs look at links nobody has opened."""
    assert classify_click("GET", agent) is ClickClass.SCANNER


@pytest.mark.parametrize(
    "purpose", ["prefetch", "Prefetch;prerender", "prefetch;anonymous-client-ip", "preview", "instant"]
)
def test_a_browser_that_fetches_ahead_is_no_click(purpose: str) -> None:
    """Nobody has seen the page yet."""
    assert classify_click("GET", ANDROID, purpose) is ClickClass.PREFETCH


@given(method=st.sampled_from(["HEAD", "head", "POST", "OPTIONS", "PROPFIND", ""]), agent=st.sampled_from(PEOPLE))
def test_only_a_get_can_be_a_click(method: str, agent: str) -> None:
    """HEAD is never a click, whoever asks."""
    assert classify_click(method, agent) is ClickClass.HEAD


@given(st.text(), st.text(), st.text())
def test_any_request_has_a_class(method: str, agent: str, purpose: str) -> None:
    """No header makes the counting fail."""
    assert isinstance(classify_click(method, agent, purpose), ClickClass)


@given(st.sampled_from(PREVIEWS + SCANNERS[4:]), st.sampled_from([str.lower, str.upper, str.swapcase]))
def test_letter_case_makes_no_person(agent: str, case) -> None:  # type: ignore[no-untyped-def]  # -- one of three str methods
    """Machines are not consistent about capitals."""
    assert classify_click("GET", case(agent)) is classify_click("GET", agent)


def test_a_huge_user_agent_costs_little() -> None:
    """A header of a megabyte is cut, not searched."""
    assert classify_click("GET", ANDROID + "x" * 1_000_000 + "curl/8") is ClickClass.PERSON


def test_the_rules_have_a_version() -> None:
    """Stored clicks say which rules judged them, so that history can be judged again."""
    assert RULES_VERSION == 2


VISITS = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 4)), max_size=40).map(sorted)


@given(VISITS)
def test_company_is_whoever_came_within_a_minute(visits: list[tuple[int, int]]) -> None:
    """Before and after, the minute included; more than a crowd is a crowd."""
    reach = CROWD_WITHIN.total_seconds()
    alike = [
        min(CROWD_MEMBERS, len({member for moment, member in visits if abs(moment - at) <= reach})) for at, _ in visits
    ]

    assert company([(moment * 1_000_000, member) for moment, member in visits]) == alike


NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
QUIET: dict[str, Any] = {
    "id": 1,
    "link_id": 1,
    "member_id": 1,
    "kind": "person",
    "reason": None,
    "clicked_at": NOON,
    "delivered_at": None,
    "submitted": 0,
    "members_there": 1,
    "links_in_message": 1,
    "links_opened": 1,
}


@pytest.mark.parametrize(
    ("around", "doubt"),
    [
        ({}, None),
        ({"delivered_at": NOON - timedelta(seconds=3)}, "soon"),
        ({"delivered_at": NOON - timedelta(seconds=3.01)}, None),
        ({"delivered_at": NOON + timedelta(seconds=3)}, "soon"),
        ({"delivered_at": NOON + timedelta(seconds=3.01)}, None),
        ({"members_there": 2}, None),
        ({"members_there": 3}, "crowd"),
        ({"links_in_message": 2, "links_opened": 1}, None),
        ({"links_in_message": 2, "links_opened": 2}, "swept"),
        ({"links_in_message": 3, "links_opened": 2}, None),
        ({"delivered_at": NOON, "members_there": 3, "links_in_message": 2, "links_opened": 2, "submitted": 1}, None),
    ],
)
def test_the_edges_of_doubt(around: dict[str, Any], doubt: str | None) -> None:
    """Each rule to the tick; whoever signed up through the link was a person, however they came."""
    assert doubt_about(ClickAround(**{**QUIET, **around})) == doubt
