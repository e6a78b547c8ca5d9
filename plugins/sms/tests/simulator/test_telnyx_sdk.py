"""Telnyx's own client library takes the simulated carrier for the provider (``tox -e oracles``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ascend_core.runtime.system import SystemClock
from ascend_sms.simulator import CarrierSandbox
from ascend_sms.simulator.sandbox import make_telnyx_sandbox

pytest.importorskip("telnyx", reason="the provider's own client library is the oracle here")
pytest.importorskip("nacl", reason="the provider's client library checks signatures with it")

from telnyx import APIStatusError, Telnyx
from telnyx.lib.webhook_verification import WebhookVerificationError, verify_webhook_signature

ADA = "+12025550123"


@pytest.fixture
def carrier(webhook: Any) -> CarrierSandbox:
    """On the real clock: the library looks at it when it checks a signature."""
    carrier = make_telnyx_sandbox(clock=SystemClock(), seed=7, journal=None)
    carrier.point_webhooks(f"{webhook.base_url}/inbound")
    return carrier


@pytest.fixture
def settings(carrier: CarrierSandbox, serve: Callable[[Any], str]) -> dict[str, str]:
    return dict(carrier.settings(serve(carrier.app)))


@pytest.fixture
def client(settings: dict[str, str]) -> Any:
    with Telnyx(api_key=settings["api_key"], base_url=f"{settings['base_url']}/v2", max_retries=0) as client:
        yield client


def test_it_sends_and_reads(client: Any, settings: dict[str, str]) -> None:
    """Every field has the type the library expects."""
    sent = client.messages.send(from_=settings["from_number"], to=ADA, text="Hello 👋", type="SMS").data
    found = client.messages.retrieve(sent.id).data

    assert (sent.to[0].phone_number, sent.to[0].status, sent.parts, sent.encoding) == (ADA, "queued", 1, "UCS-2")
    assert (found.id, found.text, found.direction) == (sent.id, "Hello 👋", "outbound")


def test_it_reads_errors(client: Any, settings: dict[str, str]) -> None:
    """The list of errors arrives in its exception."""
    with pytest.raises(APIStatusError) as caught:
        client.messages.send(from_=settings["from_number"], to=ADA, text="")

    assert caught.value.status_code == 400
    assert caught.value.body["errors"][0]["code"] == "40316"


def test_it_believes_our_webhooks(carrier: CarrierSandbox, client: Any, settings: dict[str, str], webhook: Any) -> None:
    """Signed over the timestamp and the body, and read as the event it is."""
    carrier.reply("r-1", ADA, "Stop")
    (request,) = webhook.raw
    headers, body = dict(request.headers), request.body.decode()

    verify_webhook_signature(body, headers, settings["public_key"])
    event = client.webhooks.unwrap(body, headers=headers, key=settings["public_key"]).data

    assert (event.event_type, event.payload.from_.phone_number, event.payload.text) == ("message.received", ADA, "Stop")
    with pytest.raises(WebhookVerificationError):
        verify_webhook_signature(body + " ", headers, settings["public_key"])
