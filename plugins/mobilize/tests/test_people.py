"""People as Mobilize's list of them shows them, and pulling it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from ascend_core.contracts import Person
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


@pytest.mark.parametrize("broken", [None, "x", {}, {"user_id": None, "id": None}, {"user_id": "x"}])
def test_who_cannot_be_read_is_left_out(broken) -> None:
    """Whatever a row holds, it stops nobody behind it."""
    assert read_person(broken) is None


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


def test_a_key_that_may_not_list_people_goes_without(context, account, mobilize) -> None:
    """The sign-ups are not held up for it."""
    mobilize.lists["people"] = None

    assert _pulled(MobilizeSource(context).people(account, None)) == []
