"""A provider that does not answer is left alone for a while, tried with one text, and used again when that worked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from ascend_core.cli.status import channels_described
from ascend_core.errors import NeedsAttention, Refused, TryLater, Unsure
from ascend_core.operations.breakers import CHANNEL, PROBE
from ascend_core.operations.checkups import check_core
from ascend_core.operations.due import next_due
from ascend_core.operations.resume import resume_channel
from ascend_core.operations.send_messages import send_messages
from ascend_core.operations.sync_account import sync_account
from ascend_core.runtime.meters import Meters
from ascend_core.store.channels import channels
from ascend_core.web.metrics import exposition

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
    bench.channel.next_sends.extend([down()] * 9)
    bench.register(*range(10))
    bench.send()

    assert breaker(bench) == "closed"
    assert len(bench.channel.accepted) == 1


def test_it_is_told_everywhere_and_a_person_may_close_it(silent: Any) -> None:
    """In the status, by the doctor, in the figures."""
    findings = {each.about: each.sentence for each in silent.run(check_core(silent.core)) if each.wrong}
    figures = exposition(silent.core, Meters())
    resume_channel(silent.core, "pigeon")

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
