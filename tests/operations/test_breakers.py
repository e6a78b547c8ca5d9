# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""A provider that does not answer is left alone for a while, tried with one text, and used again when that worked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from ascend_core.cli.status import channels_described
from ascend_core.errors import NeedsAttention, Refused, TryLater, Unsure
from ascend_core.operations.breakers import CHANNEL, PROBE
from ascend_core.operations.checkups import check_core
from ascend_core.operations.due import next_due
from ascend_core.operations.explain import explain_member
from ascend_core.operations.limits import set_sender_limits
from ascend_core.operations.resume import resume_channel
from ascend_core.operations.send_messages import AT_ONCE, send_messages
from ascend_core.operations.sync_account import sync_account
from ascend_core.runtime.meters import Meters
from ascend_core.store.channels import channels
from ascend_core.web.metrics import exposition
from tests.fakes.bench import Bench
from tests.fakes.texts import FakeChannel

FLOW = """
    flow: welcome
    quiet_hours: {from: "00:00", to: "00:00"}
    steps: [{send: "Hi ${member.first_name|there}!"}]
"""
FEW = CHANNEL.opens_after


def down() -> TryLater:
    """Nobody is there."""
    return TryLater("the provider cannot be reached")


def breaker(bench: Any) -> str:
    """How the channel's stands."""
    (described,) = channels_described(bench.core)
    return str(described["breaker"])


@pytest.fixture
def silent(bench: Any) -> Any:
    """Ten texts wait; the provider left as many calls unanswered as open the breaker."""
    bench.set_up(flow=FLOW)
    bench.channel.next_sends.extend(down() for _ in range(FEW))
    bench.register(*range(10))
    bench.run(send_messages(bench.core, FEW))
    return bench


def test_an_outage_costs_no_text_its_tries(silent: Any) -> None:
    """Nothing is claimed while the breaker is open, and whoever waits knows until when."""
    attempts = "SELECT sum(attempts) FROM message"
    before = silent.one(attempts)
    sent = [silent.send() for _ in range(3)]
    due = next_due(silent.core)

    assert (before, sent, breaker(silent)) == (FEW, [0, 0, 0], "open")
    assert silent.one(attempts) == before
    assert due is not None
    assert (
        timedelta(seconds=CHANNEL.first_seconds) <= due - silent.now <= timedelta(seconds=CHANNEL.first_seconds * 1.1)
    )


def test_one_text_is_the_probe_and_a_longer_wait_follows_it(silent: Any) -> None:
    """While it is under way nobody else tries."""
    silent.wait(seconds=6)
    states = [breaker(silent)]
    silent.channel.next_sends.append(down())
    tried = [silent.send(), silent.send()]
    states.append(breaker(silent))
    silent.wait(seconds=6)
    states.append(breaker(silent))
    silent.wait(seconds=6)
    states.append(breaker(silent))

    assert tried == [1, 0]
    assert states == ["half_open", "open", "open", "half_open"]
    assert silent.channel.accepted == []


def test_when_the_probe_works_everything_goes_out(silent: Any) -> None:
    """Each text once."""
    silent.wait(seconds=6)
    tried = silent.send()
    state = breaker(silent)
    silent.wait(minutes=2)
    silent.drain()

    assert (tried, state) == (1, "closed")
    assert len(silent.channel.accepted) == len(set(silent.bodies())) == 10


def test_a_probe_whose_worker_died_is_taken_for_none(silent: Any) -> None:
    """Others try again after a minute; the text itself is looked up, not sent again."""
    from ascend_core.operations.claim_messages import claim_messages

    silent.wait(seconds=6)
    (claimed,) = claim_messages(silent.core, 100)
    state = breaker(silent)
    silent.wait(seconds=PROBE.total_seconds() - 1)
    still = (silent.send(), breaker(silent))
    silent.wait(seconds=1)

    assert (state, still) == ("open", (0, "open"))
    assert (silent.send(), breaker(silent)) == (1, "closed")
    assert claimed.message.phone not in {text.phone for text in silent.channel.accepted}


