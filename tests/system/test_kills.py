# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The real thing, killed two hundred times: web and worker in one process, SIGKILL at any instant, started again.

The stand-ins for Mobilize and the carrier live on in this process; what the carrier accepted is the truth.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import define, field

from ascend_core.contracts import SandboxPerson
from ascend_core.operations.connect import connect_account, connect_channel
from ascend_core.operations.core import Core
from ascend_core.operations.limits import set_sender_limits
from ascend_core.operations.publish import publish_flow, put_automation
from ascend_core.operations.wording import CONFIRMATIONS
from ascend_core.runtime.opening import home_from, init_home, open_core
from ascend_core.testing import SeededRandomness
from ascend_core.web.serving import ThreadedServer, bind
from ascend_sms.simulator import CarrierRules
from tests.system.nursery import ShiftedClock

pytestmark = pytest.mark.xdist_group("kills")

KILLS = int(os.environ.get("ASCEND_KILLS", "200"))
LONGEST_LIFE_SECONDS = 0.3
"""After it has done something; one in four dies earlier."""
PATIENCE_SECONDS = 420.0
"""Longer than two looks at a text in doubt and a poll."""
AREAS = ("212", "646")

FLOW = """
flow: welcome
steps:
  - send: "One, ${member.first_name|you}."
  - ask: coming
    text: "Two, ${member.first_name|you}?"
    replies: [{match: [sure], then: [{send: "Three, ${member.first_name|you}."}]}]
"""
AUTOMATION = """
automation: Welcome
trigger: mobilize.registers
form: any
run: welcome
"""


@define
class Nursery:
    """Where products are born."""

    process: subprocess.Popen[str]
    child: int | None = None

    def start(self) -> None:
        """One more product."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.child = int(self.process.stdout.readline())

    def kill(self) -> None:
        """The end of it, without a word."""
        if self.child is not None:
            os.kill(self.child, signal.SIGKILL)
            self.child = None


@define
class Outside:
    """The people, Mobilize and the carrier."""

    core: Core
    forms: Any
    carrier: Any
    form_url: str
    chance: SeededRandomness
    people: list[SandboxPerson] = field(factory=list)
    replies: Counter[str] = field(factory=Counter)
    stopped_at: dict[str, datetime] = field(factory=dict)
    """When the provider had our word that a STOP was heard."""

    def sign_up(self) -> None:
        """Somebody new registers."""
        number = len(self.people)
        person = SandboxPerson(
            key=f"p{number}",
            first_name=f"Ana{number}",
            last_name="Reyes",
            email=f"ana{number}@example.org",
            phone=f"{AREAS[number // 100]}55501{number % 100:02}",
            zip="10001",
            opted_in=True,
        )
        self.people.append(person)
        self.forms.submit(person.key, person, self.form_url)

    def write(self) -> None:
        """Somebody who was texted answers, or has enough."""
        texts = self.carrier.texts()
        if not texts:
            return
        text = texts[int(self.chance.fraction() * len(texts))]
        body = "STOP" if self.chance.fraction() < 0.3 else "sure"
        self.replies[text.phone] += 1
        self.carrier.reply(f"{text.phone}/{self.replies[text.phone]}", text.phone, body)
        if body == "STOP" and text.phone not in self.stopped_at and self._heard(text.phone):
            self.stopped_at[text.phone] = self.core.clock.now()

    def watch(self) -> None:
        """Wait until the product has done something."""
        before = self._done()
        for _ in range(int(PATIENCE_SECONDS / 0.01)):
            if self._done() != before:
                return
            self.carrier.settle()
            pause(0.01)
        raise AssertionError("the product does nothing")

    def _done(self) -> list[Any]:
        return self._rows(
            "SELECT (SELECT count(*) FROM submission), (SELECT max(last_success_at) FROM account), "
            "(SELECT count(*) FROM inbound_text WHERE handled_at IS NOT NULL), "
            "(SELECT count(*) FROM message WHERE state != 'ready')"
        )

    def _heard(self, phone: str) -> bool:
        rows = self._rows(f"SELECT state FROM consent WHERE phone = '{phone}'")
        return rows == [("unsubscribed",)]

    def _rows(self, query: str) -> list[Any]:
        return self.core.database.read(lambda tx: [tuple(row) for row in tx.exec_driver_sql(query)])

    def waiting(self) -> int:
        """What the product has not done yet."""
        ((texts,),) = self._rows("SELECT count(*) FROM message WHERE state IN ('ready', 'sending', 'unknown')")
        ((unheard,),) = self._rows("SELECT count(*) FROM inbound_text WHERE handled_at IS NULL")
        ((known,),) = self._rows("SELECT count(*) FROM submission")
        return int(texts + unheard + len(self.people) - known)

    def unsettled(self) -> list[Any]:
        """The texts that are not settled, and the channel they leave by."""
        texts = self._rows(
            "SELECT state, reason, purpose, attempts, due_at, claimed_at, provider_id FROM message "
            "WHERE state IN ('ready', 'sending', 'unknown')"
        )
        channel = self._rows("SELECT problem, alarm, frozen, deaf_since, failures, retry_at FROM channel_account")
        return [*texts, *channel]


@contextmanager
def world(folder: Path) -> Iterator[tuple[Outside, Nursery]]:
    """The product's folder, the stand-ins, and a nursery."""
    now = datetime.now(UTC)
    noon = now.astimezone(ZoneInfo("America/New_York")).replace(hour=12)
    shift = (noon - now).total_seconds()
    with closing(bind()) as free:
        port = free.getsockname()[1]
    public_url = f"http://127.0.0.1:{port}"
    home = home_from({"ASCEND_HOME": str(folder), "ASCEND_PUBLIC_URL": public_url})
    init_home(home)
    clock = ShiftedClock(shift)
    core = open_core(home, clock=clock)
    forms = core.registry.integrations["mobilize"].sandbox(clock=clock, seed=1, journal=None)
    carrier = core.registry.channels["sms"].sandbox(clock=clock, seed=1, journal=None)
    servers = [ThreadedServer(each.app, bind()) for each in (forms, carrier)]
    # it lets everything through, so that a text after STOP would be seen
    carrier.carrier.rules = CarrierRules(handles_opt_out=False)
    carrier.point_webhooks(f"{public_url}/hooks/sms/inbound")
    form_url = forms.add_form(
        "f", "Canvass", starts_at=noon + timedelta(days=7), timezone="America/New_York", url_base=servers[0].url
    )
    _set_up(core, forms.account(servers[0].url), carrier.settings(servers[1].url))
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("nursery.py")), str(folder), str(port), str(shift)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    nursery = Nursery(process)
    try:
        yield (
            Outside(core, forms, carrier, form_url, SeededRandomness(os.environ.get("ASCEND_KILL_SEED", "1"))),
            nursery,
        )
    finally:
        nursery.kill()
        process.kill()
        process.communicate()
        for server in servers:
            server.close()
        core.database.close()


