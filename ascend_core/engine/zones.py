"""Which time zones a member may be in: by their own word, else by ZIP, else by every zone their phone hints at."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException

from ascend_core.engine.zip_table import area_of, tables, zip_of, zone_names

__all__ = ["candidate_zones", "warm_zones"]

_KEPT = 65_536
"""Results remembered: one per member of a large organisation's busiest list."""
_NANP = "+1"
_LINE_DIGITS = 4
"""Behind the area code and the exchange: whose line it is."""
_MOST_PREFIX_ZONES = 6
"""A North American prefix with more zones is known by its country alone, and says nothing (it gets all 42)."""
_UNKNOWN = "Etc/Unknown"


def candidate_zones(*, own: str | None, zip_code: str | None, phone: str) -> tuple[str, ...]:
    """IANA names of every zone the member may be in, sorted; empty: unknown. Total: never raises.

    *own* is the zone the member gave, *zip_code* as stored (it may be nonsense), *phone* E.164. The first that is
    known decides; a phone gives all the zones its prefix and its area code are used in.
    """
    if own is not None and own.strip() in zone_names():
        return (own.strip(),)
    return _zone_of_zip(zip_code) or _zones_of_phone(phone)


def warm_zones() -> None:
    """Read the tables now (about a second), so that the first member does not wait for it."""
    zone_names()
    tables()


@lru_cache(maxsize=_KEPT)
def _zone_of_zip(zip_code: str | None) -> tuple[str, ...]:
    zone = tables().zone_by_zip.get(zip_of(zip_code) or "")
    return () if zone is None else (zone,)


@lru_cache(maxsize=_KEPT)
def _zones_of_phone(phone: str) -> tuple[str, ...]:
    zones = set(_zones_of_prefix(phone))
    zones.update(tables().zones_by_area.get(area_of(phone) or "", ()))
    return tuple(sorted(zones))


def _zones_of_prefix(phone: str) -> tuple[str, ...]:
    from phonenumbers import timezone

    try:
        zones = timezone.time_zones_for_number(phonenumbers.parse(phone, None))
    except (NumberParseException, ValueError):
        return ()
    if phone.startswith(_NANP) and len(zones) > _MOST_PREFIX_ZONES:
        return ()
    return tuple(zone for zone in zones if zone != _UNKNOWN and zone in zone_names())
