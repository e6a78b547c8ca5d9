"""The simulated carrier's own switches, and the page for people."""

from __future__ import annotations

import pytest


def test_the_transcript_shows_both_sides(customer, sandbox, phone, soon):
    """Every text in order with its time, its status and who wrote it."""
    customer.send(Body="Can you come?")
    soon()
    written = customer.control("inbound", {"from": phone, "body": "Yes!", "key": "r1"})

    rows = customer.http.get(f"{customer.base_url}/_sim/transcript", params={"phone": phone}).json()["texts"]

    common = {"phone": phone, "number": "+12025550100", "error_code": None}
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


def test_the_page_lets_a_person_answer_as_a_phone(customer, webhook, phone):
    """Texts are shown as they are, harmless, and the form writes back."""
    customer.send(Body="<b>Hi</b> & welcome")

    back = customer.http.post(f"{customer.base_url}/write", data={"from": phone, "body": "Hello & <i>thanks</i>"})
    page = customer.http.get(customer.base_url + "/", params={"phone": phone})
    texts = customer.http.get(customer.base_url + "/texts", params={"phone": phone})

    assert (back.status_code, back.headers["location"]) == (303, "/?phone=%2B12025550123")
    assert webhook.forms[0]["Body"] == "Hello & <i>thanks</i>"
    assert f'value="{phone}"' in page.text
    assert "&lt;b&gt;Hi&lt;/b&gt; &amp; welcome" in texts.text
    assert "Hello &amp; &lt;i&gt;thanks&lt;/i&gt;" in texts.text


def test_the_page_says_when_the_phone_is_wrong(customer):
    """In words, on the page."""
    back = customer.http.post(f"{customer.base_url}/write", data={"from": "banana", "body": "x"})
    page = customer.http.get(customer.base_url + back.headers["location"])

    assert "&#x27;from&#x27; is no phone number" in page.text
