"""Telnyx tells in two places what people wrote while nobody listened: who, and by itself each text's words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ascend_core.contracts import PluginContext, Secret
from ascend_core.errors import NeedsAttention, TryLater
from ascend_sms.telnyx.channel import TelnyxChannel
from ascend_sms.telnyx.missed_texts import is_last, text_in, wanted_in
from ascend_sms.telnyx.plugin import TelnyxPlugin
from ascend_sms.telnyx.settings import TelnyxSettings

ADA, BEN = "+12025550111", "+12025550112"
SINCE = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
PROFILE = "16fd2706-8baf-433b-82eb-8c7fada847da"


def settings_with(**changes: Any) -> TelnyxSettings:
    known = {"api_key": Secret("KEY1"), "public_key": "A" * 43 + "=", "from_number": "+12025550100"}
    return TelnyxSettings(**{**known, **changes})


def record(**changes: Any) -> dict[str, Any]:
    known = {"uuid": "a-1", "direction": "inbound", "cli": ADA, "cld": "+12025550100", "profile_id": PROFILE}
    return {**known, "created_at": SINCE.isoformat(), **changes}


def channel_to(answer: Callable[[httpx.Request], httpx.Response], context: PluginContext) -> TelnyxChannel:
    def http(*, timeout: httpx.Timeout, follow_redirects: bool = False) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(answer), timeout=timeout)

    return TelnyxChannel(PluginContext(plugin="sms", clock=context.clock, randomness=context.randomness, http=http))


def test_the_stand_in_tells_what_its_webhooks_would_have(context: PluginContext, clock: Any) -> None:
    """Oldest first, over pages, keywords and all; what came long before is left out."""
    (kind,) = TelnyxPlugin().ascend_register_channels(context)
    sandbox = kind.sandbox(clock=clock, seed=1, journal=None)
    settings = TelnyxSettings(**sandbox.settings("http://127.0.0.1:4010"))

    def http(*, timeout: httpx.Timeout, follow_redirects: bool = False) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=sandbox.app), timeout=timeout)

    channel = TelnyxChannel(PluginContext(plugin="sms", clock=clock, randomness=context.randomness, http=http))
    sandbox.reply("old", ADA, "before we went away")
    clock.time += timedelta(hours=2)
    since = clock.time
    for number in range(120):
        sandbox.reply(f"r{number}", BEN, f"text {number}")
        clock.time += timedelta(minutes=30)
    sandbox.reply("stop", ADA, "Leave me alone")
    sandbox.reply("again", BEN, "STOP")
    too_soon = asyncio.run(channel.missed(settings, since))
    clock.time += kind.listed_after

    missed = asyncio.run(channel.missed(settings, since))

    told = [(text.phone, text.body, text.keyword, text.provider_answered) for text in missed]
    assert told == [
        *((BEN, f"text {number}", None, False) for number in range(120)),
        (ADA, "Leave me alone", "stop", False),
        (BEN, "STOP", "stop", True),
    ]
    assert too_soon == missed[:-2]


def test_whose_words_are_gone_may_have_said_stop(context: PluginContext) -> None:
    """The provider keeps them for ten days; who wrote is known for longer."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v2/detail_records":
            return httpx.Response(200, json={"data": [record()], "meta": {"total_pages": 1}})
        return httpx.Response(404, json={"errors": [{"code": "10005"}]})

    (text,) = asyncio.run(channel_to(answer, context).missed(settings_with(), SINCE))

    assert (text.provider_id, text.phone, text.body, text.keyword) == ("a-1", ADA, "", "doubtful")


