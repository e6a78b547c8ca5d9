"""Invented events for a simulator that was given none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ascend_mobilize.simulator import payloads
from ascend_mobilize.simulator.history import History

__all__ = ["add_invented_events"]

_TITLES = (
    ("Park Cleanup Day", "COMMUNITY"),
    ("Letter Writing Evening", "LETTER_WRITING"),
    ("Neighborhood Welcome Walk", "COMMUNITY_CANVASS"),
    ("New Volunteer Training", "TRAINING"),
    ("Phone Bank for the Library", "PHONE_BANK"),
    ("Town Hall on Bus Lines", "TOWN_HALL"),
    ("Community Garden Planting", "SOLIDARITY_EVENT"),
)
_ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles")
_DAYS_APART = 3
_STARTS_HOUR = 18
_LASTS = timedelta(hours=2)
_PRIVATE_EVERY = 3
_SEATS_OF_LAST = 2


def add_invented_events(history: History, count: int, *, seed: int, url_base: str) -> None:
    """Publish *count* upcoming events with two evenings each; every third hides its address, the last is small."""
    now = datetime.fromtimestamp(history.now(), UTC)
    for number in range(count):
        title, event_type = _TITLES[(seed + number) % len(_TITLES)]
        zone = _ZONES[number % len(_ZONES)]
        first = _evening(now, ZoneInfo(zone), days=2 + number * _DAYS_APART)
        private = number % _PRIVATE_EVERY == _PRIVATE_EVERY - 1
        event_id = history.perform(
            "add_event",
            {
                "title": title if number < len(_TITLES) else f"{title} {number // len(_TITLES) + 1}",
                "slots": [_slot(first), _slot(first + timedelta(days=1))],
                "timezone": zone,
                "url_base": url_base,
                "event_type": event_type,
                "address_visibility": "PRIVATE" if private else "PUBLIC",
                "location": payloads.location(
                    "Community House", f"{12 + number} Elm Street", "Northfield", "NY", "10001"
                ),
            },
        )
        if number == count - 1:
            history.perform("limit_slots", {"event_id": event_id, "capacity": _SEATS_OF_LAST})


def _evening(now: datetime, zone: ZoneInfo, *, days: int) -> datetime:
    day = now.astimezone(zone) + timedelta(days=days)
    return day.replace(hour=_STARTS_HOUR, minute=0, second=0, microsecond=0)


def _slot(start: datetime) -> list[int]:
    return [int(start.timestamp()), int((start.astimezone(UTC) + _LASTS).timestamp())]