@pytest.mark.parametrize(
    "answer",
    [
        Refused("no such number", reason="bad_phone"),
        TryLater("too many requests", scope="account", after_seconds=0.1),
        TryLater("the queue is full", scope="sender", after_seconds=0.1),
    ],
)
def test_a_refusal_is_an_answer(bench: Any, answer: Exception) -> None:
    """However many there are."""
    bench.set_up(flow=FLOW)
    bench.channel.next_sends.extend([answer] * 20)
    bench.register(*range(10))
    bench.send()

    assert breaker(bench) == "closed"


@pytest.mark.parametrize("silence", [Unsure("a time-out"), RuntimeError("a bug"), down()])
def test_a_time_out_and_a_bug_are_none(bench: Any, silence: Exception) -> None:
    """Texts in doubt are a person's work when nobody can look them up: there should be few."""
    bench.set_up(flow=FLOW)
    bench.channel.next_sends.extend([silence] * FEW)
    bench.register(*range(10))
    sent = [bench.run(send_messages(bench.core, 1)) for _ in range(10)]

    assert sent == [1] * FEW + [0] * (10 - FEW)
    assert breaker(bench) == "open"


def test_one_answer_among_failures_keeps_it_closed(bench: Any) -> None:
    """A single text that cannot go is no outage."""
    bench.set_up(flow=FLOW)
    bench.channel.next_sends.extend([down()] * (FEW - 1))
    bench.register(*range(FEW))
    bench.send()

    assert breaker(bench) == "closed"
    assert len(bench.channel.accepted) == 1


class Unhurried(FakeChannel):
    """Pigeons that take a moment, so that many are under way at a time."""

    calls = 0

    async def send(self, settings: Any, text: Any) -> Any:
        self.calls += 1
        await asyncio.sleep(0)
        return await super().send(settings, text)


@pytest.fixture
def unhurried(make_bench: Callable[..., Bench]) -> Any:
    """Sixty texts wait, and the day has room for all of them."""
    channel = Unhurried()
    bench = make_bench(channel=channel)
    bench.channel = channel
    bench.set_up(flow=FLOW)
    set_sender_limits(bench.core, "pigeon", per_second=1000, burst=1000, per_day=1000)
    bench.register(*range(60))
    return bench


@pytest.mark.parametrize("silence", [Unsure("a time-out"), down()])
def test_an_outage_costs_a_batch_the_calls_under_way_and_the_rest_is_as_it_was(
    unhurried: Any, silence: Exception
) -> None:
    """No try, no doubt and nothing of the day is used up by a text that was not called; later each goes out once."""
    unhurried.channel.next_sends.extend([silence] * 60)
    unhurried.send()
    called = unhurried.channel.calls
    untouched = unhurried.one("SELECT count(*) FROM message WHERE reason = 'no_answer' AND attempts = 0")
    used = unhurried.one("SELECT segments FROM sender_day")
    state, again = breaker(unhurried), unhurried.send()
    unhurried.channel.next_sends.clear()
    for _ in range(3):
        unhurried.wait(minutes=2)
        unhurried.drain()

    assert FEW <= called < AT_ONCE + FEW
    assert (untouched, used) == (60 - called, called)
    assert (state, again) == ("open", 0)
    assert len(unhurried.channel.accepted) == len(set(unhurried.bodies())) == 60
    assert set(unhurried.states()) == {("sent", None)}


