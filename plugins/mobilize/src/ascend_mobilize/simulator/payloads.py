"""The objects of the API as JSON-shaped dicts, with the fields real answers hold (documented or not)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ascend_mobilize.simulator.table import Record, section

__all__ = [
    "UTM",
    "custom_value",
    "embedded_event",
    "event",
    "location",
    "masked",
    "organization",
    "person",
    "private_location",
    "public_event",
    "referrer",
    "timeslot",
]

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")

_KEPT_BEHIND_THE_FIREWALL = (
    "is_virtual",
    "approval_status",
    "timezone",
    "event_type",
    "created_by_volunteer_host",
    "visibility",
    "address_visibility",
)
_PRIVATE = "This event’s address is private. Sign up for more details"


def organization(organization_id: int, name: str, slug: str, at: int) -> Record:
    """An organization made at *at*."""
    return {
        "id": organization_id,
        "name": name,
        "slug": slug,
        "is_coordinated": False,
        "is_independent": True,
        "is_nonelectoral": True,
        "race_type": None,
        "is_primary_campaign": False,
        "state": "",
        "district": "",
        "candidate_name": "",
        "event_feed_url": f"https://www.example.org/{slug}/",
        "logo_url": "",
        "created_date": at,
        "modified_date": at,
        "org_type": "C4",
    }


def timeslot(timeslot_id: int, start: int, end: int) -> Record:
    """One shift; the most people it takes is never shown."""
    return {"id": timeslot_id, "start_date": start, "end_date": end, "is_full": False, "instructions": None}


def location(venue: str, street: str, locality: str, region: str, postal_code: str) -> Record:
    """A public place, not geocoded."""
    return {
        "venue": venue,
        "address_lines": [street, ""],
        "locality": locality,
        "region": region,
        "country": "US",
        "postal_code": postal_code,
        "location": {"latitude": None, "longitude": None},
        "congressional_district": None,
        "state_leg_district": None,
        "state_senate_district": None,
    }


def private_location(place: Mapping[str, Any]) -> Record:
    """*place* as strangers see it: town and zip, and no coordinates at all."""
    hidden = {name: value for name, value in place.items() if name != "location"}
    return {**hidden, "venue": _PRIVATE, "address_lines": [_PRIVATE, ""]}


def event(
    event_id: int, title: str, *, sponsor: Record, slots: Sequence[Record], timezone: str, url: str, at: int
) -> Record:
    """A public, approved event without a place, made at *at*."""
    return {
        "id": event_id,
        "title": title,
        "summary": "",
        "description": f"{title}\n\nBring a friend.",
        "featured_image_url": "",
        "high_priority": None,
        "sponsor": sponsor,
        "timeslots": list(slots),
        "location": None,
        "timezone": timezone,
        "event_type": "COMMUNITY",
        "browser_url": url,
        "created_date": at,
        "modified_date": at,
        "visibility": "PUBLIC",
        "address_visibility": "PUBLIC",
        "created_by_volunteer_host": False,
        "is_virtual": False,
        "virtual_action_url": None,
        "contact": {
            "name": "Robin Sample",
            "email_address": "organizer@example.org",
            "phone_number": "2125550100",
            "owner_user_id": 400_001,
        },
        "accessibility_status": "NOT_SURE",
        "accessibility_notes": None,
        "tags": [],
        "approval_status": "APPROVED",
        "event_campaign": None,
        "instructions": "Wear comfortable shoes.",
    }


def public_event(record: Record) -> Record:
    """*record* as somebody without the organization's key sees it."""
    hidden: Record = {name: None for name in ("contact", "event_campaign", "instructions") if name in record}
    if record.get("address_visibility") == "PRIVATE" and isinstance(record.get("location"), dict):
        hidden["location"] = private_location(section(record, "location"))
    return {**record, **hidden}


def embedded_event(record: Record) -> Record:
    """*record* as it appears inside an attendance."""
    return {**record, "timeslots": None, "tags": None}


def person(person_id: int, user_id: int, at: int) -> Record:
    """Somebody of whom nothing is known yet."""
    return {
        "id": person_id,
        "person_id": person_id,
        "user_id": user_id,
        "created_date": at,
        "modified_date": at,
        "given_name": "",
        "family_name": "",
        "email_addresses": [],
        "phone_numbers": [],
        "postal_addresses": [],
        "sms_opt_in_status": "UNSPECIFIED",
        "blocked_date": None,
    }


def referrer(given: Mapping[str, str | None]) -> Record:
    """Where a sign-up came from, character for character; what is unset or empty is null."""
    return {name: given.get(name) or None for name in (*UTM, "url")}


def custom_value(field_id: int, name: str, answer: str | bool) -> Record:
    """One answer to a custom sign-up question: text or a ticked box."""
    text, ticked = (None, answer) if isinstance(answer, bool) else (answer, None)
    return {"custom_field_id": field_id, "custom_field_name": name, "text_value": text, "boolean_value": ticked}


def masked(attendance: Record) -> Record:
    """*attendance* as the other side of the campaign-finance firewall sees it: nothing to know it by."""
    shown = section(attendance, "event")
    return {
        **attendance,
        "id": None,
        "event": {name: value if name in _KEPT_BEHIND_THE_FIREWALL else None for name, value in shown.items()},
        "timeslot": {**section(attendance, "timeslot"), "id": None},
        "sponsor": None,
        "status": None,
        "attended": None,
        "referrer": None,
        "custom_signup_field_values": [],
        "rating": None,
        "feedback": None,
    }
