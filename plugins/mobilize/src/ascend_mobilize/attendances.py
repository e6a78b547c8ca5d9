"""Reads one Mobilize attendance: the record of one sign-up of one person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ascend_core.contracts import Rejected, Submission
from ascend_core.errors import BadInput
from ascend_mobilize.people import key_of, opted_in, opted_in_by, person_fields, person_key, phone_of, primary
from ascend_mobilize.reading import Node, cleaned, cleaned_word, moment_of, stable_key, zone_name
from ascend_mobilize.shapes import Address, Email, Phone, ShapedAttendance, shaped_attendance

__all__ = ["read_attendance"]


def read_attendance(record: Any) -> Submission | Rejected:
    """The submission *record* (an attendance, shaped or as decoded from JSON, or anything else) tells of.

    Rejected with ``masked``: Mobilize hides whose or for what it is (an id is null: the sign-up is on the other side
    of the firewall between coordinated and independent organizations). Rejected with ``malformed``: the detail names
    the field. A status we do not know is not malformed: it is kept as it is.
    """
    shaped = record if isinstance(record, ShapedAttendance) else shaped_attendance(record)
    return _read_slowly(record) if shaped is None else _of_shape(shaped)


def _of_shape(shaped: ShapedAttendance) -> Submission:
    """As ``_read_slowly`` reads it, in a third of the time."""
    person, slot, referrer = shaped.person, shaped.timeslot, shaped.referrer
    return Submission(
        key=str(shaped.id),
        form_key=str(shaped.event.id),
        person_key=key_of(person.user_id, person.id),
        phone=_primary(person.phone_numbers),
        opted_in=opted_in_by(cleaned_word(person.sms_opt_in_status), person.blocked_date),
        state={"status": cleaned_word(shaped.status), "attended": shaped.attended},
        fields={
            "given_name": cleaned(person.given_name),
            "family_name": cleaned(person.family_name),
            "email": _primary(person.email_addresses),
            "postal_code": _primary(person.postal_addresses),
            "custom_signup_field_values": [
                {
                    "custom_field_id": answer.custom_field_id,
                    "custom_field_name": cleaned_word(answer.custom_field_name),
                    "text_value": cleaned(answer.text_value),
                    "boolean_value": answer.boolean_value,
                }
                for answer in shaped.custom_signup_field_values or ()
            ],
        },
        token=None if referrer is None else cleaned(referrer.utm_content),
        starts_at=None if slot is None or slot.start_date is None else moment_of(slot.start_date),
        ends_at=None if slot is None or slot.end_date is None else moment_of(slot.end_date),
        timezone=zone_name(cleaned_word(shaped.event.timezone)),
        created_at=moment_of(shaped.created_date),
        modified_at=moment_of(shaped.modified_date),
    )


def _primary(entries: Sequence[Email | Phone | Address] | None) -> str | None:
    if not entries:
        return None
    if len(entries) == 1:
        return cleaned(entries[0].text)
    return primary((each.primary, each.text) for each in entries)


def _read_slowly(record: Any) -> Submission | Rejected:
    """Place by place, so that a wrong one can be named."""
    root = Node(record)
    try:
        key, form_key = root["id"].number(), root["event"]["id"].number()
        if key is None or form_key is None:
            return Rejected(key=str(key) if key is not None else _nameless(root, "masked"), reason="masked")
        return _submission(root, key=key, form_key=form_key)
    except BadInput as problem:
        return Rejected(key=_key(root), reason="malformed", detail=str(problem))


def _submission(root: Node, *, key: int, form_key: int) -> Submission:
    person, slot = root["person"], root["timeslot"]
    if person.value is None:
        raise BadInput("field person: expected an object")
    return Submission(
        key=str(key),
        form_key=str(form_key),
        person_key=person_key(person),
        phone=phone_of(person),
        opted_in=opted_in(person),
        state={"status": root["status"].text(), "attended": root["attended"].flag()},
        fields={
            **person_fields(person),
            "custom_signup_field_values": [_custom(node) for node in root["custom_signup_field_values"].elements()],
        },
        token=root["referrer"]["utm_content"].text(),
        starts_at=slot["start_date"].moment(),
        ends_at=slot["end_date"].moment(),
        timezone=zone_name(root["event"]["timezone"].text()),
        created_at=root["created_date"].required_moment(),
        modified_at=root["modified_date"].required_moment(),
    )


def _custom(node: Node) -> dict[str, int | str | bool | None]:
    custom_id = node["custom_field_id"].number()
    if custom_id is None:
        raise BadInput(f"field {node.path}.custom_field_id: expected a whole number")
    return {
        "custom_field_id": custom_id,
        "custom_field_name": node["custom_field_name"].text(),
        "text_value": node["text_value"].text(),
        "boolean_value": node["boolean_value"].flag(),
    }


def _key(root: Node) -> str:
    """The attendance's id where it can be read, so that the record, once mended, is the same row."""
    try:
        key = root["id"].number()
    except BadInput:
        key = None
    return str(key) if key is not None else _nameless(root, "malformed")


def _nameless(root: Node, reason: str) -> str:
    """A key made of what Mobilize never changes in an attendance. With the person's number, so that two people who
    signed up in one second stay two rows."""
    paths = (
        ("created_date",),
        ("timeslot", "start_date"),
        ("timeslot", "end_date"),
        ("event", "event_type"),
        ("event", "id"),
        ("person", "user_id"),
        ("person", "id"),
    )
    return stable_key(reason, [_raw(root.value, path) for path in paths])


def _raw(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
