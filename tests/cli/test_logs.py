# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The log of a whole day: everything is told, and nothing about anybody, however much is asked for."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ascend_core.runtime.logs import LogSettings, configure_logs
from ascend_core.runtime.system import SystemClock
from ascend_core.web.serving import ThreadedServer, bind
from tests.cli.test_plugins import install
from tests.cli.test_serve import END_SECONDS, _carrier, _publish_awake
from tests.house.sources import ROOT

PERSON = {
    "first_name": "Zebulon",
    "last_name": "Quartermain",
    "email": "zeb.q@example.org",
    "phone": "(202) 555-0147",
    "zip": "10475",
    "text_field:Shirt size": "Gargantuan",
}
LEAKED = ("+13125550188", "Wilhelmina", "mina@example.org")
"""Whom the plugin below speaks of."""

LEAKY = f"""
import logging
from ascend_core.contracts import Answer, WebhookType
from ascend_core.hookspecs import AscendHooks, hookimpl
from tests.fakes.forms import FakeSource, box_integration, box_mapper, box_tracker, box_triggers

WHO = {LEAKED!r}

class Leaky(FakeSource):
    async def submissions(self, account, cursor, *, since=None):
        logging.getLogger("leaky").debug("looking at Wilhelmina of %s", WHO[0])
        logging.getLogger("leaky").error("cannot reach %s at %s with token=%s", WHO[0], WHO[2], account.key.reveal())
        raise ValueError(f"nobody knows {{WHO}}")
        yield

async def oops(request):
    raise KeyError(request.body)

class Plugin(AscendHooks):
    @hookimpl
    def ascend_register_integrations(self, context):
        return [box_integration(Leaky())]

    @hookimpl
    def ascend_register_triggers(self, context):
        return box_triggers()

    @hookimpl
    def ascend_register_webhooks(self, context):
        return [WebhookType(name="oops", handle=oops)]
"""

CODE = "from ascend_core.cli import main; main()"


def eventually(found: Callable[[], Any]) -> Any:
    """What *found* finds; it comes within seconds."""
    clock = SystemClock()
    until = clock.monotonic() + END_SECONDS
    while not (it := found()):
        assert clock.monotonic() < until, "it did not happen"
    return it


