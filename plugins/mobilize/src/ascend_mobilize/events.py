"""Reads one Mobilize event: what people sign up for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ascend_core.contracts import Form, Rejected
from ascend_core.errors import BadInput
from ascend_mobilize.reading import Node, stable_key, zone_name

__all__ = ["read_deletion", "read_event"]


def read_event(record: Any) -> Form | Rejected:
    """The form *record* (an event as decoded from JSON, or anything else) tells of.

    It starts with its first slot and ends with its last: the slot of one sign-up is on the submission.
    """
    root = Node(record)
    try:
        key = root["id"].number()
        if key is None:
            return Rejected(key=_nameless(record, "masked"), reason="masked")
        starts_at, ends_at = _span(root["timeslots"])
        return Form(
            key=str(key),
            name=_one_line(root["title"].text()) or f"Event {key}",
            url=_url(root["browser_url"].text()),
            starts_at=starts_at,
            ends_at=ends_at,
            timezone=zone_name(root["timezone"].text()),
            location=_location(root),
        )
    except BadInput as problem:
        return Rejected(key=_key(root), reason="malformed", detail=str(problem))


def read_deletion(record: Any) -> Form | Rejected:
    """The form that *record* (of the list of deleted events) says is gone. Mobilize gives no name: it is empty."""
    root = Node(record)
    try:
        key = root["id"].number()
    except BadInput as problem:
        return Rejected(key=_nameless(record, "malformed"), reason="malformed", detail=str(problem))
    if key is None:
        return Rejected(key=_nameless(record, "masked"), reason="masked")
    return Form(key=str(key), name="", deleted=True)


def _span(slots: Node) -> tuple[datetime | None, datetime | None]:
    times = [(slot["start_date"].moment(), slot["end_date"].moment()) for slot in slots.elements()]
    starts = [start for start, _ in times if start is not None]
    ends = [end for _, end in times if end is not None]
    return min(starts, default=None), max(ends, default=None)


def _url(url: str | None) -> str | None:
    """*url* for a browser. Organizations with a domain of their own have been seen without ``https://``."""
    if url is None or url.startswith(("https://", "http://")):
        return url
    return None if ":" in url else f"https://{url.lstrip('/')}"


def _location(root: Node) -> str:
    """Where to go, on one line. A private address stays private; an online event's address is its host's."""
    place = root["location"]
    hidden = root["address_visibility"].text() == "PRIVATE"
    lines = [place["venue"], *place["address_lines"].elements()]
    town = [place["locality"].text(), " ".join(filter(None, (place["region"].text(), place["postal_code"].text())))]
    street = [line.text() for line in lines]
    if root["is_virtual"].flag():
        return ""
    parts = [_one_line(part) for part in (town if hidden else [*street, *town])]
    return ", ".join(dict.fromkeys(part for part in parts if part))


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _key(root: Node) -> str:
    try:
        key = root["id"].number()
    except BadInput:
        key = None
    return str(key) if key is not None else _nameless(root.value, "malformed")


def _nameless(record: Any, reason: str) -> str:
    """A key made of the little that is left of a masked event: its type, zone and slots."""
    event = record if isinstance(record, dict) else {}
    slots = event.get("timeslots")
    times = [slot.get(name) for slot in _objects(slots) for name in ("start_date", "end_date")]
    return stable_key(reason, [event.get("event_type"), event.get("timezone"), event.get("deleted_date"), *times])


def _objects(value: Any) -> list[dict[str, Any]]:
    return [element for element in value if isinstance(element, dict)] if isinstance(value, list) else []
