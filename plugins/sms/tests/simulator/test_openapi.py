"""Every answer fits the provider's own specification; ``conftest.py`` holds every answer in these tests to it."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("openapi_schema_validator", reason="the specification is checked with it")

from .specification import SPECIFICATION, problems_of

ROOT = "/2010-04-01/Accounts/AC1/Messages"


@pytest.mark.parametrize("kind", ["mobile", "landline", "unreachable", "no_dlr"])
def test_messages_fit_at_every_moment(customer: Any, sandbox: Any, clock: Any, phone: str, kind: str) -> None:
    """From accepted to the last status, with each outcome."""
    customer.control(f"phones/{phone}", {"kind": kind})
    created = customer.send().json()
    while (due_at := sandbox.next_due()) is not None:
        clock.set(due_at)
        customer.fetch(created["sid"])
        sandbox.settle()
    customer.fetch(created["sid"])

    assert customer.checked >= 3


def test_service_messages_and_changes_fit(customer: Any, sandbox: Any, soon: Any) -> None:
    """Without a sender, canceled, redacted: all known states."""
    service = {"From": None, "MessagingServiceSid": sandbox.carrier.account.service_sid}
    created = customer.send(**service).json()
    planned = customer.send(SendAt="2026-11-24T18:00:00Z", ScheduleType="fixed", **service).json()
    soon()
    customer.http.post(f"{customer.root}/Messages/{planned['sid']}.json", data={"Status": "canceled"})
    customer.http.post(f"{customer.root}/Messages/{created['sid']}.json", data={"Body": ""})

    assert customer.checked == 4


def test_lists_fit(customer: Any, sandbox: Any, phone: str) -> None:
    """Both directions, over pages."""
    sandbox.reply("r1", phone, "Hi")
    for _ in range(3):
        customer.send()

    page = customer.listed(PageSize=2, To="")
    customer.http.get(customer.base_url + page["next_page_uri"])

    assert customer.checked == 5


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"num_segments": 1}, "1 is not of type 'string'"),
        ({"status": "bewildered"}, "'bewildered' is not one of"),
        ({"sid": "SM1"}, "'SM1' is too short"),
        ({"mood": ""}, "mood is missing or unknown"),
    ],
)
def test_the_specification_finds_what_is_wrong(customer: Any, changes: dict[str, Any], problem: str) -> None:
    """A check that finds nothing proves nothing."""
    answer = {**customer.send().json(), **changes}

    found = problems_of("POST", f"{ROOT}.json", 201, answer)

    assert found[0].startswith(problem)


def test_the_specification_is_the_providers() -> None:
    """It speaks of the calls the plugin makes."""
    made = {path: sorted(set(each) & {"get", "post", "delete"}) for path, each in SPECIFICATION["paths"].items()}

    assert sorted(made.values()) == [["delete", "get", "post"], ["get", "post"]]
    assert problems_of("GET", "/elsewhere", 200, {}) == []
    assert problems_of("POST", f"{ROOT}.json", 400, {"code": 21211}) == []
