"""What every provider's channel must do, tried with each: over HTTP, against its own stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ascend_core.contracts import (
    ChannelType,
    DeliveryState,
    DeliveryStatus,
    Inbound,
    Outbound,
    PluginContext,
    RawRequest,
    Secret,
)
from ascend_core.errors import BadInput, NeedsAttention, Refused, RunTimeError, TryLater, Unsure
from ascend_core.testing.clock import VirtualClock
from ascend_sms.plugin import SmsPlugin
from ascend_sms.simulator import CarrierSandbox, FaultKind
from ascend_sms.simulator.faults import Fault
from ascend_sms.telnyx.plugin import TelnyxPlugin

ADA = "+12025550123"
"""A mobile under seed 7."""
PLUGINS = {"sms": SmsPlugin, "telnyx": TelnyxPlugin}


class Setup:
    """One provider: its channel, its stand-in on a port, and our webhook."""

    def __init__(self, type_: ChannelType, sandbox: CarrierSandbox, base_url: str, webhook: Any, clock: Any) -> None:
        self.type, self.channel, self.sandbox, self.webhook, self.clock = type_, type_.channel, sandbox, webhook, clock
        self.values = dict(sandbox.settings(base_url))
        self.settings = self.made()
        sandbox.point_webhooks(f"{webhook.base_url}/hooks/{type_.name}/inbound")

    def made(self, **changes: str) -> Any:
        fields = attrs.fields_dict(self.type.settings)
        values = {**self.values, **changes}
        return self.type.settings(
            **{name: Secret(value) if "Secret" in str(fields[name].type) else value for name, value in values.items()}
        )

    def text(self, body: str = "Hello", **changes: Any) -> Outbound:
        url = f"{self.webhook.base_url}/hooks/{self.type.name}/status"
        return Outbound(**{"message_key": "k-1", "phone": ADA, "body": body, "callback_url": url, **changes})

    def send(self, text: Outbound | None = None) -> Any:
        return asyncio.run(self.channel.send(self.settings, text or self.text()))

    def fault(self, kind: FaultKind, **values: Any) -> None:
        self.sandbox.faults.order(Fault(kind=kind, **values))

    def settle(self) -> None:
        while (due_at := self.sandbox.next_due()) is not None:
            self.clock.set(max(due_at, self.clock.now()))
            self.sandbox.settle()

    def heard(self) -> list[Any]:
        """The events of every genuine request so far."""
        return [
            event
            for request in self.webhook.raw
            if self.channel.is_genuine(self.settings, request)
            for event in self.channel.read(self.settings, request)
        ]


class NoChance:
    def token(self, length: int, alphabet: str) -> str:
        return alphabet[0] * length

    def fraction(self) -> float:
        return 0.0


@pytest.fixture(params=PLUGINS)
def provider(request: Any, clock: VirtualClock, serve: Callable[[Any], str], webhook: Any) -> Setup:
    def http(*, timeout: httpx.Timeout, follow_redirects: bool = False) -> httpx.AsyncClient:
        return httpx.AsyncClient(timeout=timeout, follow_redirects=follow_redirects, trust_env=False)

    context = PluginContext(plugin=request.param, clock=clock, randomness=NoChance(), http=http)
    (type_,) = PLUGINS[request.param]().ascend_register_channels(context)
    sandbox = type_.sandbox(clock=clock, seed=7, journal=None)
    return Setup(type_, sandbox, serve(sandbox.app), webhook, clock)


def test_it_connects_with_its_own_credentials_only(provider: Setup) -> None:
    """Said before anything is saved."""
    asyncio.run(provider.channel.check(provider.settings))
    secret = "auth_token" if provider.type.name == "sms" else "api_key"

    with pytest.raises(NeedsAttention):
        asyncio.run(provider.channel.check(provider.made(**{secret: "wrong"})))
    with pytest.raises(NeedsAttention):
        asyncio.run(provider.channel.send(provider.made(**{secret: "wrong"}), provider.text()))
    assert provider.sandbox.texts() == ()


@pytest.mark.parametrize("body", ["Hi Ada 👋", "{é}", "Tab\tand\nlines", "’" * 71, "x" * 1530])
def test_a_text_leaves_whole_and_its_statuses_bring_our_key_back(provider: Setup, body: str) -> None:
    """From the send to the last delivery status, signatures included; counted as the channel says it is billed."""
    receipt = provider.send(provider.text(body))
    provider.settle()

    assert [(text.phone, text.body) for text in provider.sandbox.texts()] == [(ADA, body)]
    events = provider.heard()
    assert len(events) == len(provider.webhook.raw) > 0
    assert {(event.provider_id, event.message_key) for event in events} == {(receipt.provider_id, "k-1")}
    assert events[-1].state is DeliveryState.DELIVERED
    assert provider.type.measure is not None
    assert receipt.segments == provider.type.measure(body).segments


def test_a_key_of_any_kind_comes_back(provider: Setup) -> None:
    """It travels in an address."""
    provider.send(provider.text(message_key="a b/ü?&=#%"))
    provider.settle()

    assert {event.message_key for event in provider.heard()} == {"a b/ü?&=#%"}


@pytest.mark.parametrize(
    ("kind", "state", "reason"),
    [
        ("landline", DeliveryState.UNDELIVERED, "unreachable"),
        ("unreachable", DeliveryState.UNDELIVERED, "unreachable"),
        ("no_dlr", DeliveryState.SENT, None),
    ],
)
def test_how_far_a_text_came_is_told_with_a_reason(
    provider: Setup, kind: Any, state: DeliveryState, reason: str | None
) -> None:
    """In our words, whatever the provider's code."""
    provider.sandbox.carrier.set_phone(ADA, kind)
    provider.send()
    provider.settle()

    last = provider.heard()[-1]
    assert (last.state, last.reason, last.problem) == (state, reason, None)
    assert (last.error_code is None) == (reason is None)


