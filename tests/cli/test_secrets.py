"""What was given in secret comes out nowhere: not on the screen, not in a log, not in a file (row B1)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ascend_core.runtime.opening import open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness
from ascend_core.web.serving import ThreadedServer, bind

COMMANDS = (
    "status",
    "status --json",
    "mobilize settings",
    "mobilize settings --json",
    "mobilize status --json",
    "mobilize events --json",
    "mobilize fetch",
    "mobilize sync Phone Bank",
    "mobilize poll",
    "mobilize poll",
    "mobilize fields --json",
    "mobilize ignored --json",
    "sms status --json",
    "members list --json",
    "flows list --json",
    "report --json",
    "runs list",
    "plugins list --json",
    "keys rotate",
    "keys rotate",
    "mobilize connect --org 999999 --key-file KEY --url URL",
    "mobilize connect --org 4017 --key-file KEY --url URL --json",
    "mobilize poll --all --json",
    "mobilize status",
)
"""Everything that says something about what is connected. What there is none of may fail; it must not tell either."""


@pytest.fixture
def carrier() -> Iterator[dict[str, str]]:
    """What connects a served stand-in for the provider."""
    registry = open_registry(SystemClock(), SystemRandomness(), environment={})
    sandbox = registry.channels["sms"].sandbox(clock=SystemClock(), seed=1, journal=None)
    server = ThreadedServer(sandbox.app, bind())
    yield dict(sandbox.settings(server.url))
    server.close()


def test_a_secret_comes_out_nowhere(
    made: Any, mobilize: Any, carrier: dict[str, str], home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Every command, every log line of any library, every byte in the folder."""
    for library in ("httpx", "httpcore", "asyncio", "alembic"):
        caplog.set_level(logging.DEBUG, logger=library)
    key, token = mobilize.account["api_key"], carrier["auth_token"]
    key_file = home.parent / "key"
    key_file.write_text(key)
    url = mobilize.account["base_url"]
    made("mobilize", "connect", "--org", mobilize.account["org_id"], "--key-file", key_file, "--url", url)
    made(
        "sms", "connect", *(part for name, value in carrier.items() for part in (f"--{name.replace('_', '-')}", value))
    )
    mobilize.sign_up("Phone Bank")

    said = []
    for command in COMMANDS:
        words = [
            {"KEY": str(key_file), "URL": url}.get(word, word) for word in command.replace("Phone Bank", "P").split()
        ]
        done = made(*("Phone Bank" if word == "P" else word for word in words))
        said.append(done.out + done.err)
    kept = b"".join(file.read_bytes() for file in sorted(home.rglob("*")) if file.is_file())

    assert len(kept) > 10_000
    assert caplog.text
    for secret in (key, token):
        assert [text for text in (*said, caplog.text) if secret in text] == []
        assert secret.encode() not in kept


def test_the_key_can_be_changed_from_the_command_line(connected: Any, home: Path) -> None:
    """The account works as before, without being asked for its key."""
    before = (home / "ascend.key").read_bytes()

    done = connected("keys", "rotate")

    assert (done.code, done.err.splitlines()[0]) == (
        0,
        f"1 secret sealed with a new key in {(home / 'ascend.key').resolve()}.",
    )
    assert (home / "ascend.key").read_bytes() != before
    assert connected("mobilize", "fetch").code == 0
