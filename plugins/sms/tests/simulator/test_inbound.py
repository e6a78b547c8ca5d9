"""Texts people write, and the words the carrier itself listens to."""

from __future__ import annotations

import pytest

from ascend_sms.simulator import Account, CarrierRules, CarrierSandbox


def test_a_reply_is_posted_with_all_parameters_before_reply_returns(customer, sandbox, webhook, phone):
    """The inbound webhook is the provider's, parameter by parameter."""
    sandbox.reply("r1", phone, "Yes, count me in &c. 👍")

    (form,) = webhook.forms
    sid = form["MessageSid"]
    assert form == {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "",
        "SmsSid": sid,
        "FromState": "",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": "Yes, count me in &c. 👍",
        "FromCountry": "US",
        "To": "+12025550100",
        "ToZip": "",
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": customer.settings["account_sid"],
        "From": phone,
        "ApiVersion": "2010-04-01",
    }
    assert webhook.requests[0]["headers"]["content-type"] == "application/x-www-form-urlencoded"
    assert "i-twilio-idempotency-token" not in webhook.requests[0]["headers"]
    assert customer.fetch(sid)["direction"] == "inbound"


def test_the_same_key_is_the_same_text_again(customer, sandbox, webhook, phone):
    """A repeat arrives as the provider's retries do: same sid, same token, one text in the transcript."""
    for _ in range(3):
        sandbox.reply("r1", phone, "Hi")
    sandbox.reply("r2", phone, "Hi")

    sids = [form["MessageSid"] for form in webhook.forms]
    tokens = [request["headers"].get("i-twilio-idempotency-token") for request in webhook.requests]
    assert (len(set(sids[:3])), sids[3] != sids[0]) == (1, True)
    assert (tokens[0], tokens[3]) == (None, None)
    assert tokens[1] == tokens[2] is not None
    assert len(customer.listed(From=phone)["messages"]) == 2


@pytest.mark.parametrize(
    "word", ["STOP", "stop", " Unsubscribe\n", "END", "QUIT", "STOPALL", "revoke", "OPTOUT", "Cancel"]
)
def test_a_stop_word_blocks_the_pair(customer, sandbox, webhook, phone, word):
    """The carrier confirms once, tells the webhook, and refuses our next text with 21610."""
    sandbox.reply("r1", phone, word)
    sandbox.reply("r2", phone, word)

    refused = customer.send()
    rows = customer.http.get(f"{customer.base_url}/_sim/transcript").json()["texts"]
    assert [form["OptOutType"] for form in webhook.forms] == ["STOP", "STOP"]
    assert (refused.status_code, refused.json()["code"]) == (400, 21610)
    assert [row["by"] for row in rows] == ["person", "carrier", "person"]
    assert sandbox.texts() == ()
    assert customer.send("+12025550124").status_code == 201


@pytest.mark.parametrize("body", ["STOP PLEASE", "STOP.", "don't stop", "nonstop", "opt out", "ＳＴＯＰ", ""])
def test_anything_else_is_left_to_us(customer, sandbox, webhook, phone, body):
    """The carrier only knows the exact single word."""
    sandbox.reply("r1", phone, body)

    assert "OptOutType" not in webhook.forms[0]
    assert customer.send().status_code == 201


@pytest.mark.parametrize("word", ["START", "unstop", "Yes"])
def test_a_start_word_opens_the_pair_again(customer, sandbox, webhook, phone, word):
    """Only for who had stopped: otherwise YES is an answer to a question."""
    sandbox.reply("r0", phone, word)
    sandbox.reply("r1", phone, "STOP")
    sandbox.reply("r2", phone, word)

    assert [form.get("OptOutType") for form in webhook.forms] == [None, "STOP", "START"]
    assert customer.send().status_code == 201


def test_help_is_answered_by_the_carrier(customer, sandbox, webhook, phone):
    """The webhook hears that it was, so that we do not answer too."""
    sandbox.reply("r1", phone, "help")

    rows = customer.http.get(f"{customer.base_url}/_sim/transcript", params={"phone": phone}).json()["texts"]
    assert webhook.forms[0]["OptOutType"] == "HELP"
    assert [(row["direction"], row["by"]) for row in rows] == [("in", "person"), ("out", "carrier")]


def test_the_carrier_can_be_told_to_leave_stop_to_us(customer, sandbox, webhook, phone):
    """As on a short code: it only passes the words on."""
    customer.control("opt_out", {"mode": "none"})

    sandbox.reply("r1", phone, "STOP")

    assert "OptOutType" not in webhook.forms[0]
    assert customer.send().status_code == 201