def test_a_filtered_text_is_told_apart(provider: Setup) -> None:
    """Too many of these pause a broadcast."""
    provider.send(provider.text("Look: bit.ly/abc"))
    provider.settle()

    assert provider.heard()[-1].reason == "filtered"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"body": ""}, "bad_text"),
        ({"body": " \n"}, "bad_text"),
        ({"body": "\0"}, "bad_text"),
        ({"body": "x" * 1601}, "bad_text"),
        ({"phone": "12025550123"}, "bad_phone"),
        ({"phone": ""}, "bad_phone"),
        ({"valid_seconds": 0}, "expired"),
    ],
)
def test_what_could_only_be_refused_is_refused_without_a_call(
    provider: Setup, changes: dict[str, Any], reason: str
) -> None:
    """It costs nothing and harms nobody."""
    with pytest.raises(Refused) as caught:
        provider.send(provider.text(**changes))

    assert caught.value.reason == reason
    assert provider.sandbox.texts() == ()


@pytest.mark.parametrize(
    ("kind", "expected", "taken"),
    [
        (FaultKind.RATE_LIMITED, TryLater, 0),
        (FaultKind.KEY_REFUSED, NeedsAttention, 0),
        (FaultKind.ERROR_500, Unsure, 0),
        (FaultKind.HTML_502, Unsure, 0),
        (FaultKind.ERROR_500_AFTER_ACCEPT, Unsure, 1),
        (FaultKind.DROP_RESPONSE_AFTER_ACCEPT, Unsure, 1),
        (FaultKind.TRUNCATED, Unsure, 1),
    ],
)
def test_surely_not_sent_and_may_have_been_sent_are_told_apart(
    provider: Setup, kind: FaultKind, expected: type[RunTimeError], taken: int
) -> None:
    """A text that may be on its way is never called unsent."""
    provider.fault(kind)

    with pytest.raises(expected):
        provider.send()

    assert len(provider.sandbox.texts()) == taken


def test_a_text_in_doubt_is_found_or_left_in_doubt(provider: Setup) -> None:
    """Who keeps no list says so; nobody says *not sent* of a text that was taken."""
    since = provider.clock.now()
    provider.fault(FaultKind.DROP_RESPONSE_AFTER_ACCEPT)
    with pytest.raises(Unsure):
        provider.send()
    provider.clock.advance(timedelta(minutes=1))

    if provider.type.dedupe == "none":
        with pytest.raises(Unsure):
            asyncio.run(provider.channel.lookup(provider.settings, provider.text(), since))
    else:
        found = asyncio.run(provider.channel.lookup(provider.settings, provider.text(), since))
        assert found.provider_id == provider.sandbox.texts()[0].provider_id
    provider.settle()
    assert {event.message_key for event in provider.heard()} == {"k-1"}


@pytest.mark.parametrize("retry_after", [None, 7])
def test_a_limit_says_how_long(provider: Setup, retry_after: int | None) -> None:
    """Where the provider does."""
    provider.fault(FaultKind.RATE_LIMITED, retry_after_seconds=retry_after)

    with pytest.raises(TryLater) as caught:
        provider.send()

    assert (caught.value.after_seconds, caught.value.scope) == (retry_after, "account")


@pytest.mark.parametrize(
    ("body", "keyword", "answered"),
    [
        ("STOP", "stop", True),
        ("stop.", "stop", False),
        ("Please take me off your list", "stop", False),
        ("STPO", "doubtful", False),
        ("HELP", "help", True),
        ("See you at 5?", None, False),
        ("", None, False),
        ("a\0b", None, False),
    ],
)
def test_a_text_from_a_person_is_heard(provider: Setup, body: str, keyword: str | None, answered: bool) -> None:
    """Keywords before anything else, and whether the provider has answered already."""
    provider.sandbox.reply("r-1", ADA, body)

    (event,) = provider.heard()
    assert isinstance(event, Inbound)
    assert (event.phone, event.body, event.keyword) == (ADA, body.replace("\0", ""), keyword)
    assert event.provider_answered is answered
    answer = provider.channel.answer(provider.settings, provider.webhook.raw[-1])
    assert answer.status == 200
    assert b"Message" not in answer.body