def _set_up(core: Core, account: Any, settings: Any) -> None:
    async def connect() -> None:
        await connect_account(core, "mobilize", account, sync_new_forms=True, create_members=True)
        await connect_channel(core, "sms", settings)

    asyncio.run(connect())
    set_sender_limits(core, "sms", per_second=50, burst=50)
    publish_flow(core, FLOW, file="flow.yaml")
    put_automation(core, AUTOMATION, file="automation.yaml")


def pause(seconds: float) -> None:
    """Let the other process work."""
    select.select([], [], [], seconds)


def test_a_product_killed_two_hundred_times_texts_everybody_once(tmp_path: Path) -> None:
    """Nobody twice, nobody left out, nobody after STOP."""
    with world(tmp_path / "home") as (outside, nursery):
        for number in range(KILLS):
            nursery.start()
            if number % 2 == 0:
                outside.sign_up()
            if number % 4:
                outside.watch()
            pause(outside.chance.fraction() * LONGEST_LIFE_SECONDS)
            if number % 3 == 0:
                outside.write()
            outside.carrier.settle()
            pause(outside.chance.fraction() * LONGEST_LIFE_SECONDS / 3)
            nursery.kill()
        nursery.start()
        _rest(outside)

        accepted = outside.carrier.texts()
        twice = [key for key, count in Counter((text.phone, text.body) for text in accepted).items() if count > 1]
        firsts = {text.body for text in accepted if text.body.startswith("One, ")}
        late = [
            text.body
            for text in accepted
            if text.body not in CONFIRMATIONS.values()
            and text.accepted_at > outside.stopped_at.get(text.phone, text.accepted_at) + timedelta(seconds=1)
        ]

    assert twice == []
    assert firsts == {f"One, {person.first_name}." for person in outside.people}
    assert late == []
    assert len(outside.stopped_at) > KILLS // 50


def _rest(outside: Outside) -> None:
    """Wait until the last product has nothing left to do."""
    for _ in range(int(PATIENCE_SECONDS / 0.2)):
        outside.carrier.settle()
        if outside.waiting() == 0:
            return
        pause(0.2)
    raise AssertionError(f"{outside.waiting()} things are still to be done: {outside.unsettled()}")
