"""The quiet-hours gate: nobody is texted at night, wherever they may be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ascend_core.contracts import (
    Allow,
    Deny,
    GateType,
    Hold,
    MemberView,
    PlannedMessage,
    Purpose,
    QuietHours,
    Verdict,
)

__all__ = [
    "MARGIN",
    "QUIET_HOURS",
    "UNKNOWN_ZONES",
    "check_quiet_hours",
    "quiet_from",
    "quiet_until",
    "zones_meant",
]

UNKNOWN_ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
)
"""Where somebody of whom no zone is known may be: texted only when it is day in all of these (row J3)."""

MARGIN = timedelta(minutes=10)
"""Nothing is handed over so shortly before quiet hours begin: it might wait in a queue and arrive within them."""

_BRIEF = timedelta(hours=3)
"""Shorter quiet hours may lie between now and the end of the margin: a clock change takes up to two hours of them."""

_DAY = timedelta(days=1)

_LOOK_AHEAD = timedelta(days=3)
"""A clock change can swallow one day's open hours (a calendar one day's date, as in Samoa 2011); not two in a row."""


def quiet_until(quiet: QuietHours, zones: tuple[str, ...], now: datetime) -> datetime | None:
    """When the quiet hours that reign at *now* are over in every one of *zones*; None: it is not quiet.

    *zones* are where the member may be (IANA names); they count when ``quiet.zone`` is ``member``. Names that mean
    nothing are left out; with none left, the ``UNKNOWN_ZONES`` count. *now* is aware; the answer is aware, UTC, later
    than *now* and outside the quiet hours of all zones. Hours so long that all zones are never outside together give
    *now* plus three days: decide again then.
    """
    places = zones_meant(zones if quiet.zone == "member" else (quiet.zone,))
    moment = now.astimezone(UTC)
    if not any(_is_quiet(quiet, moment, zone) for zone in places):
        return None
    last = moment + _LOOK_AHEAD
    while moment < last:
        asleep = next((zone for zone in places if _is_quiet(quiet, moment, zone)), None)
        if asleep is None:
            return moment
        moment = min(end for end in _shown(quiet.end, moment, asleep) if end > moment)
    return last


def quiet_from(quiet: QuietHours, zones: tuple[str, ...], now: datetime) -> datetime | None:
    """When the quiet hours begin next in the first of *zones*, seen from *now* (aware), at which none is quiet.

    None: they never do. Later than *now*, aware, UTC.
    """
    if quiet.start == quiet.end:
        return None
    moment = now.astimezone(UTC)
    places = zones_meant(zones if quiet.zone == "member" else (quiet.zone,))
    starts = (start for zone in places for start in _shown(quiet.start, moment, zone) if start > moment)
    return min(starts, default=None)


def _is_quiet(quiet: QuietHours, moment: datetime, zone: ZoneInfo) -> bool:
    local = moment.astimezone(zone).time()
    if quiet.start <= quiet.end:
        return quiet.start <= local < quiet.end
    return local >= quiet.start or local < quiet.end


def _shown(hour: time, moment: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The moments around *moment* at which clocks in *zone* show *hour*: both, where the hour comes twice; and where
    clocks skip it, the moment at which they do."""
    today = moment.astimezone(zone).date()
    for days in (0, 1, 2):
        shown = datetime.combine(today + timedelta(days=days), hour, tzinfo=zone)
        first, second = (shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        yield from (first, second)
        if second < first:
            yield _changed_between(second, first, zone)


def _changed_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment, to the second, from which clocks in *zone* go as they do at *after*, and no longer as at *before*."""
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


@lru_cache(maxsize=4096)
def zones_meant(names: tuple[str, ...]) -> tuple[ZoneInfo, ...]:
    """The zones *names* mean; with none that means anything, the ``UNKNOWN_ZONES``."""
    known = tuple(zone for zone in map(_zone, names) if zone is not None)
    return known or tuple(map(ZoneInfo, UNKNOWN_ZONES))


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # no such file, no proper name, no such zone
        return None


def _until(quiet: QuietHours, zones: tuple[str, ...], now: datetime) -> datetime | None:
    """When quiet hours are over that reign at *now* or begin within the margin; None: neither."""
    looks = (quiet_until(quiet, zones, moment) for moment in _looked_at(quiet, now))
    return next((until for until in looks if until is not None), None)


def _looked_at(quiet: QuietHours, now: datetime) -> Iterator[datetime]:
    """*now*, the end of the margin, and where quiet hours could hide between the two, every minute.

    Where less than twice the margin of a day is open, half of that is the margin: it must not close what is open.
    """
    yield now
    minutes = int((_DAY - _length(quiet)).total_seconds() // 120)
    margin = min(MARGIN, timedelta(minutes=minutes))
    if _length(quiet) < _BRIEF:
        for minute in range(1, int(margin.total_seconds() // 60)):
            yield now + timedelta(minutes=minute)
    yield now + margin


def _length(quiet: QuietHours) -> timedelta:
    """How much of an ordinary day is quiet."""
    start, end = (timedelta(hours=clock.hour, minutes=clock.minute) for clock in (quiet.start, quiet.end))
    return (end - start) % _DAY


def check_quiet_hours(message: PlannedMessage, member: MemberView, now: datetime, /) -> Verdict:
    """Hold or drop, as the quiet hours say, what is neither an answer nor a confirmation."""
    quiet = message.quiet_hours
    if quiet is None or message.purpose in {Purpose.REPLY, Purpose.CONFIRMATION}:
        return Allow()
    until = _until(quiet, member.zones, now)
    if until is None:
        return Allow()
    return Deny("quiet_hours") if quiet.then == "drop" else Hold(until, "quiet_hours")


QUIET_HOURS = GateType(name="quiet_hours", gate=check_quiet_hours)
