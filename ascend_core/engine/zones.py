"""Which time zones a member may be in: by their own word, else by ZIP, else by every zone their phone hints at."""

from __future__ import annotations

import re
import zoneinfo
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache

import phonenumbers
from attrs import frozen
from phonenumbers import NumberParseException

__all__ = ["candidate_zones", "warm_zones"]

_KEPT = 65_536
"""Results remembered: one per member of a large organisation's busiest list."""
_ZIP = re.compile(r"(?P<five>\d{4,5})(?:-?\d{4})?")
"""A US ZIP code or ZIP+4; four digits where a spreadsheet ate the leading zero."""
_ZIP_DIGITS = 5
_LEAST_SHARE = 0.02
"""Of an area code's ZIPs: a zone with less is noise of the table (border ZIPs, typing errors)."""
_NANP = "+1"
_NANP_PHONE = re.compile(r"\+1(?P<area>\d{3})\d{7}")
_MOST_PREFIX_ZONES = 6
"""A North American prefix with more zones is known by its country alone, and says nothing (it gets all 42)."""
_UNKNOWN = "Etc/Unknown"


def candidate_zones(*, own: str | None, zip_code: str | None, phone: str) -> tuple[str, ...]:
    """IANA names of every zone the member may be in, sorted; empty: unknown. Total: never raises.

    *own* is the zone the member gave, *zip_code* as stored (it may be nonsense), *phone* E.164. The first that is
    known decides; a phone gives all the zones its prefix and its area code are used in.
    """
    if own is not None and own.strip() in _names():
        return (own.strip(),)
    return _zone_of_zip(zip_code) or _zones_of_phone(phone)


def warm_zones() -> None:
    """Read the tables now (about a second), so that the first member does not wait for it."""
    _names()
    _tables()


@frozen
class _Tables:
    by_zip: Mapping[str, str]
    by_area: Mapping[str, tuple[str, ...]]


@cache
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


@cache
def _tables() -> _Tables:
    """Zones by ZIP and by area code. Own tables, because one question to the library costs a millisecond."""
    import zipcodes

    by_zip: dict[str, str] = {}
    shares: dict[str, Counter[str]] = defaultdict(Counter)
    known = _names()
    for row in zipcodes.list_all():  # type: ignore[no-untyped-call]  # -- its stub leaves the result open
        zone = row["timezone"]
        if zone not in known:
            continue
        by_zip[row["zip_code"]] = zone
        for area in row["area_codes"]:
            shares[area][zone] += 1
    return _Tables(by_zip, {area: _common(share) for area, share in shares.items()})


def _common(share: Counter[str]) -> tuple[str, ...]:
    """The zones of *share* that are no noise."""
    least = share.total() * _LEAST_SHARE
    return tuple(zone for zone, zips in share.items() if zips >= least)


@lru_cache(maxsize=_KEPT)
def _zone_of_zip(zip_code: str | None) -> tuple[str, ...]:
    found = _ZIP.fullmatch((zip_code or "").strip())
    if found is None or not zip_code or not zip_code.isascii():
        return ()
    zone = _tables().by_zip.get(found["five"].zfill(_ZIP_DIGITS))
    return () if zone is None else (zone,)


@lru_cache(maxsize=_KEPT)
def _zones_of_phone(phone: str) -> tuple[str, ...]:
    zones = set(_zones_of_prefix(phone))
    if found := _NANP_PHONE.fullmatch(phone):
        zones.update(_tables().by_area.get(found["area"], ()))
    return tuple(sorted(zones))


def _zones_of_prefix(phone: str) -> tuple[str, ...]:
    from phonenumbers import timezone

    try:
        zones = timezone.time_zones_for_number(phonenumbers.parse(phone, None))
    except (NumberParseException, ValueError):
        return ()
    if phone.startswith(_NANP) and len(zones) > _MOST_PREFIX_ZONES:
        return ()
    return tuple(zone for zone in zones if zone != _UNKNOWN and zone in _names())
