"""People as Mobilize's list of them shows them, and pulling it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from ascend_core.contracts import Person, Rejected
from ascend_core.errors import NeedsAttention
from ascend_mobilize.attendances import read_attendance
from ascend_mobilize.people import read_person
from ascend_mobilize.source import MobilizeSource

START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
"""The time on the clock when a test begins."""


@pytest.fixture
def person(attendance) -> Any:
    """Somebody who signed up, with changes."""
    return lambda **changes: {**attendance()["person"], **changes}


def _pulled(pages: Any) -> list[Any]:
    async def pull() -> list[Any]:
        return [page async for page in pages]

    return asyncio.run(pull())


def test_a_person_is_read_whole(person) -> None:
    """In the words that a sign-up uses, so that one mapping serves both."""
    assert read_person(person(modified_date=1_767_003_600)) == Person(
        key="user:90310",
        phone="2125550142",
        opted_in=True,
        fields={
            "given_name": "Marisol",
            "family_name": "Quillfeather",
            "email": "marisol@example.org",
            "postal_code": "10001",
        },
        modified_at=datetime.fromtimestamp(1_767_003_600, UTC),
    )


def test_a_person_and_their_sign_up_have_one_key(attendance) -> None:
    """By it a later change finds the member."""
    record = attendance()

    assert read_attendance(record).person_key == read_person(record["person"]).key


@pytest.mark.parametrize(
    ("broken", "reason", "detail"),
    [
        (None, "masked", ""),
        ({}, "masked", ""),
        ({"user_id": None, "id": None}, "masked", ""),
        ("x", "malformed", "field (the record itself): expected an object"),
        ({"user_id": "x"}, "malformed", "field user_id: expected a whole number"),
        ({"id": 1}, "malformed", "field modified_date: expected a time"),
    ],
)
def test_who_cannot_be_read_is_set_aside(broken, reason: str, detail: str) -> None:
    """Whatever a row holds, it stops nobody behind it."""
    found = read_person(broken)

    assert isinstance(found, Rejected)
    assert (found.reason, found.detail) == (reason, detail)


def test_two_broken_people_are_two(context, account, mobilize, person) -> None:
    """And the same one read again is the same."""
    mobilize.lists["people"] = [person(id=1, user_id="x"), person(id=2, user_id="x"), person(user_id=3)]
    source, since = MobilizeSource(context), datetime.fromtimestamp(0, UTC)

    pages, again = (_pulled(source.people(account, None, since=since)) for _ in range(2))

    rejected = {each.key: each.detail for page in pages for each in page.rejected}
    assert [each.key for page in pages for each in page.people] == ["user:3"]
    assert list(rejected.values()) == ["field user_id: expected a whole number"] * 2
    assert pages == again


def test_changes_are_pulled_like_sign_ups(context, account, mobilize, person) -> None:
    """First since the account was connected, then since the newest change, less the overlap."""
    source = MobilizeSource(context)
    mobilize.lists["people"] = [
        person(user_id=number, modified_date=second) for number, second in enumerate((START - 99, START - 5, START - 9))
    ]

    first = _pulled(source.people(account, None, since=datetime.fromtimestamp(START - 10, UTC)))
    second = _pulled(source.people(account, first[-1].cursor))

    assert [each.key for page in first for each in page.people] == ["user:1", "user:2"]
    assert [each.key for page in second for each in page.people] == ["user:0", "user:1", "user:2"]


def test_a_key_that_may_not_list_people_is_told_of(context, account, mobilize) -> None:
    """With what is missed, and what to do."""
    mobilize.lists["people"] = None

    with pytest.raises(NeedsAttention, match=r"does not let this API key list people.*Ask support@mobilize\.us"):
        _pulled(MobilizeSource(context).people(account, None))
