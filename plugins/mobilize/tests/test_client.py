"""Asking Mobilize: with the key, at home, within bounds."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from ascend_core.errors import NeedsAttention, Refused, TryLater
from ascend_mobilize.account import MobilizeAccount
from ascend_mobilize.client import TIMEOUT, MobilizeClient


def _ask(context, account, url=None, **limits):
    """The page at *url*, or the first page of attendances."""

    async def ask():
        async with context.http(timeout=TIMEOUT) as http:
            client = MobilizeClient(account, http, context.turns, context.clock, **limits)
            return await client.page(url or client.url("attendances", per_page=100))

    return asyncio.run(ask())


def _empty(following=None):
    return httpx.Response(200, content=json.dumps({"count": 0, "next": following, "previous": None, "data": []}))


def test_the_key_travels_in_the_header_only(context, account, mobilize) -> None:
    """Not in the URL, where proxies would keep it."""
    _ask(context, account)

    [request] = mobilize.requests
    assert request.headers["authorization"] == "Bearer good-key"
    assert str(request.url) == "https://api.mobilize.us/v1/organizations/4310/attendances?per_page=100"


def test_a_next_page_is_asked_for_verbatim(context, account, mobilize) -> None:
    """Whatever a cursor looks like, it goes back as it came, with no parameter of ours."""
    url = "https://api.mobilize.us:443/v1/organizations/4310/attendances?cursor=a%2Fb%3D%3D&amp=1"
    mobilize.instead = [_empty()]

    _ask(context, account, url)

    assert mobilize.requests[0].url.raw_path == b"/v1/organizations/4310/attendances?cursor=a%2Fb%3D%3D&amp=1"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/v1/organizations/4310/attendances?cursor=2",
        "https://api.mobilize.us.example.org/v1/x",
        "http://api.mobilize.us/v1/x",
        "https://api.mobilize.us:8443/v1/x",
        "https://api.mobilize.us:0/v1/x",
        "https://www.mobilize.us/api/v1/x",
        "https://someone:else@api.mobilize.us/v1/x",
        "https://api.mobilize.us@example.org/v1/x",
        "https://api.mobilize.us\\@example.org/v1/x",
        "//example.org/v1/x",
        "/v1/organizations/4310/attendances?cursor=2",
        "not a url",
        "https://[half",
        "https://api.mobilize.us/\ud800",
        "https://api.mobilize.us/" + "x" * 9000,
    ],
)
def test_the_key_never_leaves_home(context, account, mobilize, url) -> None:
    """Neither asked for nor named by a page: a URL on another scheme, host or port gets nothing from us."""
    with pytest.raises(Refused) as asked:
        _ask(context, account, url)
    assert mobilize.requests == []

    mobilize.instead = [_empty(url)]
    with pytest.raises(Refused) as named:
        _ask(context, account)

    assert len(mobilize.requests) == 1
    assert {asked.value.reason, named.value.reason} == {"off_host"}


def test_the_other_host_is_named(context, account, mobilize) -> None:
    """A person can see where Mobilize, or somebody in between, wanted to send us."""
    mobilize.instead = [_empty("http://example.org:81/x?secret=1")]

    with pytest.raises(Refused) as refusal:
        _ask(context, account)

    assert str(refusal.value) == (
        "Mobilize (organization 4310) named a next page on http://example.org:81, not on https://api.mobilize.us:443. "
        "The key was not sent there. If the API has moved, change its address in the settings; else ask "
        "support@mobilize.us."
    )


def test_a_redirect_is_not_followed(context, account, mobilize) -> None:
    """Not even to a page of the same host."""
    mobilize.instead = [httpx.Response(302, headers={"location": "https://api.mobilize.us/v1/x"})]

    with pytest.raises(Refused):
        _ask(context, account)

    assert len(mobilize.requests) == 1


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("no route"),
        httpx.ConnectTimeout("too slow"),
        httpx.ReadTimeout("too slow"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(200, content=b"not gzip", headers={"content-encoding": "identity"}),
    ],
)
def test_a_bad_connection_is_tried_later(context, account, mobilize, failure) -> None:
    """A GET changes nothing there, so it can be repeated."""
    mobilize.instead = [failure]

    with pytest.raises(TryLater, match="organization 4310"):
        _ask(context, account)


def test_a_broken_compression_is_tried_later(context, account, mobilize, drip) -> None:
    """Bytes that do not unpack are a page that did not come."""
    mobilize.instead = [httpx.Response(200, headers={"content-encoding": "gzip"}, stream=drip(b"no gzip at all"))]

    with pytest.raises(TryLater, match="DecodingError"):
        _ask(context, account)


def test_a_page_without_end_is_dropped(context, account, mobilize, drip) -> None:
    """Memory stays flat: reading stops at the cap, wherever the body would have ended."""
    mobilize.instead = [httpx.Response(200, stream=drip(*[b" " * 600] * 50))]

    with pytest.raises(TryLater, match="more than 1,000 bytes"):
        _ask(context, account, page_bytes=1000)


def test_a_page_that_drips_for_ever_is_left(context, account, mobilize) -> None:
    """Each byte comes in time, the page does not: the whole has a limit too."""

    class Forever(httpx.AsyncByteStream):
        async def __aiter__(self):
            yield b"{"
            await asyncio.Event().wait()

    mobilize.instead = [httpx.Response(200, stream=Forever())]

    with pytest.raises(TryLater, match="did not answer in time"):
        _ask(context, account, page_seconds=0.01)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(403, json={"data": None, "error": {"detail": "Bearer good-key is wrong"}}),
        httpx.Response(400, json={"data": None, "error": {"good-key": ["Bearer good-key"]}}),
        httpx.Response(200, json={"data": None, "error": "good-key"}),
        httpx.Response(500, text="good-key"),
        httpx.ConnectError("good-key"),
    ],
)
def test_no_message_holds_the_key(context, account, mobilize, answer) -> None:
    """Even where the other side echoes it."""
    mobilize.instead = [answer]

    with pytest.raises((NeedsAttention, Refused, TryLater)) as problem:
        _ask(context, account)

    assert "good-key" not in f"{problem.value} {problem.value!r}"


def test_a_stand_in_on_this_machine_is_asked_in_the_same_way(context, mobilize) -> None:
    """Scheme and port are those of the account."""
    account = MobilizeAccount(org_id="4310", api_key="good-key", base_url="http://127.0.0.1:8099/v1")

    _ask(context, account, "http://127.0.0.1:8099/v1/organizations/4310/attendances?cursor=p2")

    with pytest.raises(Refused):
        _ask(context, account, "http://127.0.0.1:8098/v1/organizations/4310/attendances?cursor=p2")


@pytest.mark.parametrize(
    ("answer", "paused"),
    [
        (httpx.Response(429, json={"error": "rate-limited"}), [1.0]),
        (httpx.Response(429, json={"error": "rate-limited"}, headers={"retry-after": "7"}), [7.0]),
        (httpx.Response(200, json={"error": "rate-limited"}), [1.0]),
        (httpx.Response(503, headers={"retry-after": "3600"}), [30.0]),
        (httpx.Response(500), []),
    ],
)
def test_whoever_asks_too_often_pauses_for_all(context, account, mobilize, turns, answer, paused) -> None:
    """The limit is of the address, so every account and worker holds back, though none for an hour."""
    mobilize.instead = [answer]

    with pytest.raises(TryLater):
        _ask(context, account)

    assert turns.paused == [("mobilize:https://api.mobilize.us:443", seconds) for seconds in paused]


def test_a_stand_in_may_be_asked_without_waiting(context, account, turns) -> None:
    """Zero requests a second is no limit at all."""
    _ask(context, account, per_second=0)

    assert turns.given == []
