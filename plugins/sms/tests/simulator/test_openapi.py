"""Every answer fits the provider's own specification."""

from __future__ import annotations

import pytest


def check(schema, path, method, status, answer):
    validators = pytest.importorskip("openapi_schema_validator")
    content = schema["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
    whole = {**content, "components": schema["components"]}
    errors = [error.message for error in validators.OAS30Validator(whole).iter_errors(answer)]
    assert errors == []
    properties = content.get("properties")
    if properties is None:
        properties = schema["components"]["schemas"][content["$ref"].rpartition("/")[2]]["properties"]
    assert set(answer) == set(properties)


LIST = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
ONE = "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json"


@pytest.mark.parametrize("kind", ["mobile", "landline", "unreachable", "no_dlr"])
def test_messages_fit_at_every_moment(schema, customer, sandbox, clock, phone, kind):
    """From accepted to the last status, with each outcome."""
    customer.control(f"phones/{phone}", {"kind": kind})
    created = customer.send().json()
    check(schema, LIST, "post", "201", created)
    while (due_at := sandbox.next_due()) is not None:
        clock.set(due_at)
        check(schema, ONE, "get", "200", customer.fetch(created["sid"]))
        sandbox.settle()
    check(schema, ONE, "get", "200", customer.fetch(created["sid"]))


def test_service_messages_and_changes_fit(schema, customer, sandbox, soon):
    """Without a sender, canceled, redacted: all known states."""
    service = {"From": None, "MessagingServiceSid": sandbox.carrier.account.service_sid}
    created = customer.send(**service).json()
    planned = customer.send(SendAt="2026-11-24T18:00:00Z", ScheduleType="fixed", **service).json()
    soon()
    canceled = customer.http.post(f"{customer.root}/Messages/{planned['sid']}.json", data={"Status": "canceled"})
    redacted = customer.http.post(f"{customer.root}/Messages/{created['sid']}.json", data={"Body": ""})

    check(schema, LIST, "post", "201", created)
    check(schema, LIST, "post", "201", planned)
    check(schema, ONE, "post", "200", canceled.json())
    check(schema, ONE, "post", "200", redacted.json())


def test_lists_fit(schema, customer, sandbox, phone):
    """Both directions, over pages."""
    sandbox.reply("r1", phone, "Hi")
    for _ in range(3):
        customer.send()

    page = customer.listed(PageSize=2, To="")
    check(schema, LIST, "get", "200", page)
    check(schema, LIST, "get", "200", customer.http.get(customer.base_url + page["next_page_uri"]).json())
