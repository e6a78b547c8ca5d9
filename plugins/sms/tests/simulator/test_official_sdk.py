"""The provider's own client library takes the simulated carrier for the provider."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from attrs import evolve

from ascend_core.contracts import Secret

pytest.importorskip("twilio", reason="the provider's own client library is the oracle here")

from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator, get_signature_algorithm
from twilio.rest import Client


@pytest.fixture
def client(customer):
    client = Client(customer.settings["account_sid"], customer.settings["auth_token"])
    client.api.base_url = customer.base_url
    yield client
    client.http_client.session.close()


def send(client, body="Hello", **more):
    return client.messages.create(to="+12025550123", from_="+12025550100", body=body, **more)


def test_it_creates_and_fetches(client, customer, soon):
    """Every field is read, dates and all."""
    created = send(client)
    soon()
    fetched = client.messages(created.sid).fetch()

    assert (created.status, created.num_segments, created.error_code) == ("queued", "1", None)
    assert created.date_created == datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    assert (fetched.status, fetched.body) == ("delivered", "Hello")
    assert fetched.date_sent > fetched.date_created


def test_it_lists_over_pages(client):
    """Its own paging follows ours."""
    sids = [send(client, f"Text {n}").sid for n in range(5)]

    listed = client.messages.list(to="+12025550123", date_sent_after=date(2026, 11, 23), page_size=2)

    assert [message.sid for message in listed] == sids[::-1]
    assert client.messages.list(date_sent_before=date(2026, 11, 22)) == []


def test_it_reads_errors(client):
    """Status, code and message arrive in its exception."""
    with pytest.raises(TwilioRestException) as caught:
        send(client, body="")

    assert (caught.value.status, caught.value.code) == (400, 21602)


def test_it_redacts_deletes_and_reads_the_account(client, customer, soon):
    """The other calls work too."""
    sid = send(client).sid
    soon()

    assert client.messages(sid).update(body="").body == ""
    assert client.messages(sid).delete() is True
    assert client.api.accounts(customer.settings["account_sid"]).fetch().status == "active"


@pytest.fixture
def everything_posted(customer, sandbox, webhook, settle_all, phone):
    """One text with all its callbacks and one reply, whatever their order."""
    customer.send()
    sandbox.reply("r1", phone, "Café ✓ & more = 100 %\r\n")
    sandbox.reply("r2", phone, "")
    settle_all()
    return webhook.requests


def is_valid(request, secret):
    settings = request["headers"].get("x-twilio-webhooks-signature-settings")
    signature = request["headers"]["x-twilio-signature"]
    return RequestValidator(secret).validate(
        request["url"], request["form"], signature, get_signature_algorithm(settings)
    )


def test_its_validator_accepts_our_webhooks(customer, everything_posted):
    """Signed by the account's token, over the whole URL; another token does not fit."""
    token = customer.settings["auth_token"]

    assert [is_valid(request, token) for request in everything_posted] == [True] * 4
    assert [is_valid(request, token[::-1]) for request in everything_posted] == [False] * 4


def test_its_validator_accepts_the_shared_key(customer, sandbox, webhook, phone):
    """The newer signature, SHA-256, names its key."""
    account = evolve(sandbox.carrier.account, shared_key=("webhooks_sharedkey_1", Secret("invented")))
    sandbox.carrier.account = account
    sandbox.reply("r1", phone, "Hi")

    (request,) = webhook.requests
    assert request["headers"]["x-twilio-webhooks-signature-settings"] == (
        "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    )
    assert is_valid(request, "invented")


def test_its_validator_refuses_a_bad_signature(customer, sandbox, webhook, phone):
    """The fault is a real one; the right signature follows."""
    customer.control("faults", {"kind": "bad_signature"})
    sandbox.reply("r1", phone, "Hi")
    sandbox.settle()

    assert [is_valid(request, customer.settings["auth_token"]) for request in webhook.requests] == [False, True]
