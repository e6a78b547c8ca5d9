"""Reading attendances as Mobilize really sends them: hidden, odd, broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ascend_core.contracts import Rejected, Submission
from ascend_mobilize.attendances import read_attendance


def test_a_signup_is_read_whole(attendance) -> None:
    """Everything the product needs of a sign-up is there, in its own words."""
    assert read_attendance(attendance()) == Submission(
        key="5550001",
        form_key="70021",
        person_key="user:90310",
        phone="2125550142",
        opted_in=True,
        state={"status": "REGISTERED", "attended": None},
        fields={
            "given_name": "Marisol",
            "family_name": "Quillfeather",
            "email": "marisol@example.org",
            "postal_code": "10001",
            "custom_signup_field_values": [
                {
                    "custom_field_id": 51,
                    "custom_field_name": "T-shirt size",
                    "text_value": "Large",
                    "boolean_value": None,
                },
                {"custom_field_id": 52, "custom_field_name": "Can drive", "text_value": None, "boolean_value": True},
            ],
        },
        token="k3Xv9pRt",
        starts_at=datetime.fromtimestamp(1_767_200_400, UTC),
        ends_at=datetime.fromtimestamp(1_767_207_600, UTC),
        timezone="America/New_York",
        created_at=datetime.fromtimestamp(1_767_000_000, UTC),
        modified_at=datetime.fromtimestamp(1_767_003_600, UTC),
    )


@pytest.mark.parametrize(
    ("said", "blocked_date", "expected"),
    [
        ("OPT_IN", None, True),
        ("opt_in", None, True),
        ("OPT_OUT", None, False),
        ("UNSPECIFIED", None, None),
        ("SOMETHING_NEW", None, None),
        (None, None, None),
        ("", None, None),
        ("OPT_IN", 1_767_000_000, False),
        ("UNSPECIFIED", 0, False),
    ],
)
def test_consent_is_what_was_said_and_nothing_more(attendance, said, blocked_date, expected) -> None:
    """Only OPT_IN is a yes; opting out or being blocked is a no; all else is neither."""
    payload = attendance({"person.sms_opt_in_status": said, "person.blocked_date": blocked_date})

    assert read_attendance(payload).opted_in is expected


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([], None),
        (None, None),
        ([{"primary": True, "number": ""}], None),
        ([{"primary": True, "number": "+1 (212) 555-0199"}], "+1 (212) 555-0199"),
        ([{"primary": False, "number": "2125550111"}, {"primary": True, "number": "2125550122"}], "2125550122"),
        ([{"primary": True, "number": ""}, {"primary": False, "number": "2125550111"}], "2125550111"),
        ([{"number": "2125550111"}, {"number": "2125550122"}], "2125550111"),
    ],
)
def test_the_primary_phone_is_taken(attendance, numbers, expected) -> None:
    """The one marked primary, else the first there is, as typed."""
    assert read_attendance(attendance({"person.phone_numbers": numbers})).phone == expected


@pytest.mark.parametrize("path", ["id", "event.id"])
def test_a_masked_signup_is_set_aside_under_a_stable_key(attendance, path) -> None:
    """Met again after Mobilize touched it, it is the same row; a different sign-up is another."""
    masked = {path: None, "status": None, "attended": None}

    first = read_attendance(attendance(masked))
    again = read_attendance(attendance(masked, modified_date=1_768_000_000))

    assert first == again
    assert first.reason == "masked"


def test_two_masked_signups_of_one_second_stay_two(attendance) -> None:
    """Masked rows are counted, not merged."""
    one = read_attendance(attendance(id=None))
    two = read_attendance(attendance({"person.user_id": 90_311}, id=None))

    assert one.key.startswith("masked:")
    assert one.key != two.key


def test_a_masked_signup_without_the_id_member_is_masked_too(attendance) -> None:
    """Documentation says omitted, data says null: both are read alike."""
    payload = attendance()
    del payload["id"], payload["referrer"], payload["sponsor"]

    assert read_attendance(payload).reason == "masked"


def test_a_promoted_signup_without_referrer_has_no_token(attendance) -> None:
    """The signup still counts; only what brought it is not known."""
    submission = read_attendance(attendance(referrer=None))

    assert (submission.key, submission.token) == ("5550001", None)


def test_an_unknown_status_is_data(attendance) -> None:
    """A word Mobilize invents tomorrow loses nobody's sign-up."""
    assert read_attendance(attendance(status="ON_HOLD")).state == {"status": "ON_HOLD", "attended": None}


