"""The simulated carrier's own switches, and the page for people."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ascend_sms.simulator import make_sandbox
from ascend_sms.simulator.clocks import SteppedClock


def test_the_transcript_shows_both_sides(customer, sandbox, phone, soon):
    """Every text in order with its time, its status and who wrote it."""
    customer.send(Body="Can you come?")
    soon()
    written = customer.control("inbound", {"from": phone, "body": "Yes!", "key": "r1"})

    rows = customer.http.get(f"{customer.base_url}/_sim/transcript", params={"phone": phone}).json()["texts"]

    common = {"phone": phone, "number": "+12025550100", "error_code": None, "segments": 1}
    assert rows == [
        {
            **common,
            "direction": "out",
            "by": "account",
            "body": "Can you come?",
            "at": "2026-11-23T18:00:00+00:00",
            "sid": sandbox.texts()[0].provider_id,
            "status": "delivered",
        },
        {
            **common,
            "direction": "in",
            "by": "person",
            "body": "Yes!",
            "at": "2026-11-23T18:01:00+00:00",
            "sid": written["sid"],
            "status": "received",
            "opt_out_type": None,
            "webhook_status": 204,
        },
    ]
    assert written == {"sid": rows[1]["sid"], "answered": True, "opt_out_type": None}


def test_statuses_can_be_settled_over_http(customer, webhook, soon):
    """Somebody in another process moves things on."""
    customer.send()
    soon()

    assert customer.control("settle") == {"posted": 2, "next_due": None}
    assert webhook.statuses == ["sent", "delivered"]


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("inbound", {"body": "x"}, "'from' is missing or is no str"),
        ("inbound", {"from": "banana", "body": "x"}, "'from' is no phone number: give it as +12025550123"),
        ("inbound", ["x"], "'from' is missing or is no str"),
        ("phones/banana", {"kind": "mobile"}, "the path ends with a phone number, such as +12025550123"),
        ("phones/+12025550123", {"kind": "brick"}, "'kind' is 'brick'"),
        ("opt_out", {"mode": "maybe"}, "'mode' is 'maybe': it is provider or none"),
        ("webhook", {"inbound_url": "https://texts.example.org/in"}, "the simulated carrier posts to this computer"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(customer, name, data, problem):
    """One sentence, and nothing happened."""
    answer = customer.http.post(f"{customer.base_url}/_sim/{name}", json=data)

    assert answer.status_code == 400
    assert answer.json()["error"].startswith(problem)


def test_a_body_that_is_no_json_is_refused(customer):
    """A typing mistake is no crash."""
    answer = customer.http.post(f"{customer.base_url}/_sim/inbound", content=b"{")

    assert (answer.status_code, answer.json()) == (400, {"error": "the body is not JSON"})


def test_a_text_can_arrive_as_base64(customer, webhook, phone):
    """As long ones through some carriers do."""
    customer.control("faults", {"kind": "base64_inbound"})
    customer.control("inbound", {"from": phone, "body": "A long text of many words"})
    customer.control("inbound", {"from": phone, "body": "A long text of many words"})

    assert [form["Body"] for form in webhook.forms] == [
        "QSBsb25nIHRleHQgb2YgbWFueSB3b3Jkcw==",
        "A long text of many words",
    ]


def test_webhooks_can_be_signed_with_a_shared_key(customer, webhook, phone):
    """And with the token again."""
    key = customer.control("signing", {"with": "shared_key"})
    customer.control("inbound", {"from": phone, "body": "Hi"})
    customer.control("signing", {"with": "token"})
    customer.control("inbound", {"from": phone, "body": "Hi"})

    first, second = (request["headers"] for request in webhook.requests)
    assert first["x-twilio-webhooks-signature-settings"] == f"key={key['shared_key_id']},algorithm=HMAC_SHA256"
    assert "x-twilio-webhooks-signature-settings" not in second


def test_a_slow_number_makes_texts_wait(customer, sandbox, phone):
    """By segments: the second waits for both parts of the first."""
    customer.control("rate", {"segments_per_second": 0.5})
    customer.send(Body="x" * 161)
    customer.send()

    first, second = sandbox.carrier.texts()
    assert (second.starts_at - first.starts_at).total_seconds() == 4


def test_a_real_clock_is_not_moved(customer):
    """It says how to get one that is."""
    answer = customer.http.post(f"{customer.base_url}/_sim/clock", json={"advance_seconds": 60})

    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "the clock is the real one: start the carrier with --clock to move it",
    )


def test_a_clock_of_its_own_moves_on_order_and_posts_what_is_due(customer_of, webhook):
    """A day of texts takes no day, whatever language the test is written in."""
    clock = SteppedClock(datetime(2026, 11, 23, 18, 0, tzinfo=UTC))
    customer = customer_of(make_sandbox(clock=clock, seed=7, journal=None))
    customer.send()

    moved = customer.control("clock", {"advance_seconds": 86_400})
    told = customer.http.get(f"{customer.base_url}/_sim/clock").json()

    assert moved == {"now": "2026-11-24T18:00:00+00:00", "posted": 2}
    assert told == {"now": "2026-11-24T18:00:00+00:00", "moves": True}
    assert webhook.statuses == ["sent", "delivered"]
    back = customer.http.post(f"{customer.base_url}/_sim/clock", json={"advance_seconds": -1})
    assert back.json() == {"error": "the clock does not go back"}
