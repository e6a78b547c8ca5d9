# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""``ascend serve`` as people run it: a process that answers, works, and ends in order when it is told to."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ascend_core.contracts import ChannelSandbox
from ascend_core.runtime.opening import open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness
from ascend_core.web.serving import ThreadedServer, bind
from tests.cli.test_plugins import install
from tests.house.sources import ROOT

END_SECONDS = 30
SOON_SECONDS = 10
"""A container that has not ended by then is killed."""


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """A running ``ascend serve`` on a free port, where it listens, and what it said first. It texts at night too."""
    environment = {**os.environ, "ASCEND_HOME": str(home), "ASCEND_HOURS": "off"}
    environment.pop("ASCEND_PUBLIC_URL", None)
    code = "from ascend_core.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "serve", "--port", "0", *arguments],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        said = [process.stderr.readline()]
        while said[-1].startswith("  "):
            said.append(process.stderr.readline())
        found = re.search(r"http://[\d.:]+", said[-1])
        assert found is not None, said[-1] + process.stderr.read()
        while "No channel" not in said[-1] and "texts are expected" not in said[-1]:
            said.append(process.stderr.readline())
        try:
            yield process, found.group(), said
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_listens_warns_and_ends_in_order(made: Any, home: Path, number: signal.Signals) -> None:
    """A service manager stops it with SIGTERM, a person with Ctrl-C; both get a clean end."""
    with serving(home) as (process, url, said):
        answer = httpx.get(f"{url}/health", trust_env=False)
        process.send_signal(number)
        assert process.stderr is not None
        rest = process.stderr.read()

        assert process.wait(END_SECONDS) == 0
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert said[1] == "  No channel is connected: nothing is texted. Run: ascend sms connect or ascend telnyx connect\n"
    assert rest == "Ending: finishing what is in hand …\nEnded.\n"


def test_a_second_one_on_the_same_database_refuses_to_start(made: Any, home: Path) -> None:
    """Nobody is texted twice because two workers ran."""
    with serving(home):
        second = made("serve", "--port", "0")

    assert second.code == 1
    assert second.err.startswith("error: another process works on this database already")


def test_a_port_in_use_is_a_sentence(made: Any) -> None:
    """With what to do."""
    taken = bind()
    port = taken.getsockname()[1]
    done = made("serve", "--port", port)
    taken.close()

    assert done.code == 1
    assert done.err == (
        f"error: cannot listen on 127.0.0.1 port {port}: Address already in use; choose another with --port\n"
    )


def test_a_sign_up_is_texted_with_a_link_back_to_the_served_address(
    connected: Any, mobilize: Any, home: Path, documents: Path
) -> None:
    """The whole product as two commands: connect and serve. The text arrives, its link leads to the form."""
    carrier = _carrier()
    server = ThreadedServer(carrier.app, bind())
    settings = carrier.settings(server.url)
    arguments = [part for name, value in settings.items() for part in (f"--{name.replace('_', '-')}", value)]
    assert connected("sms", "connect", *arguments).code == 0
    connected("mobilize", "sync", "Phone Bank")
    _publish_awake(connected, documents)
    mobilize.sign_up("Phone Bank")

    with serving(home) as (process, url, said):
        text = _first_text(carrier)
        link = re.search(r"http\S+", text)
        assert link is not None
        leads_to = httpx.get(link.group(), trust_env=False, headers={"user-agent": "Mozilla/5.0"}).headers["location"]
        process.terminate()
        process.wait(END_SECONDS)
    server.close()

    assert text.startswith("Hi Ana! Finish here: http://127.0.0.1:")
    assert link.group().startswith(url)
    assert leads_to.startswith(f"{mobilize.pages['Phone Bank']}?utm_")
    assert said[1] == f"  Incoming sms texts are expected at {url}/hooks/sms/inbound\n"
    assert connected("report", "--json").json()[0]["recipients"] == 1
    kinds = [line["kind"] for line in connected("runs", "trace", "1", "--json").json()["trace"]]
    assert {"action", "end", "text"} <= set(kinds)
    assert "hello, version 1" in connected("runs", "trace", "1").out
    assert connected("report", "--csv").out.splitlines()[0].startswith("flow,recipients,clicked,click_through_rate,")


