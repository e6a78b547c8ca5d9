"""The channel and the plugin's own stand-in for the provider, which share no code: each is a check of the other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from ascend_core.contracts import (
    ChannelSandbox,
    DeliveryState,
    DeliveryStatus,
    Inbound,
    Outbound,
    PluginContext,
    RawRequest,
)
from ascend_core.errors import NeedsAttention, Refused
from ascend_sms.plugin import SmsPlugin
from ascend_sms.settings import SmsSettings
from ascend_sms.twilio import TwilioChannel

MEMBER = "+12025550111"


class Mailbox:
    """A webhook on loopback that keeps what is posted to it."""

    def __init__(self) -> None:
        self.requests: list[RawRequest] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hooks/sms/1"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        mailbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                url = f"http://{self.headers['host']}{self.path}"
                headers = tuple((name.lower(), value) for name, value in self.headers.items())
                mailbox.requests.append(RawRequest(method="POST", url=url, headers=headers, body=body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the library's name
                return

        return Handler


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    box.thread.start()
    yield box
    box.server.shutdown()
    box.thread.join()
    box.server.server_close()


@pytest.fixture
def sandbox(context: PluginContext, mailbox: Mailbox) -> ChannelSandbox:
    (kind,) = SmsPlugin().ascend_register_channels(context)
    made: ChannelSandbox = kind.sandbox(clock=context.clock, seed=1, journal=None)
    made.point_webhooks(mailbox.url)
    return made


@pytest.fixture
def settings(sandbox: ChannelSandbox) -> SmsSettings:
    return SmsSettings(**sandbox.settings("http://127.0.0.1:4010"))


@pytest.fixture
def channel(context: PluginContext, sandbox: ChannelSandbox) -> TwilioChannel:
    def http(*, timeout: httpx.Timeout, follow_redirects: bool = False) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=sandbox.app)
        return httpx.AsyncClient(transport=transport, timeout=timeout, follow_redirects=follow_redirects)

    return TwilioChannel(PluginContext(plugin="sms", clock=context.clock, randomness=context.randomness, http=http))


def test_a_text_goes_out_and_its_statuses_come_back(
    channel: TwilioChannel, sandbox: ChannelSandbox, settings: SmsSettings, mailbox: Mailbox, clock: Any
) -> None:
    """From the send to the last delivery status, signatures included."""
    text = Outbound(message_key="k-1", phone=MEMBER, body="Hi Ada 👋", callback_url=mailbox.url, valid_seconds=900)

    receipt = asyncio.run(channel.send(settings, text))
    claimed_at = clock.time
    while (due := sandbox.next_due()) is not None:
        clock.time = max(clock.time, due)
        sandbox.settle()

    assert [(sent.provider_id, sent.phone, sent.body) for sent in sandbox.texts()] == [
        (receipt.provider_id, MEMBER, "Hi Ada 👋")
    ]
    assert all(channel.is_genuine(settings, request) for request in mailbox.requests)
    events = [event for request in mailbox.requests for event in channel.read(settings, request)]
    assert {(event.provider_id, event.message_key) for event in events if isinstance(event, DeliveryStatus)} == {
        (receipt.provider_id, "k-1")
    }
    assert DeliveryState.DELIVERED in {event.state for event in events if isinstance(event, DeliveryStatus)}
    found = asyncio.run(channel.lookup(settings, text, claimed_at))
    assert found is not None
    assert (found.provider_id, found.state) == (receipt.provider_id, DeliveryState.DELIVERED)


def test_a_stop_arrives_and_the_provider_refuses_from_then_on(
    channel: TwilioChannel, sandbox: ChannelSandbox, settings: SmsSettings, mailbox: Mailbox
) -> None:
    """Both sides agree on what STOP is and who confirms it."""
    sandbox.reply("r-1", MEMBER, "Stop")

    (request,) = mailbox.requests
    assert channel.is_genuine(settings, request)
    (event,) = channel.read(settings, request)
    assert isinstance(event, Inbound)
    assert (event.phone, event.body, event.keyword, event.provider_answered) == (MEMBER, "Stop", "stop", True)
    with pytest.raises(Refused) as caught:
        asyncio.run(channel.send(settings, Outbound(message_key="k-2", phone=MEMBER, body="Hello again")))
    assert (caught.value.reason, caught.value.code) == ("opted_out", "21610")


def test_the_stand_in_knows_its_account(channel: TwilioChannel, settings: SmsSettings) -> None:
    """Connecting works with its settings and with no others."""
    asyncio.run(channel.check(settings))

    with pytest.raises(NeedsAttention):
        asyncio.run(
            channel.check(
                SmsSettings(
                    account_sid=settings.account_sid,
                    auth_token="wrong",
                    from_number=settings.from_number,
                    base_url=settings.base_url,
                )
            )
        )
