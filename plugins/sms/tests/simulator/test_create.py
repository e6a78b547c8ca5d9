"""Creating a message: what the API answers and what it refuses."""

from __future__ import annotations

import re

import httpx
import pytest

from ascend_sms.simulator import make_sandbox


def test_an_accepted_message_is_answered_as_the_provider_answers(customer, phone):
    """A client written for the provider finds every field, with the provider's types and spelling of dates."""
    answer = customer.send(Body="Hello 👍")

    message = answer.json()
    sid, account = message["sid"], customer.settings["account_sid"]
    assert answer.status_code == 201
    assert re.fullmatch(r"SM[0-9a-f]{32}", sid)
    assert message == {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": "Hello 👍",
        "date_created": "Mon, 23 Nov 2026 18:00:00 +0000",
        "date_sent": None,
        "date_updated": "Mon, 23 Nov 2026 18:00:00 +0000",
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": "+12025550100",
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": sid,
        "status": "queued",
        "subresource_uris": {"media": f"/2010-04-01/Accounts/{account}/Messages/{sid}/Media.json"},
        "to": phone,
        "uri": f"/2010-04-01/Accounts/{account}/Messages/{sid}.json",
    }


def test_a_messaging_service_accepts_first_and_picks_the_sender_later(customer, sandbox, soon):
    """With a service the first status is accepted, without a sender and without segments."""
    first = customer.send(From=None, MessagingServiceSid=sandbox.carrier.account.service_sid).json()
    soon()
    later = customer.fetch(first["sid"])

    assert [first["status"], first["from"], first["num_segments"]] == ["accepted", None, "0"]
    assert [later["status"], later["from"], later["num_segments"]] == ["delivered", "+12025550100", "1"]


REFUSALS = [
    ({"To": ""}, 21604),
    ({"To": None}, 21604),
    ({"To": "banana"}, 21211),
    ({"To": "911"}, 21211),
    ({"To": "+1٢٠٢٥٥٥٠١٢٣"}, 21211),
    ({"To": "+12025550100"}, 21266),
    ({"To": "+15005550001"}, 21211),
    ({"To": "+15005550002"}, 21612),
    ({"To": "+15005550003"}, 21408),
    ({"To": "+15005550004"}, 21610),
    ({"To": "+15005550009"}, 21614),
    ({"From": None}, 21603),
    ({"From": "+15005550001"}, 21212),
    ({"From": "+15005550007"}, 21606),
    ({"From": "+15005550008"}, 21611),
    ({"From": "+12025550177"}, 21606),
    ({"From": None, "MessagingServiceSid": "MG" + "0" * 32}, 21701),
    ({"Body": None}, 21602),
    ({"Body": " \n"}, 21602),
    ({"Body": "x" * 1601}, 21617),
    ({"Body": "😀" * 801}, 21617),
    ({"StatusCallback": "nonsense"}, 21609),
    ({"StatusCallback": "http://under_score.example/x"}, 21609),
    ({"StatusCallback": "http://192.0.2.1/x"}, 21609),
    ({"StatusCallback": "http://127.0.0.1.example.org/x"}, 21609),
    ({"ValidityPeriod": "0"}, 21624),
    ({"ValidityPeriod": "36001"}, 21624),
    ({"ValidityPeriod": "soon"}, 21624),
    ({"SendAt": "2026-11-24T18:00:00Z", "ScheduleType": "fixed"}, 35118),
]


@pytest.mark.parametrize(("changes", "code"), REFUSALS)
def test_a_wrong_message_is_refused_with_the_providers_code(customer, sandbox, changes, code):
    """Each mistake has its own code, in the shape a client reads errors from, and nothing is sent."""
    answer = customer.send(**changes)

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["status"]) == (400, code, 400)
    assert problem["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert sandbox.texts() == ()


@pytest.mark.parametrize("changes", [{"From": "+15005550006"}, {"To": "(202) 555-0123"}, {"Body": "x" * 1600}])
def test_what_the_provider_lets_pass_is_accepted(customer, changes):
    """The magic sender that works, a number as people write it, and the longest text are all fine."""
    assert customer.send(**changes).status_code == 201


def test_only_forms_are_read(customer):
    """A client that sends JSON learns it at once."""
    answer = customer.http.post(f"{customer.root}/Messages.json", json={"To": "+12025550123", "Body": "x"})

    assert (answer.status_code, answer.json()["code"]) == (415, 20415)


@pytest.mark.parametrize("auth", [None, ("AC" + "0" * 32, "wrong"), ("", "")])
def test_a_stranger_is_not_let_in(customer, auth):
    """Without the token nothing is read or sent."""
    answer = httpx.post(f"{customer.root}/Messages.json", data={"To": "+12025550123"}, auth=auth, trust_env=False)

    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_an_api_key_opens_the_account(customer, sandbox):
    """A key works as well as the token does."""
    account = sandbox.carrier.account

    answer = customer.http.get(f"{customer.root}.json", auth=(account.key_sid, account.key_secret.reveal()))

    assert (answer.status_code, answer.json()["sid"]) == (200, account.sid)


def test_another_account_is_not_there(customer):
    """Good credentials open their own account only."""
    answer = customer.http.get(f"{customer.base_url}/2010-04-01/Accounts/AC{'0' * 32}/Messages.json")

    assert answer.status_code == 401


def test_the_same_texts_get_the_same_sids_whatever_came_between(customer, customer_of, clock):
    """Two runs that interleave differently end with the same sids for each phone."""
    other = customer_of(make_sandbox(clock=clock, seed=7, journal=None))
    a, b = "+12025550123", "+12025550124"

    here = [customer.send(to).json()["sid"] for to in (a, a, b)]
    there = [other.send(to).json()["sid"] for to in (b, a, a)]

    assert here == [there[1], there[2], there[0]]
