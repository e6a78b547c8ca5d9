"""Where a member may be: own zone, then ZIP, then every zone the phone hints at (row J3)."""

from __future__ import annotations

import zoneinfo

import pytest
import zipcodes
from hypothesis import given
from hypothesis import strategies as st

from ascend_core.engine.zip_table import tables
from ascend_core.engine.zones import candidate_zones, warm_zones

DC = "+12025550123"
EASTERN, CENTRAL, MOUNTAIN, PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"


def test_the_members_own_zone_decides() -> None:
    """People move and keep their number; what they say themselves comes first."""
    assert candidate_zones(own=PACIFIC, zip_code="32401", phone=DC) == (PACIFIC,)


@pytest.mark.parametrize(
    "own", [None, "", "  ", "Napakiak", "EST5", "america/chicago", "../etc/passwd", "/", "\x00", "A" * 5000]
)
def test_an_own_zone_that_is_none_is_passed_over(own: str | None) -> None:
    """A typing error in a profile must not wake anybody: the next source decides."""
    assert candidate_zones(own=own, zip_code="32401", phone=DC) == (CENTRAL,)


@pytest.mark.parametrize(
    ("zip_code", "zone"),
    [
        ("32401", CENTRAL),
        ("32301", EASTERN),
        ("85001", "America/Phoenix"),
        ("86515", MOUNTAIN),
        ("83501", PACIFIC),
        ("99546", "America/Adak"),
        ("96813", "Pacific/Honolulu"),
        ("02134", EASTERN),
        ("2134", EASTERN),
        (" 32401 ", CENTRAL),
        ("32401-1234", CENTRAL),
        ("324011234", CENTRAL),
    ],
)
def test_a_zip_code_decides_where_there_is_no_own_zone(zip_code: str, zone: str) -> None:
    """Zones follow counties, not states; a leading zero lost in a spreadsheet is put back."""
    assert candidate_zones(own=None, zip_code=zip_code, phone="+13105550123") == (zone,)


@pytest.mark.parametrize(
    "zip_code", [None, "", "00000", "09001", "K1A 0B1", "abcde", "123", "1234567", "３２４０１", "32401-", "-1"]
)
def test_a_zip_code_that_says_nothing_is_passed_over(zip_code: str | None) -> None:
    """Army post offices have no zone, Canadian codes are not in the table: the phone decides."""
    assert candidate_zones(own=None, zip_code=zip_code, phone=DC) == (EASTERN,)


@pytest.mark.parametrize(
    ("phone", "zones"),
    [
        (DC, {EASTERN}),
        ("+13105550123", {PACIFIC}),
        ("+18085550123", {"Pacific/Honolulu"}),
        ("+16895550123", {EASTERN}),
        ("+13645550123", {CENTRAL}),
        ("+18505550123", {EASTERN, CENTRAL}),
        ("+14165550123", {"America/Toronto"}),
    ],
)
def test_a_phone_gives_every_zone_its_area_code_is_used_in(phone: str, zones: set[str]) -> None:
    """When unsure, the hours that are safe in each of them: a zone too many costs less than one too few."""
    assert zones <= set(candidate_zones(own=None, zip_code=None, phone=phone))


def test_noise_in_the_table_is_left_out() -> None:
    """One Oklahoma ZIP listed under Denver's area code does not move Denver."""
    assert candidate_zones(own=None, zip_code=None, phone="+13035550123") == (MOUNTAIN,)


@pytest.mark.parametrize(
    "phone", ["", "nonsense", "+1", "+18005550123", "+15555550100", "+99912345678", "+" + "9" * 99]
)
def test_what_tells_nothing_gives_no_zone(phone: str) -> None:
    """Unknown is unknown; the gate decides what that means."""
    assert candidate_zones(own=None, zip_code=None, phone=phone) == ()


@given(
    own=st.none() | st.text(max_size=30), zip_code=st.none() | st.text("0123456789- K", max_size=11), phone=st.text()
)
def test_any_input_gives_sorted_real_zones(own: str | None, zip_code: str | None, phone: str) -> None:
    """Whatever a sign-up holds, quiet hours can be worked out."""
    zones = candidate_zones(own=own, zip_code=zip_code, phone=phone)

    assert list(zones) == sorted(set(zones))
    assert set(zones) <= zoneinfo.available_timezones()


def test_the_tables_can_be_read_ahead() -> None:
    """A server warms up before its first member, as often as it likes."""
    warm_zones()
    warm_zones()

    assert candidate_zones(own=None, zip_code="32401", phone="") == (CENTRAL,)


def test_every_zip_code_of_the_library_is_in_the_table() -> None:
    """They are asked for by their first digit, so that the library does not keep them all."""
    everything = zipcodes.list_all()  # type: ignore[no-untyped-call]  # -- its stub leaves the result open

    assert tables().state_by_zip == {row["zip_code"]: row["state"] for row in everything}
