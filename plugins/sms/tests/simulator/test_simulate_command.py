"""``ascend sms simulate``."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from ascend_core.contracts import PluginContext
from ascend_core.errors import AscendError, BadInput
from ascend_core.testing.clock import SeededRandomness, VirtualClock
from ascend_sms.simulate import simulate_command


@pytest.fixture
def command(clock: VirtualClock):
    return simulate_command(
        PluginContext(plugin="sms", clock=clock, randomness=SeededRandomness(1), http=httpx.AsyncClient)
    )


def test_a_port_in_use_is_said_in_one_sentence(command):
    """No traceback: who, where and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        result = CliRunner().invoke(command, ["--port", str(port)])

    assert isinstance(result.exception, AscendError)
    assert str(result.exception) == (
        f"the simulated carrier cannot listen on 127.0.0.1 port {port} (Address already in use): "
        "choose another with --port"
    )


@pytest.mark.parametrize(
    "option",
    [("--inbound-url", "https://texts.example.org/in"), ("--account-sid", "AC1"), ("--from", "banana")],
)
def test_a_wrong_option_is_refused_before_it_listens(command, option):
    """Above all, texts are posted to this computer only, unless it is told otherwise."""
    result = CliRunner().invoke(command, ["--port", "0", *option])

    assert isinstance(result.exception, BadInput)


PROGRAM = """
import asyncio, datetime, time
from ascend_core.contracts import PluginContext
from ascend_sms.simulate import simulate_command

class WallClock:
    def now(self): return datetime.datetime.now(datetime.UTC)
    def monotonic(self): return time.monotonic()
    async def sleep(self, seconds): await asyncio.sleep(seconds)

simulate_command(PluginContext(plugin="sms", clock=WallClock(), randomness=None, http=None))()
"""


def test_it_serves_until_it_is_interrupted(tmp_path: Path, webhook):
    """It says where it listens and how to log in, posts callbacks by itself, and ends quietly."""
    options = ["--port", "0", "--auth-token", "t0ken", "--inbound-url", webhook.base_url]
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, *options], stderr=subprocess.PIPE, text=True)
    try:
        first = process.stderr.readline()
        settings = dict(process.stderr.readline().strip().split(" = ") for _ in range(4))
        page = process.stderr.readline()
        with httpx.Client(trust_env=False, verify=False, timeout=10) as client:  # noqa: S501 -- loopback, no TLS
            answer = client.post(f"{settings['base_url']}/_sim/inbound", json={"from": "+12025550123", "body": "Hi"})
    finally:
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=20)

    assert first == f"The simulated carrier listens on {settings['base_url']} (Ctrl+C stops it).\n"
    assert (settings["auth_token"], settings["from_number"]) == ("t0ken", "+12025550100")
    assert answer.json()["answered"] is True
    assert (webhook.forms[0]["Body"], process.returncode) == ("Hi", 0)
    assert (page, rest) == (f"The phones are at {settings['base_url']}/\n", "")
