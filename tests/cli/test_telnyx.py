"""A second provider takes over from the first at the command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ascend_core.runtime.opening import open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness
from ascend_core.web.serving import ThreadedServer, bind


@pytest.fixture
def arguments() -> Iterator[dict[str, list[str]]]:
    """What connects each provider's served stand-in."""
    registry = open_registry(SystemClock(), SystemRandomness(), environment={})
    servers, found = [], {}
    for name in ("sms", "telnyx"):
        sandbox = registry.channels[name].sandbox(clock=SystemClock(), seed=1, journal=None)
        servers.append(ThreadedServer(sandbox.app, bind()))
        settings = sandbox.settings(servers[-1].url)
        found[name] = [part for key, value in settings.items() for part in (f"--{key.replace('_', '-')}", value)]
    yield found
    for server in servers:
        server.close()


def test_the_one_connected_last_sends(made: Any, arguments: dict[str, list[str]]) -> None:
    """The other is shown as a listener, and it is said what that means."""
    made("sms", "connect", *arguments["sms"])

    done = made("telnyx", "connect", *arguments["telnyx"], ASCEND_PUBLIC_URL="https://texts.example.org")

    assert done.err == (
        "SMS (Telnyx) is connected.\n"
        "It sends from now on; 'sms' only listens, for replies and delivery statuses.\n"
        "Let the provider post incoming texts to: https://texts.example.org/hooks/telnyx/inbound\n"
    )
    channels = made("status", "--json").json()["channels"]
    assert [(each["channel"], each["sends"]) for each in channels] == [("telnyx", True), ("sms", False)]
    assert "KEY" not in made("telnyx", "status").out
