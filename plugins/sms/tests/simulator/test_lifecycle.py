"""What becomes of an accepted message, and the callbacks that tell it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from ascend_core.errors import BadInput
from ascend_sms.simulator.phones import PhoneKind, usual_kind


def test_callbacks_tell_sent_and_delivered_but_never_the_first_status(customer, webhook, settle_all, phone):
    """The status callbacks are the provider's: form-encoded, with its parameters, none for queued."""
    sid = customer.send().json()["sid"]

    posted = settle_all()

    known = {
        "MessageSid": sid,
        "SmsSid": sid,
        "AccountSid": customer.settings["account_sid"],
        "From": "+12025550100",
        "To": phone,
        "ApiVersion": "2010-04-01",
    }
    assert posted == 2
    assert webhook.forms == [
        {**known, "MessageStatus": "sent", "SmsStatus": "sent"},
        {**known, "MessageStatus": "delivered", "SmsStatus": "delivered", "RawDlrDoneDate": "2611231800"},
    ]
    assert {request["url"] for request in webhook.requests} == {customer.callback_url}


def test_nothing_is_posted_before_its_time(customer, sandbox, webhook, clock):
    """The carrier waits for the clock, and says how long."""
    customer.send()

    assert sandbox.settle() == 0
    due_at = sandbox.next_due()
    assert timedelta(seconds=1) <= due_at - clock.now() <= timedelta(seconds=3)
    clock.set(due_at)
    assert sandbox.settle() == 1
    assert webhook.statuses == ["sent"]


def test_the_api_shows_the_status_of_the_moment(customer, clock, sandbox, soon):
    """Who asks instead of waiting for callbacks sees the same."""
    sid = customer.send(StatusCallback=None).json()["sid"]
    soon()

    message = customer.fetch(sid)

    assert (message["status"], message["date_sent"] is not None) == ("delivered", True)
    assert sandbox.next_due() is None


@pytest.mark.parametrize(
    ("kind", "last", "code"),
    [
        ("mobile", "delivered", None),
        ("landline", "undelivered", 30006),
        ("unreachable", "undelivered", 30003),
        ("no_dlr", "sent", None),
    ],
)
def test_a_phone_can_be_made_what_a_test_needs(customer, webhook, settle_all, phone, kind, last, code):
    """Each kind of phone ends its messages its own way, in the callback and in the API."""
    customer.control(f"phones/{phone}", {"kind": kind})
    sid = customer.send().json()["sid"]

    settle_all()

    message = customer.fetch(sid)
    assert (message["status"], message["error_code"]) == (last, code)
    assert webhook.statuses[-1] == last
    assert webhook.forms[-1].get("ErrorCode") == (str(code) if code else None)


@pytest.mark.parametrize("body", ["Sign here: https://bit.ly/abc", "Claim your prize!"])
def test_what_looks_like_fraud_is_filtered(customer, settle_all, body):
    """Carriers drop texts with links of shared shorteners, and what they take for fraud."""
    sid = customer.send(Body=body).json()["sid"]

    settle_all()

    assert customer.fetch(sid)["error_code"] == 30007


def test_most_phones_are_mobiles_and_every_kind_occurs():
    """A demonstration with invented people mostly succeeds, and shows every outcome; asking twice changes nothing."""
    phones = [f"+1{area}555{n:04d}" for area in (202, 303, 404, 505, 606) for n in range(100, 200)]

    kinds = [usual_kind(7, phone) for phone in phones]

    assert kinds == [usual_kind(7, phone) for phone in phones]
    assert kinds.count(PhoneKind.MOBILE) > 0.9 * len(phones)
    assert set(kinds) == set(PhoneKind)


def test_a_scheduled_message_can_be_canceled(customer, sandbox, webhook, settle_all):
    """Canceling in time means that nothing is sent; afterwards it is too late."""
    service = sandbox.carrier.account.service_sid
    when = {"SendAt": "2026-11-24T18:00:00Z", "ScheduleType": "fixed", "From": None, "MessagingServiceSid": service}
    first, second = customer.send(**when).json(), customer.send(**when).json()
    path = f"{customer.root}/Messages"

    canceled = customer.http.post(f"{path}/{first['sid']}.json", data={"Status": "canceled"})
    settle_all()
    late = customer.http.post(f"{path}/{second['sid']}.json", data={"Status": "canceled"})

    assert (first["status"], canceled.json()["status"]) == ("scheduled", "canceled")
    assert {form["MessageSid"] for form in webhook.forms} == {second["sid"]}
    assert (late.status_code, late.json()["code"]) == (409, 20009)


def test_a_delivered_message_can_be_redacted_and_deleted(customer, settle_all):
    """The body, and then the message, disappear from the API."""
    sid = customer.send().json()["sid"]
    url = f"{customer.root}/Messages/{sid}.json"

    early = customer.http.delete(url).status_code
    settle_all()
    redacted = customer.http.post(url, data={"Body": ""}).json()["body"]
    deleted = customer.http.delete(url).status_code

    assert (early, redacted, deleted) == (409, "", 204)
    assert customer.http.get(url).json()["code"] == 20404
    assert customer.listed()["messages"] == []


def test_a_slow_sender_queues_and_its_messages_expire(customer, sandbox, soon):
    """One segment a second: the fifth text is sent after the fourth, and one that may not wait so long fails."""
    sandbox.carrier.rules = evolve(sandbox.carrier.rules, segments_per_second=0.01)
    customer.send()
    patient = customer.send().json()["sid"]
    hasty = customer.send(ValidityPeriod="60").json()["sid"]
    soon()

    assert customer.fetch(patient)["status"] == "queued"
    assert (customer.fetch(hasty)["status"], customer.fetch(hasty)["error_code"]) == ("failed", 30036)


def test_a_queue_of_ten_hours_is_full(customer, sandbox):
    """Then the provider refuses, with the code that asks for a long pause."""
    sandbox.carrier.rules = evolve(sandbox.carrier.rules, segments_per_second=0.00001)
    customer.send()

    assert customer.send().json()["code"] == 21611


def test_webhooks_stay_on_this_computer(sandbox):
    """Nobody elsewhere gets invented texts by mistake."""
    for url in ("https://texts.example.org/in", "http://10.0.0.1/in", "http://[2001:db8::1]/in", "nonsense"):
        with pytest.raises(BadInput):
            sandbox.point_webhooks(url)
    for url in ("http://127.0.0.9:1/in", "http://[::1]:1/in", "http://localhost:1/in"):
        sandbox.point_webhooks(url)