@contextmanager
def process(*arguments: str, into: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A running ``ascend`` with everything it says in the folder *into*; ended in order."""
    with (
        (into / "stdout").open("wb") as out,
        (into / "stderr").open("wb") as err,
        subprocess.Popen(
            [sys.executable, "-c", CODE, *arguments], env={**os.environ, **environment}, stdout=out, stderr=err
        ) as running,
    ):
        try:
            yield running
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(END_SECONDS)


@pytest.mark.parametrize("format_", ["json", "console"])
def test_everything_is_told_and_nothing_about_anybody(
    connected: Any, mobilize: Any, home: Path, documents: Path, tmp_path: Path, format_: str
) -> None:
    """A sign-up, texts, a click, replies and a STOP, a plugin that quotes people in its errors, webhooks that are
    wrong, and a carrier in trouble: no phone, name, address, word, key or token in any log, figure or answer.
    """
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    install(plugins, "leaky", LEAKY)
    carrier = _carrier()
    server = ThreadedServer(carrier.app, bind())
    settings = dict(carrier.settings(server.url))
    given = [part for name, value in settings.items() for part in (f"--{name.replace('_', '-')}", value)]
    assert connected("sms", "connect", *given).code == 0
    connected("mobilize", "sync", "Phone Bank")
    _publish_awake(connected, documents)

    free = [bind(), bind()]
    ports = [str(each.getsockname()[1]) for each in free]
    for each in free:
        each.close()
    url, figures = (f"http://127.0.0.1:{port}" for port in ports)
    environment = {
        "ASCEND_HOME": str(home),
        "ASCEND_PUBLIC_URL": url,
        "ASCEND_HOURS": "off",  # at night too
        "ASCEND_LOG": format_,
        "ASCEND_LOG_LEVEL": "debug",
        "ASCEND_METRICS": ports[1],
        "PYTHONPATH": f"{plugins}{os.pathsep}{ROOT}",
    }
    subprocess.run(
        [sys.executable, "-c", CODE, "leaky", "box", "connect", "--org", "north", "--key", "k-sesame"],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
    said: list[str] = []
    with httpx.Client(trust_env=False) as web, process("serve", "--port", ports[0], into=tmp_path, **environment):

        def ready() -> bool:
            try:
                return web.get(f"{url}/ready").status_code == 200
            except httpx.HTTPError:
                return False

        eventually(ready)
        carrier.point_webhooks(f"{url}/hooks/sms/inbound")
        mobilize.sign_up("Phone Bank", **PERSON)
        (text,) = eventually(carrier.texts)
        link = re.search(r"http\S+", text.body)
        assert link is not None
        code = link.group().rsplit("/", 1)[1]
        web.get(link.group(), headers={"user-agent": "Mozilla/5.0 (Zebulon's phone)"})
        for number, words in enumerate(("Where is it, said Quartermain?", "HELP", "STOP")):
            carrier.reply(f"r{number}", text.phone, words)

        def received() -> bool:
            handled = re.search(r'ascend_drain_batch_sum\{kind="receive"\} (\d+)', web.get(f"{figures}/metrics").text)
            return handled is not None and int(handled[1]) >= 3

        eventually(received)
        wrong = f"From=%2B12025550147&Body=Gargantuan+news&MessageSid={'S' * 34}"
        for path in ("sms/inbound?who=%2B12025550147", "sms/status", "leaky/oops", "leaky/what", "12025550147/x"):
            for content in (wrong.encode(), b"\xff\x00 Zebulon"):
                answer = web.post(f"{url}/hooks/{path}", content=content)
                said.append(f"{answer.status_code} {answer.text}")
        carrier.trouble("lost answers")
        mobilize.sandbox.trouble("many")
        mobilize.sign_up("Town Hall", **{**PERSON, "phone": "(202) 555-0148", "first_name": "Ottoline"})
        eventually(lambda: "drain.failed" in (tmp_path / "stderr").read_text("utf-8"))
        said.append(web.get(f"{figures}/metrics").text)
    server.close()
    log = (tmp_path / "stderr").read_text("utf-8")
    said += [log, (tmp_path / "stdout").read_text("utf-8")]
    said += [each.out + each.err for each in (connected("status"), connected("doctor"))]

    for event in ("drain.done", "drain.failed", "webhook.answered", "webhook.failed"):
        assert event in log
    assert "500 something broke here; try again later\n" in said
    key = (home / "ascend.key").read_text("utf-8").strip()
    words = [*PERSON.values(), *LEAKED, "Ottoline", "Gargantuan", "Where is it", "Finish here", "minute"]
    secrets = [settings["auth_token"], mobilize.account["api_key"], "k-sesame", key, code]
    assert [word for word in [*words, *secrets] if any(word in each for each in said)] == []
    ours = settings["from_number"].removeprefix("+1")
    assert {found for each in said for found in re.findall(r"[2-9]\d\d\D{0,2}555\D?01\d\d", each)} <= {ours}
    if format_ == "json":
        events = [json.loads(line) for line in log.splitlines()]
        sent = [each for each in events if each["event"] == "drain.done" and each["kind"] == "send" and each["items"]]
        assert {"key", "seconds", "items", "batches", "statements", "level", "logger", "timestamp"} <= sent[0].keys()
        (failed, *_) = [each for each in events if each["event"] == "drain.failed"]
        assert (failed["error"], failed["kind"]) == ("ValueError", "sync")
        assert failed["where"][0].startswith("plugins/leaky_plugin.py:")
        assert "says" not in failed


def test_what_looks_like_somebody_or_a_credential_is_blotted_out() -> None:
    """Whoever said it; what is needed to find a fault stays."""
    from ascend_core.runtime.logs import hushed

    number = "".join(("+1", "212", "555", "0100"))
    for text, kept in {
        f"to {number} now": "to [phone] now",
        "call (212) 555-0100": "call [phone]",
        "call 212.555.0100 or 12125550100": "call [phone] or [phone]",
        "of ana@example.org": "of [e-mail]",
        "POST https://api.example.org/v1/list?To=%2B12125550100 503": "POST https://api.example.org/v1/list?… 503",
        "postgresql://me:hush@db.example.org/ascend": "postgresql://me:***@db.example.org/ascend",
        "Authorization: Bearer abcdef123456": "Authorization: *** ***",
        "api_key='sesame'": "api_key=***'",
        "run 1234567 at 2026-06-03T16:00:00 took 0.123 s": "run 1234567 at 2026-06-03T16:00:00 took 0.123 s",
        "store/database.py:118 write": "store/database.py:118 write",
    }.items():
        assert hushed(text) == kept


def test_what_a_library_says_every_second_while_the_database_is_away_is_left_out() -> None:
    """The engine says it once in a while; whoever asks for everything gets it."""
    pool = logging.getLogger("psycopg.pool")
    root, before = logging.getLogger(), [*logging.getLogger().handlers]
    try:
        heard = []
        for level in ("info", "debug"):
            configure_logs(LogSettings(level=level))  # type: ignore[arg-type]  # -- one of its words
            heard.append(pool.isEnabledFor(logging.WARNING))
    finally:
        root.handlers[:] = before
        pool.setLevel(logging.NOTSET)

    assert heard == [False, True]


@pytest.mark.parametrize(("name", "value"), [("ASCEND_LOG", "xml"), ("ASCEND_LOG_LEVEL", "loud")])
def test_a_setting_that_does_not_fit_is_told(made: Any, name: str, value: str) -> None:
    """With what fits."""
    done = made("status", **{name: value})

    assert done.code == 4
    assert done.err.startswith(f"error: {name} must be ")
    assert f"not '{value}'" in done.err


def test_they_are_settings_like_others(made: Any, home: Path) -> None:
    """In the file too, and shown."""
    (home / "ascend.toml").write_text('log = "json"\n', "utf-8")
    shown = {row["variable"]: row for row in made("config", "show", "--json").json()["settings"]}

    assert (shown["ASCEND_LOG"]["value"], shown["ASCEND_LOG"]["from"]) == ("json", str(home / "ascend.toml"))
    assert (shown["ASCEND_LOG_LEVEL"]["value"], shown["ASCEND_LOG_LEVEL"]["from"]) == ("info", "default")
