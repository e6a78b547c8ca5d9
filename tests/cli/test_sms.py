"""Connecting a sender from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ascend_core.runtime.opening import open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness
from ascend_core.web.serving import ThreadedServer, bind


@pytest.fixture
def settings() -> Iterator[dict[str, str]]:
    """What connects a served stand-in for the provider."""
    registry = open_registry(SystemClock(), SystemRandomness(), environment={})
    sandbox = registry.channels["sms"].sandbox(clock=SystemClock(), seed=1, journal=None)
    server = ThreadedServer(sandbox.app, bind())
    yield dict(sandbox.settings(server.url))
    server.close()


def arguments(settings: dict[str, str], **changes: str) -> list[str]:
    """The options of ``sms connect``."""
    given = {**settings, **changes}
    return [part for name, value in given.items() for part in (f"--{name.replace('_', '-')}", value)]


def test_a_sender_is_connected_and_shown_without_its_secret(made: Any, settings: dict[str, str]) -> None:
    """The address for the provider's console is printed."""
    done = made("sms", "connect", *arguments(settings), ASCEND_PUBLIC_URL="https://texts.example.org")
    (status,) = made("sms", "status", "--json").json()

    assert done.err == (
        "SMS (Twilio) is connected.\n"
        "Let the provider post incoming texts to: https://texts.example.org/hooks/sms/inbound\n"
    )
    assert status["settings"]["account_sid"] == settings["account_sid"]
    assert settings["auth_token"] not in str(status) + made("sms", "status").out + made("status").out


def test_a_wrong_token_or_number_is_told_and_nothing_is_saved(made: Any, settings: dict[str, str]) -> None:
    """Found out now, not with the first text."""
    token = made("sms", "connect", *arguments(settings, auth_token="nonsense"))
    number = made("sms", "connect", *arguments(settings, from_number="5"))

    assert (token.code, number.code) == (1, 4)
    assert "auth token" in token.err
    assert number.err.startswith("error: From number is neither")
    assert made("sms", "status", "--json").json() == []
    assert made("sms", "status").err == "SMS (Twilio) is not connected; run: ascend sms connect\n"


def test_the_plugins_own_commands_are_in_the_same_group(run: Any) -> None:
    """One place for everything about texts."""
    overview = run("sms", "--help").out

    assert all(f"  {name} " in overview for name in ("connect", "segments", "simulate", "status"))
    assert run("sms", "segments", "hello").out.startswith("1 × GSM-7")