def _carrier() -> ChannelSandbox:
    registry = open_registry(SystemClock(), SystemRandomness(), environment={})
    sandbox: ChannelSandbox = registry.channels["sms"].sandbox(clock=SystemClock(), seed=1, journal=None)
    return sandbox


def _publish_awake(run: Any, documents: Path) -> None:
    """The flow, without quiet hours: this test runs at any time of day."""
    flow = documents / "hello.yaml"
    flow.write_text('quiet_hours: {from: "00:00", to: "00:00"}\n' + flow.read_text())
    assert run("flows", "publish", flow).code == 0
    assert run("automations", "create", documents / "new.yml").code == 0


def _first_text(carrier: ChannelSandbox) -> str:
    """The first text the carrier took; it comes within seconds."""
    clock = SystemClock()
    until = clock.monotonic() + END_SECONDS
    while not (texts := carrier.texts()):
        assert clock.monotonic() < until, "no text was sent"
    return texts[0].body


NEWS = """\
broadcast: June news
to: [June]
quiet_hours: {from: "00:00", to: "00:00"}
send: "Hi ${member.first_name|there}!"
"""


def test_told_to_end_in_the_middle_of_a_broadcast_it_leaves_no_text_in_doubt(
    made: Any, home: Path, tmp_path: Path
) -> None:
    """The calls that were begun get their answer, no other begins, and the next start goes on: each text once."""
    carrier = _carrier()
    server = ThreadedServer(carrier.app, bind())
    settings = carrier.settings(server.url)
    given = [part for name, value in settings.items() for part in (f"--{name.replace('_', '-')}", value)]
    assert made("sms", "connect", *given).code == 0
    assert made("sms", "limits", "--per-second", 1000, "--burst", 1000, "--per-day", 0).code == 0
    rows = [f"212555{number:04},Bo{number}" for number in range(100, 200)]
    (tmp_path / "people.csv").write_text("\n".join(["phone,first_name", *rows]))
    assert made("members", "import", tmp_path / "people.csv", "--proof", "x", "--group", "June").code == 0
    (tmp_path / "june.yaml").write_text(NEWS)
    httpx.post(f"{server.url}/_sim/faults", json={"kind": "slow", "times": 1000, "seconds": 1}, trust_env=False)
    assert made("broadcasts", "send", tmp_path / "june.yaml", "--yes").code == 0
    clock = SystemClock()

    with serving(home) as (process, _url, _said):
        _first_text(carrier)
        told = clock.monotonic()
        process.terminate()
        process.wait(END_SECONDS)
        took = clock.monotonic() - told
    after = made("status", "--json").json()["work"]["queues"]
    begun = len(carrier.texts())
    httpx.delete(f"{server.url}/_sim/faults", trust_env=False)
    with serving(home) as (process, _url, _said):
        until = clock.monotonic() + END_SECONDS
        while len(carrier.texts()) < len(rows):
            assert clock.monotonic() < until, f"{len(carrier.texts())} texts were sent"
        process.terminate()
        process.wait(END_SECONDS)
    server.close()

    assert took < SOON_SECONDS
    assert (after["sending"], after["unknown"], after["ready"]) == (0, 0, len(rows) - begun)
    assert len({text.phone for text in carrier.texts()}) == len(carrier.texts()) == len(rows)


def test_without_a_worker_it_only_answers(made: Any, home: Path) -> None:
    """Two processes can share one database when only one works."""
    with serving(home), serving(home, "--no-worker") as (_, url, _said):
        assert httpx.get(f"{url}/health", trust_env=False).status_code == 200


