"""The hours the law leaves, whatever a flow says."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_core.contracts import Allow, Hold, HoursByLaw, MemberView, PlannedMessage, Purpose
from ascend_core.engine.states import candidate_states
from ascend_core.engine.zones import candidate_zones
from ascend_core.errors import BadInput
from ascend_core.gates.lawful_hours import check_lawful_hours, lawful_from, lawful_until
from ascend_core.gates.quiet_hours import UNKNOWN_ZONES, zones_meant
from ascend_core.laws import PRESETS, hours_in, load_hours

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
FLORIDA, TEXAS, RHODE_ISLAND, MISSISSIPPI = "32801", "75201", "02903", "39201"
NUMBERS = ["+12125550123", "+18505550123", "+19155550123", "+14025550123", "+18085550123", "+17875550123"]


def member(zip_code: str | None = None, phone: str = "+12125550123") -> MemberView:
    zones = candidate_zones(own=None, zip_code=zip_code, phone=phone)
    return MemberView(id=1, phone=phone, zones=zones, states=candidate_states(zip_code, phone))


def local(day: int, hour: str, zone: str = "America/New_York") -> datetime:
    """A day in the week of May 4, 2026 (0: Monday)."""
    return datetime.combine(MONDAY.date() + timedelta(days=day), time.fromisoformat(hour), tzinfo=ZoneInfo(zone))


def verdict(person: MemberView, now: datetime, preset: str = "states", purpose: Purpose = Purpose.FLOW) -> object:
    text = PlannedMessage(id=1, purpose=purpose, created_at=now, hours=load_hours(preset))
    return check_lawful_hours(text, person, now)


@pytest.mark.parametrize(
    ("preset", "zip_code", "day", "hour", "until"),
    [
        ("federal", FLORIDA, 0, "07:59", (0, "08:00")),
        ("federal", FLORIDA, 0, "08:00", None),
        ("federal", FLORIDA, 0, "20:49", None),
        ("federal", FLORIDA, 0, "20:51", (1, "08:00")),
        ("federal", FLORIDA, 0, "21:00", (1, "08:00")),
        ("states", FLORIDA, 0, "20:00", (1, "08:00")),
        ("states", FLORIDA, 6, "08:00", None),
        ("states", RHODE_ISLAND, 4, "18:00", (5, "10:00")),
        ("states", RHODE_ISLAND, 6, "17:30", (7, "09:00")),
        ("strict", FLORIDA, 6, "11:00", (6, "12:00")),
        ("strict", FLORIDA, 0, "08:30", (0, "09:00")),
        ("off", FLORIDA, 0, "03:00", None),
    ],
)
def test_a_text_waits_for_the_hours_of_its_place(
    preset: str, zip_code: str, day: int, hour: str, until: tuple[int, str] | None
) -> None:
    """Of the federal rule, the state's own, or a window that fits nearly all."""
    found = verdict(member(zip_code), local(day, hour), preset)

    assert found == (Allow() if until is None else Hold(local(*until).astimezone(UTC), "lawful_hours"))


@pytest.mark.parametrize(
    ("zip_code", "day", "hour", "until"),
    [(TEXAS, 6, "11:59", (6, "12:00")), (TEXAS, 5, "08:30", (5, "09:00")), (MISSISSIPPI, 6, "12:00", (7, "08:00"))],
)
def test_days_of_the_week_differ(zip_code: str, day: int, hour: str, until: tuple[int, str]) -> None:
    """Sundays begin at noon in one state and not at all in another."""
    zone = "America/Chicago"

    opens = local(*until, zone).astimezone(UTC)
    assert verdict(member(zip_code), local(day, hour, zone)) == Hold(opens, "lawful_hours")


def test_a_phone_alone_must_be_lawful_wherever_its_area_code_is_used() -> None:
    """850 is Florida (and a little of its neighbours), in two zones: 19:30 in Pensacola is 20:30 in Tallahassee."""
    person = member(phone="+18505550123")

    assert "FL" in person.states
    assert person.zones == ("America/Chicago", "America/New_York")
    assert isinstance(verdict(person, local(0, "19:30", "America/Chicago")), Hold)
    assert verdict(person, local(0, "18:45", "America/Chicago")) == Allow()


def test_the_zip_code_counts_for_more_than_the_phone() -> None:
    """People keep their number when they move."""
    assert candidate_states(TEXAS, "+18505550123") == ("TX",)
    assert "FL" in candidate_states("nonsense", "+18505550123")
    assert candidate_states("6510", "+18505550123") == ("CT",)
    assert candidate_states(None, "+15005550006") == ()


def test_somebody_of_whom_nothing_is_known_gets_the_hours_of_everywhere() -> None:
    """Sunday is out in some state, and it is day from Maine to Hawaii for a few hours only."""
    nobody = MemberView(id=1, phone="+15005550006")

    assert isinstance(verdict(nobody, local(6, "15:00")), Hold)
    assert isinstance(verdict(nobody, local(1, "13:00")), Hold)
    assert verdict(nobody, local(1, "16:30"), "federal") == Allow()


