"""A killed carrier comes back as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ascend_core.errors import BadInput
from ascend_sms.simulator import make_sandbox


def test_everything_is_known_after_a_restart(customer, customer_of, sandbox, clock, journal, phone):
    """Texts, opt-outs, phones and what waits survive; sids go on where they were."""
    customer.control("phones/+12025550124", {"kind": "landline"})
    customer.send(Body="One")
    customer.send("+12025550124", Body="Two")
    sandbox.reply("r1", phone, "STOP")

    again = make_sandbox(clock=clock, seed=7, journal=journal)
    reborn = customer_of(again)

    url = "_sim/transcript"
    assert again.texts() == sandbox.texts()
    assert again.next_due() == sandbox.next_due()
    assert reborn.http.get(f"{reborn.base_url}/{url}").json() == customer.http.get(f"{customer.base_url}/{url}").json()
    assert reborn.send().json()["code"] == 21610
    assert reborn.send("+12025550124").json()["sid"] == customer.send("+12025550124").json()["sid"]


def test_a_status_that_was_posted_is_not_due_again(customer, sandbox, clock, journal, webhook):
    """Callbacks go on after the last that was done, none is lost."""
    customer.send()
    clock.set(sandbox.next_due())
    sandbox.settle()

    again = make_sandbox(clock=clock, seed=7, journal=journal)
    clock.advance(timedelta(minutes=1))
    again.settle()

    assert webhook.statuses == ["sent", "delivered"]


def test_an_inbound_text_waits_over_a_restart(customer, sandbox, clock, journal, webhook, phone):
    """What the webhook did not take is posted by the next process."""
    webhook.status = 503
    sandbox.reply("r1", phone, "Hi")
    webhook.status = 204

    again = make_sandbox(clock=clock, seed=7, journal=journal)
    again.point_webhooks(f"{webhook.base_url}/inbound")

    assert (again.settle(), again.settle()) == (1, 0)
    assert [form["Body"] for form in webhook.forms] == ["Hi", "Hi"]


def test_a_line_is_on_disk_before_the_answer(customer, journal):
    """Whoever has an answer can rely on it."""
    sid = customer.send().json()["sid"]

    assert sid in journal.read_text(encoding="ascii").splitlines()[-1]


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_a_torn_last_line_never_happened(customer, sandbox, clock, journal, cut):
    """The text before it is there, and writing goes on cleanly."""
    customer.send(Body="One")
    whole = journal.read_bytes()
    customer.send(Body="Two")
    journal.write_bytes(journal.read_bytes()[: len(whole) + cut])

    again = make_sandbox(clock=clock, seed=7, journal=journal)
    again.reply("r1", "+12025550124", "Hi")

    assert [text.body for text in again.texts()] == ["One"]
    assert [text.body for text in make_sandbox(clock=clock, seed=7, journal=journal).texts()] == ["One"]


def test_stop_is_remembered_whole_or_not_at_all(customer, sandbox, clock, journal, phone):
    """There is no moment in which the text is known and the opt-out is not."""
    sandbox.reply("r1", phone, "STOP")
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(lines[0][:-2])

    again = make_sandbox(clock=clock, seed=7, journal=journal)
    again.reply("r1", phone, "STOP")

    assert (again.carrier.account.number, phone) in again.carrier.state.opted_out


def test_a_broken_line_in_the_middle_is_named(customer, clock, journal):
    """It is no torn end: somebody must look."""
    customer.send()
    journal.write_bytes(b'{"event": "Rumour"}\n' + journal.read_bytes())

    with pytest.raises(BadInput, match="line 1 of"):
        make_sandbox(clock=clock, seed=7, journal=journal)
