"""Reads one Mobilize person, by itself or inside an attendance: always as that person is described now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ascend_core.contracts import Person, Rejected
from ascend_core.errors import BadInput
from ascend_mobilize.reading import Node, cleaned, stable_key

__all__ = [
    "key_of",
    "opted_in",
    "opted_in_by",
    "person_fields",
    "person_key",
    "phone_of",
    "primary",
    "read_person",
]


def read_person(record: Any) -> Person | Rejected:
    """The person that *record* (of the list of people, or anything else) tells of.

    Rejected with ``masked``: Mobilize hides who it is. With ``malformed``: the detail names the field.
    """
    root = Node(record)
    try:
        key = person_key(root)
        if key is None:
            return Rejected(key=_nameless(record, "masked"), reason="masked")
        return Person(
            key=key,
            phone=phone_of(root),
            opted_in=opted_in(root),
            fields=person_fields(root),
            modified_at=root["modified_date"].required_moment(),
        )
    except BadInput as problem:
        return Rejected(key=_key(root), reason="malformed", detail=str(problem))


def person_key(person: Node) -> str | None:
    """By ``user_id``, as Mobilize recommends (contract, *Person*); ``id`` is the older one."""
    return key_of(person["user_id"].number(), person["id"].number())


def key_of(user_id: int | None, old_id: int | None) -> str | None:
    """The same of the two numbers."""
    if user_id is not None:
        return f"user:{user_id}"
    return None if old_id is None else f"person:{old_id}"


def person_fields(person: Node) -> dict[str, Any]:
    """What the default mappings read."""
    return {
        "given_name": person["given_name"].text(),
        "family_name": person["family_name"].text(),
        "email": _primary(person["email_addresses"], "address"),
        "postal_code": _primary(person["postal_addresses"], "postal_code"),
    }


def phone_of(person: Node) -> str | None:
    """The one number there is, as it was typed."""
    return _primary(person["phone_numbers"], "number")


def opted_in(person: Node) -> bool | None:
    """What the person said about texts from this organization; being blocked by it is as strong as opting out."""
    return opted_in_by(person["sms_opt_in_status"].text(), person["blocked_date"].number())


def opted_in_by(said: str | None, blocked_at: int | None) -> bool | None:
    """The same of the two values."""
    if blocked_at is not None:
        return False
    match (said or "").upper():
        case "OPT_IN":
            return True
        case "OPT_OUT":
            return False
        case _:
            return None


def _key(root: Node) -> str:
    """The person's own key where it can be read, so that the record, once mended, is known to be the same."""
    try:
        key = person_key(root)
    except BadInput:
        key = None
    return key or _nameless(root.value, "malformed")


def _nameless(record: Any, reason: str) -> str:
    """A key made of what Mobilize never changes in a person."""
    person = record if isinstance(record, dict) else {}
    return stable_key(reason, [person.get(name) for name in ("user_id", "id", "created_date")])


def primary(entries: Iterable[tuple[bool | None, str | None]]) -> str | None:
    """The text of the entry that is marked primary, else of the first that has one."""
    first = None
    for is_primary, raw in entries:
        text = cleaned(raw)
        if text is not None:
            if is_primary:
                return text
            first = text if first is None else first
    return first


def _primary(entries: Node, name: str) -> str | None:
    """The member *name* of the primary one of *entries*. Every entry is looked at."""
    return primary([(entry["primary"].flag(), entry[name].text()) for entry in entries.elements()])
