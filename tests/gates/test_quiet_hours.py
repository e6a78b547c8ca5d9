"""Nobody is texted at night, and nobody waits longer than the night."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ascend_core.contracts import Allow, Deny, Hold, MemberView, PlannedMessage, Purpose, QuietHours
from ascend_core.gates.quiet_hours import UNKNOWN_ZONES, check_quiet_hours, quiet_until

NIGHT = QuietHours(start=time(20), end=time(9))
NEW_YORK = ("America/New_York",)

ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"}))
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 -- bounds
CLOCKS = st.times().map(lambda shown: shown.replace(second=0, microsecond=0))


def is_quiet(quiet: QuietHours, moment: datetime, zone: str) -> bool:
    """The definition, in minutes of the day."""
    local = moment.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    start, end = (clock.hour * 60 + clock.minute for clock in (quiet.start, quiet.end))
    return (minute - start) % 1440 < (end - start) % 1440


@given(quiet=st.builds(QuietHours, start=CLOCKS, end=CLOCKS), zone=ZONES, now=MOMENTS)
def test_the_answer_is_the_first_moment_at_which_it_is_not_quiet(quiet: QuietHours, zone: str, now: datetime) -> None:
    """In any zone, at any moment: never a text in the night, never a needless hour of waiting."""
    until = quiet_until(quiet, (zone,), now)

    if until is None:
        assert not is_quiet(quiet, now, zone)
        return
    assert is_quiet(quiet, now, zone)
    assert until > now
    assert not is_quiet(quiet, until, zone)
    shift = until.astimezone(ZoneInfo(zone)).utcoffset() - now.astimezone(ZoneInfo(zone)).utcoffset()  # type: ignore[operator]  # -- aware times have one
    last = until - max(shift, timedelta(0)) - timedelta(minutes=1)  # a clock change may take its hour from us
    step = (last - now) / 20
    assert all(is_quiet(quiet, now + step * part, zone) for part in range(21) if now + step * part < last)


@given(zones=st.lists(ZONES, min_size=2, max_size=4, unique=True), now=MOMENTS)
def test_with_several_zones_it_is_day_in_all_of_them(zones: list[str], now: datetime) -> None:
    """Somebody who may be in several places is texted when none of them sleeps; else it is decided again."""
    until = quiet_until(NIGHT, tuple(zones), now)

    if until is None:
        assert not any(is_quiet(NIGHT, now, zone) for zone in zones)
    else:
        assert any(is_quiet(NIGHT, now, zone) for zone in zones)
        never_together = until == now + timedelta(days=3)
        assert never_together or not any(is_quiet(NIGHT, until, zone) for zone in zones)


@given(now=MOMENTS)
def test_nobody_is_texted_at_night_when_no_zone_is_known(now: datetime) -> None:
    """Without a zone, it must be day from New York to Honolulu; names that mean nothing are no zone."""
    for zones in ((), ("Mars/Olympus", "../etc/passwd", "")):
        until = quiet_until(NIGHT, zones, now) or now
        assert not any(is_quiet(NIGHT, until, zone) for zone in UNKNOWN_ZONES)
        assert until - now < timedelta(days=1)


@given(clock=CLOCKS, now=MOMENTS, zone=ZONES)
def test_equal_ends_mean_no_quiet_hours(clock: time, now: datetime, zone: str) -> None:
    """``{from: "00:00", to: "00:00"}`` switches them off."""
    assert quiet_until(QuietHours(start=clock, end=clock), (zone,), now) is None


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        (NIGHT, "2026-11-05T20:00-05:00", "2026-11-06T09:00-05:00"),
        (NIGHT, "2026-11-06T08:59-05:00", "2026-11-06T09:00-05:00"),
        (NIGHT, "2026-11-06T09:00-05:00", None),
        (NIGHT, "2026-11-06T19:59-05:00", None),
        (QuietHours(start=time(12), end=time(13)), "2026-11-06T12:30-05:00", "2026-11-06T13:00-05:00"),
        (NIGHT, "2026-10-31T22:00-04:00", "2026-11-01T09:00-05:00"),
        # 02:30 does not exist on 8 March: the clocks go from 2 to 3, and then it is later than that
        (QuietHours(start=time(20), end=time(2, 30)), "2026-03-08T01:00-05:00", "2026-03-08T03:00-04:00"),
        # 01:30 comes twice on 1 November
        (QuietHours(start=time(20), end=time(1, 30)), "2026-11-01T01:10-04:00", "2026-11-01T01:30-04:00"),
        (QuietHours(start=time(20), end=time(1, 30)), "2026-11-01T01:10-05:00", "2026-11-01T01:30-05:00"),
        # the only open hour of the day is the one that does not exist
        (QuietHours(start=time(3), end=time(2)), "2026-03-08T01:00-05:00", "2026-03-09T02:00-04:00"),
    ],
)
def test_the_hours_are_those_of_the_clock_on_the_wall(quiet: QuietHours, now: str, until: str | None) -> None:
    """Across midnight, and when the clocks change."""
    expected = datetime.fromisoformat(until) if until is not None else None

    assert quiet_until(quiet, NEW_YORK, datetime.fromisoformat(now)) == expected


def test_hours_with_a_zone_of_their_own_ignore_the_members() -> None:
    """``zone: America/New_York`` holds for everybody."""
    quiet = QuietHours(start=time(20), end=time(9), zone="America/New_York")
    evening = datetime(2026, 11, 6, 2, tzinfo=UTC)

    assert quiet_until(quiet, ("Pacific/Honolulu",), evening) == datetime(2026, 11, 6, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("purpose", "then", "verdict"),
    [
        (Purpose.FLOW, "hold", Hold(datetime(2026, 11, 6, 14, tzinfo=UTC), "quiet_hours")),
        (Purpose.BULK, "drop", Deny("quiet_hours")),
        (Purpose.REPLY, "hold", Allow()),
        (Purpose.CONFIRMATION, "drop", Allow()),
    ],
)
def test_answers_are_sent_at_any_hour(purpose: Purpose, then: str, verdict: object) -> None:
    """Who writes at night gets an answer; everything else waits or is dropped, as the author said."""
    quiet = QuietHours(start=time(20), end=time(9), then=then)  # type: ignore[arg-type]  # -- one of the two words
    now = datetime(2026, 11, 6, 2, tzinfo=UTC)
    message = PlannedMessage(id=1, purpose=purpose, created_at=now, quiet_hours=quiet)
    member = MemberView(id=1, phone="+12025550101", zones=NEW_YORK)

    assert check_quiet_hours(message, member, now) == verdict


@given(now=MOMENTS, zone=ZONES)
def test_without_quiet_hours_nothing_is_held(now: datetime, zone: str) -> None:
    """Quiet hours are the only reason this gate has."""
    assume(zone)
    message = PlannedMessage(id=1, purpose=Purpose.FLOW, created_at=now)

    assert check_quiet_hours(message, MemberView(id=1, phone="+12025550101", zones=(zone,)), now) == Allow()


BRIEF = st.builds(
    lambda start, minutes, then: QuietHours(
        start=start, end=(datetime.combine(NOON, start) + timedelta(minutes=minutes)).time(), then=then
    ),
    CLOCKS,
    st.one_of(st.integers(1, 30), st.integers(0, 1439), st.integers(1410, 1439)),
    st.just("hold"),
)
"""Quiet hours of any length: often shorter than the margin, or leaving less than the margin open."""
NOON = datetime(2026, 6, 3).date()  # noqa: DTZ001 -- a date
CHANGES = [
    "2026-03-08T06:50+00:00",  # New York, before 2 becomes 3
    "2026-11-01T05:50+00:00",  # New York, before 2 becomes 1
    "2026-10-03T15:20+00:00",  # Lord Howe, before half an hour is gone
    "2011-12-30T09:55+00:00",  # Apia, before a day is gone
]
NEAR_CHANGES = st.sampled_from([datetime.fromisoformat(moment) for moment in CHANGES]).flatmap(
    lambda moment: st.integers(-90, 90).map(lambda minutes: moment + timedelta(minutes=minutes))
)


def asked(quiet: QuietHours, zones: tuple[str, ...], now: datetime) -> Allow | Hold | Deny:
    """What the gate says."""
    message = PlannedMessage(id=1, purpose=Purpose.FLOW, created_at=now, quiet_hours=quiet)
    return check_quiet_hours(message, MemberView(id=1, phone="+12025550101", zones=zones), now)


def margin_of(quiet: QuietHours) -> int:
    """The minutes before quiet hours in which nothing leaves any more: ten, or half of what is open."""
    start, end = (clock.hour * 60 + clock.minute for clock in (quiet.start, quiet.end))
    return min(10, (1440 - (end - start) % 1440) // 2)


@settings(max_examples=400)
@example(  # they end at an hour that clocks skip
    quiet=QuietHours(start=time(17, 45), end=time(2, 1)),
    zone="America/Denver",
    now=datetime(2026, 3, 8, 8, 57, tzinfo=UTC),
)
@given(quiet=BRIEF, zone=ZONES, now=st.one_of(MOMENTS, NEAR_CHANGES))
@example(
    quiet=QuietHours(start=time(12), end=time(12, 5)), zone=NEW_YORK[0], now=datetime(2026, 6, 3, 15, 58, tzinfo=UTC)
)
@example(
    quiet=QuietHours(start=time(2, 55), end=time(3, 5)), zone=NEW_YORK[0], now=datetime(2026, 3, 8, 6, 57, tzinfo=UTC)
)
@example(
    quiet=QuietHours(start=time(1), end=time(1, 4)), zone=NEW_YORK[0], now=datetime(2026, 11, 1, 5, 55, tzinfo=UTC)
)
@example(quiet=QuietHours(start=time(9, 6), end=time(9)), zone=NEW_YORK[0], now=datetime(2026, 6, 3, 13, 0, tzinfo=UTC))
def test_what_leaves_is_never_quiet_and_what_waits_waits_no_longer_than_it_must(
    quiet: QuietHours, zone: str, now: datetime
) -> None:
    """In every zone, at every clock change, however short the quiet hours are or what they leave open."""
    verdict = asked(quiet, (zone,), now)
    minutes = [now + timedelta(minutes=minute) for minute in range(margin_of(quiet) + 1)]
    asleep = [moment for moment in minutes if is_quiet(quiet, moment, zone)]

    if isinstance(verdict, Allow):
        assert asleep == []
        return
    assert isinstance(verdict, Hold)
    assert asleep != []
    assert verdict.until > now
    assert not is_quiet(quiet, verdict.until, zone)
    between = int((verdict.until - asleep[0]).total_seconds() // 60)
    assert all(is_quiet(quiet, asleep[0] + timedelta(minutes=minute), zone) for minute in range(0, between, 7))


@given(zones=st.lists(ZONES, min_size=1, max_size=4, unique=True), now=st.one_of(MOMENTS, NEAR_CHANGES))
def test_when_unsure_what_leaves_is_quiet_nowhere(zones: list[str], now: datetime) -> None:
    """Whichever of the candidate zones is the right one."""
    if isinstance(asked(NIGHT, tuple(zones), now), Allow):
        assert not any(is_quiet(NIGHT, now + timedelta(minutes=m), zone) for zone in zones for m in range(11))


@given(quiet=BRIEF, zone=ZONES, now=MOMENTS)
def test_whatever_is_open_is_used(quiet: QuietHours, zone: str, now: datetime) -> None:
    """Deciding again whenever it says so, a text leaves within a few days, unless nothing is ever open."""
    assume(margin_of(quiet) > 0)
    for _ in range(8):
        verdict = asked(quiet, (zone,), now)
        if isinstance(verdict, Allow):
            return
        assert isinstance(verdict, Hold)
        now = verdict.until
    raise AssertionError(f"still held at {now}")
