"""Trouble on order."""

from __future__ import annotations

import httpx
import pytest
from attrs import asdict

from ascend_core.errors import BadInput
from ascend_sms.simulator import FaultKind
from ascend_sms.simulator.faults import HARMLESS, read_fault


@pytest.mark.parametrize(("kind", "status"), [("429", 429), ("error_500", 500), ("html_502", 502)])
def test_a_message_that_failed_on_the_way_in_was_not_accepted(customer, sandbox, kind, status):
    """The answer is an error and nothing is sent; the next call works."""
    customer.control("faults", {"kind": kind})

    answers = [customer.send(), customer.send()]

    assert [answer.status_code for answer in answers] == [status, 201]
    assert len(sandbox.texts()) == 1


def test_a_rate_limit_may_say_how_long_to_wait(customer):
    """With and without Retry-After: both occur."""
    customer.control("faults", [{"kind": "429", "retry_after_seconds": 7}, {"kind": "429"}])

    first, second = customer.send(), customer.send()

    assert (first.json()["code"], first.headers["retry-after"]) == (20429, "7")
    assert (second.json()["code"], "retry-after" in second.headers) == (20429, False)


@pytest.mark.parametrize("kind", ["drop_response_after_accept", "truncated"])
def test_an_answer_can_be_lost_after_the_message_was_accepted(customer, sandbox, phone, kind):
    """The caller cannot know; asking for the list shows that it was sent."""
    customer.control("faults", {"kind": kind})

    with pytest.raises(httpx.RemoteProtocolError):
        customer.send(Body="Only once")

    (found,) = customer.listed(To=phone, **{"DateSent>": "2026-11-23"})["messages"]
    assert (found["body"], found["sid"]) == ("Only once", sandbox.texts()[0].provider_id)


def test_an_error_can_hide_that_the_message_was_accepted(customer, sandbox):
    """A 500 proves nothing."""
    customer.control("faults", {"kind": "error_500_after_accept"})

    assert customer.send().json()["code"] == 20500
    assert len(sandbox.texts()) == 1


def test_a_slow_answer_outlasts_the_callers_patience(customer, sandbox):
    """The caller hangs up; the message was accepted all the same."""
    customer.control("faults", {"kind": "slow", "seconds": 60})
    customer.http.timeout = httpx.Timeout(0.2)

    with pytest.raises(httpx.ReadTimeout):
        customer.send()

    assert len(sandbox.texts()) == 1


def test_a_slow_answer_comes_in_the_end(customer):
    """Who is patient gets it."""
    customer.control("faults", {"kind": "slow", "seconds": 0.01})

    assert customer.send().json()["status"] == "queued"


def test_a_callback_can_come_before_the_answer(customer, sandbox, webhook, settle_all):
    """The webhook hears of a message whose sid the caller does not know yet."""
    customer.control("faults", {"kind": "callback_before_response"})

    sid = customer.send().json()["sid"]

    assert [(form["MessageSid"], form["MessageStatus"]) for form in webhook.forms] == [(sid, "sent")]
    settle_all()
    assert webhook.statuses == ["sent", "delivered"]


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("duplicate_callbacks", ["sent", "sent", "delivered"]),
        ("reorder_callbacks", ["delivered", "sent"]),
        ("lose_callbacks", ["delivered"]),
        ("unknown_status", ["bewildered", "sent", "delivered"]),
        ("bad_signature", ["sent", "sent", "delivered"]),
    ],
)
def test_callbacks_misbehave_as_ordered(customer, webhook, settle_all, kind, statuses):
    """Each fault happens once, to the first callback."""
    customer.control("faults", {"kind": kind})
    sid = customer.send().json()["sid"]

    settle_all()

    assert webhook.statuses == statuses
    assert customer.fetch(sid)["status"] == "delivered"


def test_a_fault_can_wait_for_one_phone(customer, sandbox):
    """Others are not touched, so that a test means one conversation."""
    customer.control("faults", {"kind": "error_500", "phone": "+12025550124", "times": 2})

    answers = [customer.send(to).status_code for to in ("+12025550123", "+12025550124", "+12025550124", "+12025550124")]

    assert answers == [201, 500, 500, 201]


def test_orders_can_be_read_and_canceled(customer):
    """Nothing is left over for the next test."""
    ordered = customer.control("faults", {"kind": "slow", "times": 3, "seconds": 1})
    url = f"{customer.base_url}/_sim/faults"

    assert ordered == {
        "faults": [{"kind": "slow", "times": 3, "phone": None, "seconds": 1, "retry_after_seconds": None}]
    }
    assert customer.http.get(url).json() == ordered
    assert customer.http.delete(url).json() == customer.http.get(url).json() == {"faults": []}


@pytest.mark.parametrize("kind", list(FaultKind))
def test_every_fault_can_be_ordered_by_its_name(kind):
    """The names are the control's vocabulary."""
    assert asdict(read_fault({"kind": kind.value}))["kind"] is kind


@pytest.mark.parametrize(
    "data",
    [
        None,
        "slow",
        {},
        {"kind": "earthquake"},
        {"kind": "slow", "times": 0},
        {"kind": "slow", "times": "2"},
        {"kind": "slow", "seconds": -1},
        {"kind": "slow", "colour": "red"},
    ],
)
def test_a_wrong_order_is_refused(data):
    """With a sentence that names the choices."""
    with pytest.raises(BadInput, match="fault"):
        read_fault(data)


def test_trouble_hangs_on_its_name_and_replaces_earlier_trouble(sandbox):
    """A demo that is killed and goes on meets the same trouble again; only harmless kinds are drawn."""

    def ordered(name: str) -> tuple:
        sandbox.trouble(name)
        return sandbox.faults.ordered()

    days = [ordered(f"day {number}") for number in range(60)]

    assert [ordered(f"day {number}") for number in range(60)] == days
    assert {len(day) for day in days} == {0, 1, 2, 3, 4, 5}
    assert {fault.kind for day in days for fault in day} == set(HARMLESS)