@pytest.mark.parametrize("purpose", [Purpose.REPLY, Purpose.CONFIRMATION])
def test_an_answer_does_not_wait(purpose: Purpose) -> None:
    """Whoever writes at night is awake."""
    assert verdict(member(FLORIDA), local(0, "03:00"), "strict", purpose) == Allow()


def test_other_countries_have_laws_that_we_do_not_know() -> None:
    """Their quiet hours are the flow's."""
    assert verdict(MemberView(id=1, phone="+442079460123", zones=("Europe/London",)), MONDAY, "strict") == Allow()


@given(
    moment=st.integers(0, 365 * 24 * 60).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes)),
    phone=st.sampled_from(NUMBERS),
    zip_code=st.sampled_from([None, FLORIDA, TEXAS, RHODE_ISLAND, MISSISSIPPI, "99546", "96801", "00901", "86515"]),
    preset=st.sampled_from(["federal", "states", "strict"]),
)
def test_what_is_let_go_is_lawful_everywhere_it_may_arrive(
    moment: datetime, phone: str, zip_code: str | None, preset: str
) -> None:
    """At the moment itself, or at the one it is held until; and never later than it must be, to the minute."""
    person = member(zip_code, phone)
    rules = load_hours(preset).concerning(person.states)
    until = lawful_from(rules, person.zones, moment)

    def lawful(at: datetime) -> bool:
        shown = [at.astimezone(zone) for zone in zones_meant(person.zones)]
        return all(rule.lets(each.weekday(), each.time()) for rule in rules for each in shown)

    assert lawful(moment) is (until is None)
    if until is not None:
        assert until > moment
        assert lawful(until)
        assert not lawful(until - timedelta(minutes=1)) or until - timedelta(minutes=1) < moment


@given(
    moment=st.integers(0, 365 * 24 * 60).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes)),
    phone=st.sampled_from(NUMBERS),
    preset=st.sampled_from(["federal", "states", "strict"]),
)
def test_a_text_stops_being_valid_when_the_hours_end(moment: datetime, phone: str, preset: str) -> None:
    """It may wait in the provider's queue: from a lawful moment until then all is lawful, and then it is not."""
    person = member(phone=phone)
    rules = load_hours(preset).concerning(person.states)
    if lawful_from(rules, person.zones, moment) is not None:
        return
    until = lawful_until(rules, person.zones, moment)

    assert until is not None
    assert moment < until <= moment + timedelta(hours=14)
    assert lawful_from(rules, person.zones, until) is not None
    steps = range(0, int((until - moment).total_seconds()), 600)
    assert all(lawful_from(rules, person.zones, moment + timedelta(seconds=each)) is None for each in steps)


def test_hours_that_never_come_are_decided_again() -> None:
    """A file that closes every day stops texts; it does not stop the program."""
    closed = hours_in("as_of: 2026-01-01\nfederal: [{in: US, days: mon-sun, hours: closed, source: ours}]", "federal")

    assert lawful_from(closed.rules, UNKNOWN_ZONES, MONDAY) == MONDAY + timedelta(days=8)


def test_every_rule_says_where_it_was_read_and_when() -> None:
    """A figure nobody can check is worth nothing."""
    rules = load_hours("strict").rules

    assert load_hours("off") == HoursByLaw()
    assert len(rules) > len(load_hours("states").rules) > len(load_hours("federal").rules) == 1
    assert all(rule.source and rule.as_of.year >= 2026 for rule in rules)
    assert set(PRESETS) == {"off", "federal", "states", "strict"}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("[", "the hours are not YAML"),
        ("federal: []", "the hours do not say as_of which day they were read"),
        ("just words", "the hours do not say as_of which day they were read"),
        ("as_of: 2026-01-01\nfederal: 8-21", "'federal' in the hours is no list of rules"),
        ("as_of: 2026-01-01\nfederal: [{in: US}]", "rule 1 of 'federal' in the hours cannot be read"),
        (
            'as_of: 2026-01-01\nfederal: [{in: us, days: mon, hours: "08:00-21:00", source: x}]',
            "rule 1 of 'federal' in the hours cannot be read",
        ),
        (
            'as_of: 2026-01-01\nfederal: [{in: US, days: sun-mon, hours: "08:00-21:00", source: x}]',
            "rule 1 of 'federal' in the hours cannot be read",
        ),
        (
            'as_of: 2026-01-01\nfederal: [{in: US, days: mon, hours: "21:00-08:00", source: x}]',
            "rule 1 of 'federal' in the hours cannot be read",
        ),
        (
            'as_of: 2026-01-01\nfederal: [{in: US, days: mon, hours: "08:00-21:00", source: " "}]',
            "rule 1 of 'federal' in the hours cannot be read",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused(document: str, problem: str) -> None:
    """At the start, and not at night."""
    with pytest.raises(BadInput) as caught:
        hours_in(document, "federal")

    assert str(caught.value).startswith(problem)


def test_a_preset_that_is_none_is_refused() -> None:
    """With the ones there are."""
    with pytest.raises(BadInput, match="off, federal, states, strict"):
        load_hours("relaxed")