@pytest.mark.parametrize(
    ("changes", "profile", "counts"),
    [
        ({}, "", True),
        ({"uuid": None, "id": "a-2"}, "", True),
        ({"uuid": None}, "", False),
        ({"uuid": "no/id"}, "", False),
        ({"direction": None}, "", True),
        ({"direction": "outbound"}, "", False),
        ({"cld": "+12025550199"}, "", False),
        ({"cld": "+12025550199"}, PROFILE, True),
        ({"cld": None}, "", True),
        ({"created_at": None}, "", True),
        ({"created_at": "yesterday"}, "", True),
        ({"created_at": "2026-11-23T17:56:00Z"}, "", True),
        ({"created_at": "2026-11-23T17:54:00Z"}, "", False),
    ],
)
def test_what_came_in_to_us_since_then_counts(changes: dict[str, Any], profile: str, counts: bool) -> None:
    """What does not say may be ours, and what may be ours is read."""
    settings = settings_with(messaging_profile_id=profile)

    assert bool(wanted_in(settings, SINCE, [{"data": [record(**changes), None]}])) is counts


def test_a_pool_has_many_numbers() -> None:
    """Its texts are known by the profile."""
    pool = settings_with(from_number="", messaging_profile_id=PROFILE)

    assert wanted_in(pool, SINCE, [{"data": [record(cld="+12025550177")]}])
    assert not wanted_in(pool, SINCE, [{"data": [record(profile_id="another")]}])


@pytest.mark.parametrize(
    ("times", "pages", "last"),
    [
        ([], None, True),
        ([10, 5], 2, True),
        ([10, 5], 3, False),
        ([10, 5], None, False),
        ([10, -10], 3, True),
        ([-10, 10], 3, False),
        ([10, None, -10], 3, False),
    ],
)
def test_reading_ends_with_the_last_page_or_where_it_is_old(times: list[Any], pages: Any, last: bool) -> None:
    """An order that was asked for and not given ends nothing."""
    made = [None if minutes is None else (SINCE + timedelta(minutes=minutes)).isoformat() for minutes in times]
    page = {"data": [record(created_at=each) for each in made], "meta": {"total_pages": pages}}

    assert is_last(page, 2, SINCE) is last


@pytest.mark.parametrize(
    ("sender", "text", "expected"),
    [
        (ADA, {"text": "Stop."}, ("Stop.", "stop")),
        (ADA, {"text": None}, ("", None)),
        (ADA, {"text": "hm", "autoresponse_type": "STOP"}, ("hm", "stop")),
        (ADA, None, ("", "doubtful")),
        ("38438", {"text": "Stop"}, None),
        (None, None, None),
    ],
)
def test_a_record_and_its_words_make_a_text(sender: Any, text: Any, expected: Any) -> None:
    """Short codes and names write too, and nobody can answer them."""
    told = text_in(settings_with(), record(cli=sender), text)

    assert (None if told is None else (told.body, told.keyword)) == expected


@pytest.mark.parametrize("where", ["/v2/detail_records", "/v2/messages/a-1"])
@pytest.mark.parametrize(
    ("spoiled", "expected"),
    [
        (httpx.Response(503), TryLater),
        (httpx.Response(200, text="<html>"), TryLater),
        (httpx.Response(200, json={"data": 7}), TryLater),
        (httpx.Response(429, headers={"retry-after": "20"}), TryLater),
        (httpx.Response(401, json={"errors": [{"code": "10009"}]}), NeedsAttention),
        (httpx.Response(403), NeedsAttention),
        (httpx.Response(422, json={"errors": [{"code": "10015"}]}), NeedsAttention),
    ],
)
def test_no_answer_is_not_the_same_as_no_text(
    context: PluginContext, where: str, spoiled: httpx.Response, expected: type[Exception]
) -> None:
    """A STOP may be among what was not told, wherever the telling fails."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == where:
            return spoiled
        return httpx.Response(200, json={"data": [record()], "meta": {"total_pages": 1}})

    with pytest.raises(expected):
        asyncio.run(channel_to(answer, context).missed(settings_with(), SINCE))


def test_more_than_can_be_read_is_left_to_a_person(context: PluginContext) -> None:
    """The sentence says how to go on."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": [record()]})

    with pytest.raises(NeedsAttention, match="ascend telnyx resume --skip-missed"):
        asyncio.run(channel_to(answer, context).missed(settings_with(), SINCE))
