"""What a sign-up says about a person, as the field mapping meets it."""

from __future__ import annotations

import pytest

from ascend_core.contracts import FieldReading
from ascend_mobilize.attendances import read_attendance
from ascend_mobilize.fields import DEFAULTS, MAPPER


def test_defaults_and_custom_fields_are_read_in_order(attendance) -> None:
    """The four that always map come first, then what the organization asks for, under its own words."""
    submission = read_attendance(attendance())

    assert MAPPER.read(submission.fields) == (
        FieldReading(source="given_name", label="First name", value="Marisol"),
        FieldReading(source="family_name", label="Last name", value="Quillfeather"),
        FieldReading(source="email", label="Email", value="marisol@example.org"),
        FieldReading(source="postal_code", label="Zip code", value="10001"),
        FieldReading(source="custom:51", label="T-shirt size", value="Large", custom=True),
        FieldReading(source="custom:52", label="Can drive", value=True, custom=True),
    )


def test_defaults_map_to_the_core_fields() -> None:
    """First name, last name, email and zip code reach the member without anybody mapping them."""
    assert {default.source: default.target for default in DEFAULTS} == {
        "given_name": "first_name",
        "family_name": "last_name",
        "email": "email",
        "postal_code": "zip",
    }


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [("", None, None), (None, None, None), ("  ", False, False), (None, True, True), (" yes ", None, "yes")],
)
def test_an_empty_answer_is_none_and_a_no_is_an_answer(attendance, text, answer, expected) -> None:
    """An empty text never overwrites what is known of a member; an unticked box does count."""
    values = {
        "custom_signup_field_values.1.text_value": text,
        "custom_signup_field_values.1.boolean_value": answer,
    }

    readings = MAPPER.read(read_attendance(attendance(values)).fields)

    assert readings[-1] == FieldReading(source="custom:52", label="Can drive", value=expected, custom=True)


def test_nothing_given_is_nothing_read(attendance) -> None:
    """A person Mobilize shows without e-mail and address has None there, not an empty text."""
    payload = attendance(
        {"person.email_addresses": [], "person.postal_addresses": None, "person.family_name": ""},
        custom_signup_field_values=None,
    )

    assert [reading.value for reading in MAPPER.read(read_attendance(payload).fields)] == ["Marisol", None, None, None]


def test_a_custom_field_without_name_gets_one(attendance) -> None:
    """It can still be chosen under *Additional mappings*."""
    payload = attendance({"custom_signup_field_values.0.custom_field_name": None})

    assert MAPPER.read(read_attendance(payload).fields)[4].label == "Custom field 51"