@pytest.mark.parametrize("status", [500, 503])
def test_a_text_the_webhook_failed_on_comes_again(customer, sandbox, webhook, phone, status):
    """It waits at the carrier and is posted at the next settling, marked as a retry."""
    webhook.status = status
    sandbox.reply("r1", phone, "Hi")
    webhook.status = 204

    posted = [sandbox.settle(), sandbox.settle()]

    assert posted == [1, 0]
    assert [form["Body"] for form in webhook.forms] == ["Hi", "Hi"]
    assert "i-twilio-idempotency-token" in webhook.requests[1]["headers"]


def test_a_text_nobody_was_there_for_comes_again(customer, sandbox, webhook, phone):
    """A product that restarts misses nothing."""
    sandbox.point_webhooks("http://127.0.0.1:1/inbound")
    sandbox.reply("r1", phone, "Hi")
    sandbox.point_webhooks(f"{webhook.base_url}/inbound")

    assert sandbox.next_due() is not None
    assert sandbox.settle() == 1
    assert sandbox.next_due() is None


def test_a_webhook_that_never_comes_back_is_given_up(customer, sandbox, webhook, phone, settle_all):
    """Settling ends: after ten attempts the carrier gives up, as providers do."""
    webhook.status = 500
    customer.send()
    sandbox.reply("r1", phone, "Hi")

    assert settle_all() == 0
    assert len(webhook.requests) == 30


def test_a_redirected_webhook_is_not_followed(customer, sandbox, webhook, phone):
    """The post stays where it was sent."""
    webhook.status, webhook.headers = 302, {"location": f"{webhook.base_url}/elsewhere"}

    sandbox.reply("r1", phone, "Hi")

    assert [request["url"].partition("?")[0] for request in webhook.requests] == [f"{webhook.base_url}/inbound"]


def test_a_picture_comes_with_its_address(customer, webhook, phone):
    """Media are named in the webhook, and the sid says it is no plain text."""
    customer.control("inbound", {"from": phone, "body": "", "media": ["http://127.0.0.1:1/cat.jpg"]})

    (form,) = webhook.forms
    assert form["MessageSid"].startswith("MM")
    assert (form["NumMedia"], form["MediaUrl0"]) == ("1", "http://127.0.0.1:1/cat.jpg")


def test_a_toll_free_number_is_kept_by_its_network(clock, customer_of, webhook, phone):
    """Whatever the account wants: STOP and UNSTOP only, in the network's own words, and no word in the webhook."""
    account = Account.invented(7, number="+18885550100")
    sandbox = CarrierSandbox(
        account=account, clock=clock, seed=7, journal=None, rules=CarrierRules(handles_opt_out=False)
    )
    customer = customer_of(sandbox)
    for key, body in enumerate(["HELP", "QUIT", "Stop", "HELP", "yes"]):
        sandbox.reply(str(key), phone, body)
    refused = customer.send().json()
    sandbox.reply("back", phone, "unstop")

    assert refused["code"] == 21610
    assert customer.send().status_code == 201
    assert all("OptOutType" not in form for form in webhook.forms)
    texts = customer.http.get(f"{customer.base_url}/_sim/transcript", params={"phone": phone}).json()["texts"]
    said = [text["body"] for text in texts if text["by"] == "carrier"]
    assert [words[:40] for words in said] == [
        'NETWORK MSG: You replied with the word "',
        'NETWORK MSG: You have replied "unstop" a',
    ]


def test_who_leaves_a_service_leaves_all_its_numbers(clock, customer_of, phone):
    """The service picks one number for each person; the block is the service's."""
    account = Account.invented(7, pool=("+12025550101", "+12025550102", "+12025550103"))
    sandbox = CarrierSandbox(account=account, clock=clock, seed=7, journal=None)
    customer = customer_of(sandbox)
    service = {"From": None, "MessagingServiceSid": account.service_sid}
    phones = [f"+120255501{number}" for number in range(20, 50)]
    for each in phones:
        customer.send(each, **service)
    senders = {text.number for text in sandbox.carrier.texts()}
    theirs = next(text.number for text in sandbox.carrier.texts() if text.to == phone)
    sandbox.reply("r1", phone, "STOP")

    other = next(number for number in account.numbers if number != theirs)
    assert senders == set(account.numbers)
    assert customer.send(**service).json()["code"] == 21610
    assert customer.send(From=theirs).json()["code"] == 21610
    assert customer.send(From=other).status_code == 201
    sandbox.reply("r2", phone, "START")
    assert customer.send(**service).status_code == 201
