"""The words Mobilize uses."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["APPROVALS", "ENUMS", "EVENT_TYPES", "VISIBILITIES"]

EVENT_TYPES = (
    "CANVASS",
    "PHONE_BANK",
    "TEXT_BANK",
    "MEETING",
    "COMMUNITY",
    "FUNDRAISER",
    "MEET_GREET",
    "HOUSE_PARTY",
    "VOTER_REG",
    "TRAINING",
    "FRIEND_TO_FRIEND_OUTREACH",
    "DEBATE_WATCH_PARTY",
    "ADVOCACY_CALL",
    "RALLY",
    "TOWN_HALL",
    "OFFICE_OPENING",
    "BARNSTORM",
    "SOLIDARITY_EVENT",
    "COMMUNITY_CANVASS",
    "SIGNATURE_GATHERING",
    "CARPOOL",
    "WORKSHOP",
    "PETITION",
    "AUTOMATED_PHONE_BANK",
    "LETTER_WRITING",
    "LITERATURE_DROP_OFF",
    "VISIBILITY_EVENT",
    "OTHER",
    "PLEDGE",
    "INTEREST_FORM",
    "DONATION_CAMPAIGN",
    "SOCIAL_MEDIA_CAMPAIGN",
    "POSTCARD_WRITING",
    "GROUP",
    "VOLUNTEER_SHIFT",
    "ADVOCACY",
    "RELATIONAL",
    "DATA_ENTRY",
    "POLL_MONITORING",
    "HOTLINE",
    "VOTER_PROTECTION",
)
"""Those the documents of the API name, and those real answers held beyond them."""

VISIBILITIES = ("PUBLIC", "PRIVATE")
APPROVALS = ("APPROVED", "NEEDS_APPROVAL", "REJECTED", "NEEDS_HOST_VERIFICATION")

ENUMS: Mapping[str, list[str]] = {
    "event_type": list(EVENT_TYPES),
    "visibility": list(VISIBILITIES),
    "accessibility_status": ["ACCESSIBLE", "NOT_ACCESSIBLE", "NOT_SURE"],
    "approval_status": list(APPROVALS),
    "timezone": [
        "America/New_York",
        "Pacific/Honolulu",
        "America/Los_Angeles",
        "America/Denver",
        "America/Phoenix",
        "America/Chicago",
    ],
    "sms_opt_in": ["UNSPECIFIED", "OPT_IN"],
    "transactional_sms_opt_in": ["UNSPECIFIED", "OPT_IN"],
}
"""What ``GET /enums`` says."""
