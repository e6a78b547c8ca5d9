"""What of an attendance is read, as shapes that ``msgspec`` checks in one go.

A record that has this shape is what the contract says; whatever does not is read again place by place (``reading``),
by what can say where it is wrong.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import DecodeError, Meta, Raw, Struct, ValidationError, convert, field, json
from msgspec.structs import asdict

from ascend_mobilize.reading import LARGEST_NUMBER, LATEST_SECOND, LONGEST_TEXT

__all__ = [
    "DECODED_ATTENDANCES",
    "Address",
    "DecodedAttendances",
    "Email",
    "Phone",
    "ShapedAttendance",
    "ShapedPerson",
    "shaped_attendance",
]

Text = Annotated[str, Meta(max_length=LONGEST_TEXT)] | None
Number = Annotated[int, Meta(ge=0, le=LARGEST_NUMBER)] | None
Second = Annotated[int, Meta(ge=0, le=LATEST_SECOND)] | None


class Email(Struct, gc=False):
    """An address of a person's."""

    primary: bool | None = None
    text: Text = field(default=None, name="address")


class Phone(Struct, gc=False):
    """A number of a person's."""

    primary: bool | None = None
    text: Text = field(default=None, name="number")


class Address(Struct, gc=False):
    """A place of a person's."""

    primary: bool | None = None
    text: Text = field(default=None, name="postal_code")


class ShapedPerson(Struct, gc=False):
    """Somebody who signed up."""

    user_id: Number = None
    id: Number = None
    given_name: Text = None
    family_name: Text = None
    email_addresses: list[Email] | None = None
    phone_numbers: list[Phone] | None = None
    postal_addresses: list[Address] | None = None
    sms_opt_in_status: Text = None
    blocked_date: Number = None


class _Event(Struct, gc=False):
    id: Number = None
    timezone: Text = None


class _Slot(Struct, gc=False):
    start_date: Second = None
    end_date: Second = None


class _Answer(Struct, gc=False):
    custom_field_id: Annotated[int, Meta(ge=0, le=LARGEST_NUMBER)]
    custom_field_name: Text = None
    text_value: Text = None
    boolean_value: bool | None = None


class _Referrer(Struct, gc=False):
    utm_content: Text = None


class ShapedAttendance(Struct, gc=False):
    """One sign-up."""

    id: Annotated[int, Meta(ge=0, le=LARGEST_NUMBER)]
    created_date: Annotated[int, Meta(ge=0, le=LATEST_SECOND)]
    modified_date: Annotated[int, Meta(ge=0, le=LATEST_SECOND)]
    event: _Event
    person: ShapedPerson
    status: Text = None
    attended: bool | None = None
    timeslot: _Slot | None = None
    custom_signup_field_values: list[_Answer] | None = None
    referrer: _Referrer | None = None


def shaped_attendance(record: Any) -> ShapedAttendance | None:
    """*record* where it has the shape of one whose person and event are shown; else None."""
    try:
        found = convert(record, ShapedAttendance)
    except (ValidationError, ValueError, RecursionError):  # ValueError: half a character in the name of a field
        return None
    return None if found.event.id is None else found


class _Listed(Struct, gc=False):
    data: list[ShapedAttendance]
    error: Any = None
    next: Any = None
    count: Any = None
    results_limited_to: Any = None


class DecodedAttendances:
    """Reads a list of attendances out of its JSON (an ``answers.Shaping``)."""

    def whole(self, body: bytes) -> dict[str, Any] | None:
        """The list, where all of its attendances have the shape of one whose event is shown; else None."""
        try:
            listed = _listed(body)
        except (DecodeError, ValueError, RecursionError):
            return None
        return None if any(each.event.id is None for each in listed.data) else asdict(listed)

    def one(self, raw: Raw) -> ShapedAttendance | None:
        """The same with one of them."""
        try:
            found = _attendance(raw)
        except (DecodeError, ValueError, RecursionError):
            return None
        return None if found.event.id is None else found


DECODED_ATTENDANCES = DecodedAttendances()
_listed = json.Decoder(_Listed).decode
_attendance = json.Decoder(ShapedAttendance).decode
