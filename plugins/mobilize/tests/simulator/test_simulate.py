"""``ascend mobilize simulate`` at the command line."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys

import httpx
import pytest
from click.testing import CliRunner

from ascend_core.contracts.plugins import PluginContext
from ascend_core.errors import AscendError, BadInput
from ascend_mobilize.simulate import simulate_command

_PROGRAM = """
import sys
from datetime import UTC, datetime
from ascend_core.contracts.plugins import PluginContext
from ascend_mobilize.simulate import simulate_command

class Still:
    def now(self): return datetime(2026, 3, 2, 12, tzinfo=UTC)
    def monotonic(self): return 0.0
    async def sleep(self, seconds): pass

context = PluginContext(plugin="mobilize", clock=Still(), randomness=None, http=None)
simulate_command(context)(sys.argv[1:])
"""


@pytest.fixture
def command(clock):
    return simulate_command(PluginContext(plugin="mobilize", clock=clock, randomness=None, http=None))


def _started(*args: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, "--port", "0", *args], stderr=subprocess.PIPE, text=True
    )
    told: dict[str, str] = {}
    for line in process.stderr or ():
        told["api"] = (re.search(r"http://\S+/v1", line) or [told.get("api", "")])[0]
        label, _, value = line.strip().rpartition("  ")
        told[label.strip()] = value.strip()
        if label.startswith("Sign up"):
            break
    return process, told


def _stopped(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert "Traceback" not in errors
    return process.returncode


def test_it_says_what_to_connect_with_and_serves_invented_events():
    """Org id, key and a page to try; Ctrl-C ends it quietly."""
    process, told = _started("--events", "4", "--key", "invented")
    try:
        headers = {"authorization": f"Bearer {told['API key']}"}
        base = f"{told['api']}/organizations/{told['Org Id']}"
        events = httpx.get(f"{base}/events?timeslot_start=gte_now", headers=headers).json()
        page = httpx.get(told["Sign up"])
    finally:
        code = _stopped(process)

    assert told["API key"] == "invented"
    assert events["count"] == 4
    assert events["data"][0]["browser_url"] == told["Sign up"]
    assert "Park Cleanup" in page.text or "Letter Writing" in page.text
    assert code == 0


def test_it_serves_a_file(tmp_path):
    """The organization is that of the loaded events; the rate limit can be switched off."""
    path = tmp_path / "real.json"
    event = {"id": 5, "title": "Real", "sponsor": {"id": 88, "slug": "elm"}}
    path.write_text(json.dumps({"events": [event]}))

    process, told = _started("--load", str(path), "--no-rate-limit")
    try:
        statuses = {httpx.get(f"{told['api']}/organizations").status_code for _ in range(20)}
        answer = httpx.get(f"{told['api']}/organizations/88/events").json()
    finally:
        _stopped(process)

    assert (told["Org Id"], answer["data"]) == ("88", [event])
    assert statuses == {200}
    assert told["Sign up"].endswith("/elm/event/5/")


def test_a_port_in_use_is_one_sentence(command):
    """It names the port and the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(command, ["--port", str(port)])

    assert type(result.exception) is AscendError
    assert str(result.exception) == (
        f"cannot listen on 127.0.0.1 port {port}: Address already in use; choose another with --port or --host"
    )


@pytest.mark.parametrize("host", ["no such host", "256.1.1.1"])
def test_a_host_that_is_none_is_one_sentence(command, host):
    """The same for an address that is not this machine's."""
    result = CliRunner().invoke(command, ["--port", "0", "--host", host])

    assert type(result.exception) is AscendError


def test_a_bad_file_ends_it_before_it_listens(command, tmp_path):
    """With the exit code of bad input."""
    result = CliRunner().invoke(command, ["--load", str(tmp_path / "none.json")])

    assert isinstance(result.exception, BadInput)
    assert result.exception.exit_code == 4