def test_who_left_is_refused_by_the_provider_too(provider: Setup) -> None:
    """Our ledger is the first to know, the provider the last to stop us; START undoes both."""
    provider.sandbox.reply("r-1", ADA, "STOP")
    with pytest.raises(Refused) as caught:
        provider.send()
    provider.sandbox.reply("r-2", ADA, "START")
    provider.send()

    assert caught.value.reason == "opted_out"
    assert [event.keyword for event in provider.heard()] == ["stop", "start"]


def test_a_retry_is_the_same_text(provider: Setup) -> None:
    """It is kept once."""
    provider.webhook.status = 500
    provider.sandbox.reply("r-1", ADA, "Hello")
    provider.webhook.status = 200
    provider.sandbox.settle()

    first, second = provider.heard()
    assert first == second


@pytest.mark.parametrize(
    "fault", [FaultKind.DUPLICATE_CALLBACKS, FaultKind.UNKNOWN_STATUS, FaultKind.REORDER_CALLBACKS]
)
def test_odd_callbacks_are_read(provider: Setup, fault: FaultKind) -> None:
    """Twice, unheard of, or in the wrong order."""
    provider.fault(fault, times=3)
    provider.send()
    provider.settle()

    states = [event.state for event in provider.heard() if isinstance(event, DeliveryStatus)]
    assert DeliveryState.DELIVERED in states


def test_a_forged_request_is_not_believed(provider: Setup) -> None:
    """The real one follows."""
    provider.fault(FaultKind.BAD_SIGNATURE)
    provider.sandbox.reply("r-1", ADA, "STOP")
    provider.sandbox.settle()

    genuine = [provider.channel.is_genuine(provider.settings, request) for request in provider.webhook.raw]
    assert genuine == [False, True]


def test_one_changed_byte_breaks_the_signature(provider: Setup) -> None:
    """Every byte of the body is covered."""
    provider.sandbox.reply("r-1", ADA, "Hi")
    (request,) = provider.webhook.raw

    for place in range(0, len(request.body), 7):
        changed = bytearray(request.body)
        changed[place] ^= 1
        assert not provider.channel.is_genuine(provider.settings, attrs.evolve(request, body=bytes(changed)))


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "content-type",
                "x-twilio-signature",
                "x-twilio-webhooks-signature-settings",
                "telnyx-signature-ed25519",
                "telnyx-timestamp",
                "content-encoding",
            ]
        ),
        st.text(max_size=40) | st.sampled_from(["application/json", "key=,algorithm=HMAC_SHA256", "9" * 400, "-1"]),
    ),
    max_size=5,
)
URLS = st.sampled_from(["", "http://[::1", "https://x:99999/a?m=1&m=2", "https://x/?m=%ff", "http://x/\x00", "ftp://é"])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    data=st.data(),
    headers=HEADERS,
    url=URLS,
    method=st.sampled_from(["POST", "GET", "PUT", "", "\ud800"]),
    noise=st.binary(max_size=60),
)
def test_hostile_requests_raise_nothing_unexpected(
    provider: Setup, data: Any, headers: Any, url: str, method: str, noise: bytes
) -> None:
    """A real request, broken in one place, and anything else somebody may send."""
    provider.webhook.raw.clear()
    provider.sandbox.reply(f"r-{len(noise)}", ADA, "Hi")
    real = provider.webhook.raw[-1]
    place = data.draw(st.integers(0, len(real.body)))
    broken = data.draw(
        st.sampled_from(
            [
                attrs.evolve(real, body=real.body[:place] + noise + real.body[place:]),
                attrs.evolve(real, body=real.body[:place]),
                attrs.evolve(real, body=b"[" * 50_000),
                attrs.evolve(real, headers=(*real.headers, *headers)),
                attrs.evolve(real, headers=tuple(headers)),
                attrs.evolve(real, url=url),
                attrs.evolve(real, method=method),
                RawRequest(method=method, url=url, headers=tuple(headers), body=noise),
            ]
        )
    )

    assert provider.channel.is_genuine(provider.settings, broken) in (True, False)
    try:
        events = provider.channel.read(provider.settings, broken)
    except BadInput:
        events = ()
    assert all(isinstance(event, Inbound | DeliveryStatus) for event in events)
    for event in events:
        repr(event).encode("utf-8")
    assert provider.channel.answer(provider.settings, broken).status in (200, 204, 400)


def test_what_was_missed_can_be_asked_for(provider: Setup) -> None:
    """A provider without a list gives none, and does not fail."""
    provider.webhook.status = 500
    provider.sandbox.reply("r-1", ADA, "stop.")

    missed = asyncio.run(provider.channel.missed(provider.settings, provider.clock.now()))

    assert [(text.phone, text.keyword) for text in missed] in ([(ADA, "stop")], [])
