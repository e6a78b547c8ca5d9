# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Two channels: the one connected last sends, the other only listens."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from ascend_core.contracts import DeliveryState, DeliveryStatus, Inbound
from ascend_core.errors import Unsure
from ascend_core.operations.connect import connect_channel, open_channel
from ascend_core.operations.doubt import resolve_unknown
from ascend_core.operations.receive_messages import receive_events
from tests.fakes.texts import FakeChannel

CROW = {"loft": "tower", "key": "sesame"}


@pytest.fixture
def crows(bench: Any) -> FakeChannel:
    """A second channel, not connected yet."""
    crows = FakeChannel()
    registry = bench.core.registry
    crow = attrs.evolve(registry.channels["pigeon"], name="crow", label="Crow", channel=crows)
    bench.core = attrs.evolve(bench.core, registry=attrs.evolve(registry, channels={**registry.channels, "crow": crow}))
    return crows


def test_the_channel_connected_last_sends(bench: Any, crows: FakeChannel) -> None:
    """And the one before it, when it is connected again."""
    bench.set_up()
    replaced = bench.run(connect_channel(bench.core, "crow", CROW))
    bench.register(0)
    bench.drain()
    bench.wait(minutes=1)
    again = bench.run(connect_channel(bench.core, "pigeon", {"loft": "roof", "key": "sesame"}))
    bench.register(1)
    bench.drain()

    assert (replaced, again) == ("pigeon", "crow")
    assert (len(crows.accepted), len(bench.channel.accepted)) == (1, 1)
    assert bench.run(connect_channel(bench.core, "pigeon", {"loft": "shed", "key": "sesame"})) is None


def test_the_other_goes_on_listening(bench: Any, crows: FakeChannel) -> None:
    """A STOP to the old number is a STOP, and a text still under way gets its status."""
    bench.set_up()
    bench.register(0)
    bench.drain()
    key = bench.one("SELECT key FROM message")
    bench.run(connect_channel(bench.core, "crow", CROW))

    opened = open_channel(bench.core, "pigeon")
    status = DeliveryStatus(provider_id="P1", message_key=key, state=DeliveryState.DELIVERED)
    stop = Inbound(provider_id="in-1", phone=bench.one("SELECT phone FROM message"), body="STOP", keyword="stop")
    receive_events(bench.core, "pigeon", [status, stop])

    assert opened is not None
    assert bench.states() == [("delivered", None)]
    assert bench.one("SELECT state FROM consent") == "unsubscribed"


def test_a_text_in_doubt_is_not_looked_up_with_somebody_who_never_had_it(bench: Any, crows: FakeChannel) -> None:
    """The new provider would say that it was not sent, and it would be sent twice: a person decides."""
    bench.set_up()
    bench.register(0)
    bench.channel.next_sends.append((Unsure("lost"), "accepted"))
    bench.send()
    bench.run(connect_channel(bench.core, "crow", CROW))
    bench.wait(minutes=5)
    bench.run(resolve_unknown(bench.core))
    bench.drain()

    assert bench.states() == [("held", "channel_changed")]
    assert (crows.asked, crows.accepted) == ([], [])
    key = bench.one("SELECT key FROM message")
    status = DeliveryStatus(provider_id="P1", message_key=key, state=DeliveryState.DELIVERED)
    receive_events(bench.core, "pigeon", [status])
    assert bench.states() == [("delivered", None)]
