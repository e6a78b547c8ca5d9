"""The gate of the law: whatever a flow's own quiet hours say, nobody is texted outside of the hours the law leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ascend_core.contracts import Allow, GateType, Hold, HoursRule, MemberView, PlannedMessage, Purpose, Verdict
from ascend_core.gates.quiet_hours import MARGIN, zones_meant

__all__ = ["LAWFUL_HOURS", "check_lawful_hours", "lawful_from", "lawful_until", "rules_for"]

_LOOK_AHEAD = timedelta(days=8)
"""A week has an hour for everybody, whichever rules hold; where it has none, it is decided again then."""

_NORTH_AMERICAN = "+1"


def lawful_from(rules: Sequence[HoursRule], zones: tuple[str, ...], now: datetime) -> datetime | None:
    """The first moment from *now* on at which every one of *rules* lets people be texted in every one of *zones*.

    None: that is *now*. *zones* as in ``quiet_until``: names that mean nothing are left out, and with none left it must
    be lawful all over the country. *now* is aware; the answer is aware, UTC, later than *now*. Rules that never let
    anybody be texted in all zones together give *now* plus eight days: decide again then.
    """
    moment = start = now.astimezone(UTC)
    everywhere = zones_meant(zones)
    while moment < start + _LOOK_AHEAD:
        against = next(
            ((rule, zone) for zone in everywhere for rule in rules if not _lets(rule, moment.astimezone(zone))), None
        )
        if against is None:
            return None if moment == start else moment
        openings = (each for each in _openings(*against, moment) if each > moment)
        moment = min(openings, default=start + _LOOK_AHEAD)
    return start + _LOOK_AHEAD


def lawful_until(rules: Sequence[HoursRule], zones: tuple[str, ...], now: datetime) -> datetime | None:
    """The first moment after *now* at which one of *rules* lets nobody be texted in one of *zones* any more.

    None: not within a day. Aware, UTC.
    """
    moment = now.astimezone(UTC)
    closings = (closing for zone in zones_meant(zones) for rule in rules for closing in _closings(rule, zone, moment))
    return min((each for each in closings if moment < each), default=None)


def _closings(rule: HoursRule, zone: ZoneInfo, moment: datetime) -> Iterator[datetime]:
    """The moments around *moment* from which on *rule* may let nobody in *zone* be texted: closings and midnights."""
    today = moment.astimezone(zone).date()
    for days in (0, 1):
        for hour in {rule.closes, rule.closes.min}:
            shown = datetime.combine(today + timedelta(days=days), hour, tzinfo=zone).astimezone(UTC)
            if not _lets(rule, shown.astimezone(zone)):
                yield shown


def _lets(rule: HoursRule, local: datetime) -> bool:
    return rule.lets(local.weekday(), local.time())


def _openings(rule: HoursRule, zone: ZoneInfo, moment: datetime) -> Iterator[datetime]:
    """The moments around *moment* at which *rule* may begin to let people in *zone* be texted: openings, midnights."""
    today = moment.astimezone(zone).date()
    for days in range(9):
        for hour in {rule.opens, rule.opens.min}:
            for fold in (0, 1):
                shown = datetime.combine(today + timedelta(days=days), hour, tzinfo=zone).replace(fold=fold)
                opening = shown.astimezone(UTC)
                if _lets(rule, opening.astimezone(zone)):
                    yield opening


def rules_for(message: PlannedMessage, member: MemberView) -> tuple[HoursRule, ...]:
    """What the law says of *message* to *member*; nothing outside of North America, whose laws are not in the data."""
    return message.hours.concerning(member.states) if member.phone.startswith(_NORTH_AMERICAN) else ()


def check_lawful_hours(message: PlannedMessage, member: MemberView, now: datetime, /) -> Verdict:
    """Hold what is neither an answer nor a confirmation until the law lets it go."""
    if message.purpose in {Purpose.REPLY, Purpose.CONFIRMATION}:
        return Allow()
    rules = rules_for(message, member)
    until = lawful_from(rules, member.zones, now) or lawful_from(rules, member.zones, now + MARGIN)
    return Allow() if until is None else Hold(until, "lawful_hours")


LAWFUL_HOURS = GateType(name="lawful_hours", gate=check_lawful_hours)