def test_a_worker_works_alone_and_ends_in_order(made: Any, home: Path) -> None:
    """Beside a server that only answers; a second worker on the same file is refused, from whichever folder."""
    code = "from ascend_core.cli import main; main()"
    environment = {**os.environ, "ASCEND_HOME": str(home), "ASCEND_PUBLIC_URL": "https://go.example.org"}
    with subprocess.Popen(
        [sys.executable, "-c", code, "worker"], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        (home / "other").mkdir()
        url = f"sqlite:///{home / 'other' / '..' / 'ascend.db'}"
        second = made("worker", ASCEND_DATABASE_URL=url)
        process.terminate()
        rest = process.stderr.read()

        assert process.wait(END_SECONDS) == 0
    assert first == "Ascend works (Ctrl-C ends it).\n"
    assert rest == "Ending: finishing what is in hand …\nEnded.\n"
    assert (second.code, second.err[:56]) == (1, "error: another process works on this database already (/")


QUITTING = """
from ascend_core.hookspecs import AscendHooks, hookimpl
from tests.fakes.forms import FakeSource, box_integration, box_mapper, box_tracker, box_triggers

class Quitting(FakeSource):
    async def submissions(self, account, cursor, *, since=None):
        raise SystemExit(0)
        yield

class Plugin(AscendHooks):
    @hookimpl
    def ascend_register_integrations(self, context):
        return [box_integration(Quitting())]

    @hookimpl
    def ascend_register_triggers(self, context):
        return box_triggers()
"""


def test_when_its_worker_ends_by_itself_the_whole_process_does(
    made: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plugin that ends "its" process: who only goes on answering looks as if all were well, and texts nobody."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    install(plugins, "quitting", QUITTING)
    monkeypatch.setenv("PYTHONPATH", f"{plugins}{os.pathsep}{ROOT}")
    code = "from ascend_core.cli import main; main()"
    connect = ["quitting", "box", "connect", "--org", "north", "--key", "k-sesame"]
    environment = {**os.environ, "ASCEND_HOME": str(home)}
    subprocess.run([sys.executable, "-c", code, *connect], env=environment, check=True, capture_output=True)

    with serving(home) as (process, _url, _said):
        assert process.stderr is not None
        rest = process.stderr.read()
        ended = process.wait(END_SECONDS)

    assert ended == 1
    assert "worker.ended" in rest
    assert rest.endswith("error: the worker ended by itself (SystemExit); see the log, and start again\n")


def test_figures_are_served_on_an_address_of_their_own(
    connected: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drains of this very process are in them; the public address has none."""
    monkeypatch.setenv("ASCEND_METRICS", "0")
    clock = SystemClock()
    with serving(home) as (_, public, said):
        figures = said[0].split()[-1]
        until = clock.monotonic() + END_SECONDS
        while 'ascend_drain_seconds_count{kind="sync"}' not in (text := httpx.get(figures, trust_env=False).text):
            assert clock.monotonic() < until, text
        elsewhere = httpx.get(f"{public}/metrics", trust_env=False)
        place = figures.removeprefix("http://").removesuffix("/metrics")
        monkeypatch.setenv("ASCEND_METRICS", place)
        with serving(home, "--no-worker") as (_process, second, told):
            health = httpx.get(f"{second}/health", trust_env=False)

    assert "ascend_workers 1\n" in text
    assert elsewhere.status_code == 404
    assert told[0].startswith(f"  No figures for Prometheus: nobody can listen on {place.replace(':', ' port ')}; ")
    assert health.status_code == 200


def test_runs_and_reports_that_are_not_there_are_sentences(made: Any) -> None:
    """Unknown ids and empty reports are told."""
    run, report, both = made("runs", "trace", "77"), made("report"), made("report", "--csv", "--json")

    assert (run.err, run.code) == ("error: there is no run 77; see: ascend runs list\n", 4)
    assert (report.err, report.code) == ("No tracked link was sent yet.\n", 0)
    assert both.code == 2