def test_texts_can_be_stored_anywhere(attendance) -> None:
    """PostgreSQL takes neither NUL nor half a surrogate pair: they go, the rest of the name stays."""
    payload = attendance({"person.given_name": " Mari\0sol\ud800 ", "person.family_name": "Ñandú 🐦"})

    fields = read_attendance(payload).fields

    assert (fields["given_name"], fields["family_name"]) == ("Marisol", "Ñandú 🐦")


def test_a_zone_nobody_knows_is_none(attendance) -> None:
    """Times are then shown in the zone the core falls back on."""
    zones = ["Mars/Olympus", "../etc/passwd", "America", "America/New_York\0"]

    found = [read_attendance(attendance({"event.timezone": zone})).timezone for zone in zones]

    assert found == [None, None, None, "America/New_York"]


@pytest.mark.parametrize(
    ("path", "value", "detail"),
    [
        ("attended", "yes", "field attended: expected true or false"),
        ("status", 7, "field status: expected a text"),
        ("modified_date", None, "field modified_date: expected a time"),
        ("created_date", "yesterday", "field created_date: expected a whole number"),
        ("created_date", 10**15, "field created_date: expected a time before the year 9999"),
        ("event", [], "field event: expected an object"),
        ("person", None, "field person: expected an object"),
        ("person.phone_numbers.0.number", 2125550142, "field person.phone_numbers[0].number: expected a text"),
        ("person.phone_numbers", {}, "field person.phone_numbers: expected a list"),
        ("custom_signup_field_values.1.custom_field_id", None,
         "field custom_signup_field_values[1].custom_field_id: expected a whole number"),
        ("referrer.utm_content", "x" * 10_001, "field referrer.utm_content: expected at most 10000 characters"),
    ],
)  # fmt: skip
def test_a_broken_record_says_which_field(attendance, path, value, detail) -> None:
    """It is set aside under its own id, so that it is the same row once Mobilize mends it; no personal data is told."""
    assert read_attendance(attendance({path: value})) == Rejected(key="5550001", reason="malformed", detail=detail)


@pytest.mark.parametrize("junk", [None, [], "text", 7, True, {}, [{}]])
def test_junk_is_rejected_not_raised(junk) -> None:
    """Whatever stands where a record should stand is counted."""
    assert isinstance(read_attendance(junk), Rejected)


def _paths(value: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield (*way, name)
        yield from _paths(member, (*way, name))


BREAKS = st.sampled_from(
    [None, True, False, 0, -1, 1.5, float("nan"), 2**63, 10**5000, "", "text", "\0", "\ud800", "x" * 100_000,
     [], {}, [None], [[]], {"": {}}, [{"primary": True}]]
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400, deadline=None)
@given(data=st.data())
def test_nothing_anybody_breaks_in_a_record_stops_the_sync(attendance, data: st.DataObject) -> None:
    """With one thing broken anywhere, a record is still a submission or a rejected one that storage can hold."""
    payload = attendance()
    *way, last = data.draw(st.sampled_from(list(_paths(payload))))
    place = payload
    for name in way:
        place = place[name]
    if data.draw(st.booleans()):
        del place[last]
    else:
        place[last] = data.draw(BREAKS)

    found = read_attendance(payload)

    match found:
        case Submission():
            said = json.dumps([found.key, found.form_key, found.phone, found.token, found.state, found.fields],
                              ensure_ascii=False)  # fmt: skip
        case Rejected():
            said = json.dumps([found.key, found.reason, found.detail], ensure_ascii=False)
            assert "Marisol" not in said
            assert "2125550142" not in said
    assert "\\u0000" not in said
    said.encode()
