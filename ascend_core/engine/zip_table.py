"""ZIP codes and area codes: which zone and which state they are in. Own tables, read once (about a second)."""

from __future__ import annotations

import re
import zoneinfo
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from sys import intern
from typing import Any, Final

from attrs import frozen

__all__ = ["Tables", "area_of", "tables", "zip_of", "zone_names"]

_ZIP: Final = re.compile(r"(?P<five>\d{4,5})(?:-?\d{4})?")
"""A US ZIP code or ZIP+4; four digits where a spreadsheet ate the leading zero."""
_ZIP_DIGITS: Final = 5
_NANP_PHONE: Final = re.compile(r"\+1(?P<area>\d{3})\d{7}")
_LEAST_SHARE: Final = 0.02
"""Of an area code's ZIPs: a zone or state with less is noise of the table (border ZIPs, typing errors)."""


@frozen
class Tables:
    """One question to the library costs a millisecond, one to these nothing."""

    zone_by_zip: Mapping[str, str]
    zones_by_area: Mapping[str, tuple[str, ...]]
    state_by_zip: Mapping[str, str]
    """Two letters; territories and the military have theirs."""
    states_by_area: Mapping[str, tuple[str, ...]]


@cache
def zone_names() -> frozenset[str]:
    """Every IANA name this machine knows."""
    return frozenset(zoneinfo.available_timezones())


@cache
def tables() -> Tables:
    """The tables."""
    zone_by_zip: dict[str, str] = {}
    state_by_zip: dict[str, str] = {}
    zones: dict[str, Counter[str]] = defaultdict(Counter)
    states: dict[str, Counter[str]] = defaultdict(Counter)
    known = zone_names()
    for row in _rows():
        state_by_zip[row["zip_code"]] = intern(row["state"])
        for area in row["area_codes"]:
            states[area][row["state"]] += 1
        zone = row["timezone"]
        if zone not in known:
            continue
        zone_by_zip[row["zip_code"]] = intern(zone)
        for area in row["area_codes"]:
            zones[area][zone] += 1
    return Tables(
        zone_by_zip,
        {area: _common(share) for area, share in zones.items()},
        state_by_zip,
        {area: _common(share) for area, share in states.items()},
    )


def _rows() -> Iterator[dict[str, Any]]:
    """Every row of the library. Asked for all at once, it would keep them for good: 90 MB in each process."""
    import zipcodes

    for first in "0123456789":
        yield from zipcodes.similar_to(first)  # type: ignore[no-untyped-call]  # -- its stub leaves the result open


def _common(share: Counter[str]) -> tuple[str, ...]:
    """What of *share* is no noise."""
    least = share.total() * _LEAST_SHARE
    return tuple(name for name, zips in share.items() if zips >= least)


def zip_of(text: str | None) -> str | None:
    """The five digits of a ZIP code as people and spreadsheets write it; None: it is none."""
    found = _ZIP.fullmatch((text or "").strip())
    return found["five"].zfill(_ZIP_DIGITS) if found is not None and text and text.isascii() else None


def area_of(phone: str) -> str | None:
    """The area code of a North American *phone* (E.164); None: it is none."""
    found = _NANP_PHONE.fullmatch(phone)
    return found["area"] if found else None