def test_an_outage_that_begins_within_a_batch_opens_it_too(unhurried: Any) -> None:
    """What was answered before says nothing about now."""
    unhurried.channel.next_sends.extend([Refused("no such number", reason="bad_phone"), *[down()] * 60])
    unhurried.send()

    assert breaker(unhurried) == "open"
    assert unhurried.channel.calls <= AT_ONCE + FEW


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (TryLater("too many requests", scope="account", after_seconds=60), "slowed_down"),
        (NeedsAttention("The key was revoked."), "channel_stopped"),
    ],
)
def test_an_answer_that_is_about_all_texts_ends_the_batch(unhurried: Any, answer: Exception, why: str) -> None:
    """A provider that has too much is not asked eighty times more, nor one that refuses the key."""
    unhurried.channel.next_sends.extend([answer] * 60)
    unhurried.send()

    assert unhurried.channel.calls == AT_ONCE
    assert set(unhurried.states()) == {("ready", why)}
    assert unhurried.one("SELECT count(*) FROM message WHERE attempts = 0") == 60 - AT_ONCE
    assert unhurried.send() == 0


def test_it_is_told_everywhere_and_a_person_may_close_it(silent: Any) -> None:
    """In the status, by the doctor, in the figures, and to whoever asks why somebody got nothing."""
    told = [fact.said for fact in explain_member(silent.core, silent.one("SELECT min(id) FROM member"))]
    findings = {each.about: each.sentence for each in silent.run(check_core(silent.core)) if each.wrong}
    figures = exposition(silent.core, Meters())
    resume_channel(silent.core, "pigeon")

    assert "The provider of pigeon does not answer; it is tried again." in told
    assert findings["pigeon"].startswith(
        f"its provider left the last {FEW} calls unanswered, so texts wait; it is tried"
    )
    assert 'ascend_channel_breaker{channel="pigeon"} 1.0' in figures
    assert 'ascend_account_breaker{integration="box",account="north"} 0.0' in figures
    assert breaker(silent) == "closed"
    assert silent.send() == 10 - FEW


def test_an_account_has_one_too(bench: Any) -> None:
    """The first round that fails opens it, the next round is the probe, and one that works closes it."""
    from ascend_core.cli.status import accounts_described
    from ascend_core.runtime.drains import is_due

    bench.set_up(flow=FLOW)
    told = []
    for _ in range(3):
        bench.source.form_trouble = TryLater("It is down.")
        bench.run(sync_account(bench.core, bench.account.id))
        told.append((accounts_described(bench.core)[0]["breaker"], is_due(bench.account, bench.core)))
        bench.clock.advance(bench.account.retry_at - bench.now)
        told.append((accounts_described(bench.core)[0]["breaker"], is_due(bench.account, bench.core)))
    findings = {each.about: each.sentence for each in bench.run(check_core(bench.core)) if each.wrong}
    bench.source.form_trouble = None
    bench.run(sync_account(bench.core, bench.account.id))

    assert told == [("open", False), ("half_open", True)] * 3
    assert findings["box north"].startswith("its last 3 rounds failed: It is down; it is tried again at ")
    assert accounts_described(bench.core)[0]["breaker"] == "closed"


def test_a_clock_set_back_leaves_no_account_waiting(bench: Any) -> None:
    """Fault 17: neither after a failure nor after a round that lies ahead now."""
    from ascend_core.runtime.drains import is_due

    bench.set_up(flow=FLOW)
    bench.run(sync_account(bench.core, bench.account.id))
    fresh = is_due(bench.account, bench.core)
    bench.clock.set(bench.now - timedelta(hours=2))
    ahead = is_due(bench.account, bench.core)
    bench.source.form_trouble = TryLater("It is down.")
    bench.run(sync_account(bench.core, bench.account.id))
    failed = is_due(bench.account, bench.core)
    bench.clock.set(bench.now - timedelta(hours=2))

    assert (fresh, ahead, failed, is_due(bench.account, bench.core)) == (False, True, False, True)


def test_what_a_person_must_put_right_is_no_outage(bench: Any) -> None:
    """It stops the channel by itself."""
    bench.set_up(flow=FLOW)
    bench.channel.next_sends.extend([NeedsAttention("The key was revoked.")] * 10)
    bench.register(*range(10))
    bench.send()

    (record,) = bench.core.database.read(channels)
    assert (record.problem, record.retry_at) == ("The key was revoked.", None)
    assert evolve(record, problem=None).stopped is None
