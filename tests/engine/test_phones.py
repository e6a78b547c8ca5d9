"""A phone number as typed becomes E.164, or a reason a person can read (row A6)."""

from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_core.engine.phones import BadPhone, Phone, parse_phone

GOOD = Phone("+12025550123", "US")


@pytest.mark.parametrize(
    "typed",
    [
        "+12025550123",
        "2025550123",
        "12025550123",
        "1-202-555-0123",
        "(202) 555-0123",
        "202.555.0123",
        " 202 555 0123 ",
        "202\u00a0555\u00a00123",
        "202\u2011555\u20110123",
        "\u200e+1 202 555 0123\u202c",
        "\ufeff2025550123\r\n",
        "２０２５５５０１２３",
        "（２０２）５５５－０１２３",
        "٢٠٢٥٥٥٠١٢٣",
        "202-555-0123 x12",
        "202-555-0123 ext. 7",
        "tel:+1-202-555-0123",
        "tel:+1-202-555-0123;ext=5",
    ],
)
def test_one_number_has_one_form_however_it_is_typed(typed: str) -> None:
    """Two sign-ups of one person meet in one member, whatever the phone's keyboard did (row A5)."""
    assert parse_phone(typed) == GOOD


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        (None, "missing"),
        ("", "missing"),
        (" \t ", "missing"),
        ("\u200e", "missing"),
        ("none", "unparsable"),
        ("n/a", "unparsable"),
        ("ada@example.org", "unparsable"),
        ("whatsapp:+12025550123", "unparsable"),
        ("sip:2025550123@example.org", "unparsable"),
        ("1" * 81, "unparsable"),
        ("911", "too_short"),
        ("72975", "too_short"),
        ("555-0123", "too_short"),
        ("202555012", "too_short"),
        ("+1202555012", "too_short"),
        ("20255501234", "too_long"),
        ("2" * 30, "too_long"),
        ("1025550123", "not_assigned"),
        ("2021550123", "not_assigned"),
        ("2029110123", "not_assigned"),
        ("9115550123", "not_assigned"),
        ("0000000000", "not_assigned"),
        ("2222222222", "not_assigned"),
        ("9999999999", "not_assigned"),
        ("+99912345678", "unparsable"),
        ("800-555-0123", "toll_free"),
        ("8225550123", "toll_free"),
        ("8335550123", "toll_free"),
        ("8445550123", "toll_free"),
        ("8555550123", "toll_free"),
        ("8665550123", "toll_free"),
        ("8775550123", "toll_free"),
        ("8885550123", "toll_free"),
        ("900-555-0123", "premium"),
        ("500-555-0123", "not_a_mobile"),
    ],
)
def test_what_cannot_be_texted_is_refused_with_a_reason(typed: str | None, reason: str) -> None:
    """The submission is ignored, and the operator reads why."""
    read = parse_phone(typed)

    assert isinstance(read, BadPhone)
    assert read.reason == reason
    assert read.detail.endswith(".")


@pytest.mark.parametrize("area", ["202", "212", "415", "787", "416", "689", "555", "235"])
@pytest.mark.parametrize("last", ["0100", "0123", "0199"])
def test_invented_numbers_and_new_area_codes_are_accepted(area: str, last: str) -> None:
    """555-01xx is how people invent numbers, and an area code may be newer than our tables."""
    read = parse_phone(f"{area}-555-{last}")

    assert isinstance(read, Phone)
    assert read.e164 == f"+1{area}555{last}"


def _example(region: str, kind: int) -> str:
    """The number that the library's own tables give as an example: nobody's."""
    number = phonenumbers.example_number_for_type(region, kind)
    assert number is not None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize("region", ["GB", "DE", "FR", "ZA"])
def test_abroad_a_mobile_is_accepted_and_a_fixed_line_is_not(region: str) -> None:
    """Where the number tells that it is a fixed line, nobody is texted there."""
    mobile = _example(region, phonenumbers.PhoneNumberType.MOBILE)
    fixed = _example(region, phonenumbers.PhoneNumberType.FIXED_LINE)

    assert parse_phone(mobile) == Phone(mobile, region)
    assert parse_phone(fixed) == BadPhone("not_a_mobile")


def test_the_region_says_how_a_number_without_a_country_is_read() -> None:
    """An organisation elsewhere reads its people's numbers as they write them."""
    mobile = _example("GB", phonenumbers.PhoneNumberType.MOBILE)

    assert parse_phone("0" + mobile.removeprefix("+44"), region="GB") == Phone(mobile, "GB")


@given(st.text(max_size=100))
def test_any_text_gives_a_phone_or_a_reason(typed: str) -> None:
    """Nothing that arrives in a sign-up stops the batch it is in."""
    read = parse_phone(typed)

    assert isinstance(read, BadPhone) or re.fullmatch(r"\+[1-9]\d{6,14}", read.e164)


_DAMAGE = st.sampled_from(["", " ", "-", ".", "(", ")", "\u200b", "+", "0", "x1", "１", ";", "\u202e", "a", "/"])


@given(st.lists(st.tuples(st.integers(0, 14), _DAMAGE), max_size=4))
def test_reading_the_result_again_changes_nothing(damages: list[tuple[int, str]]) -> None:
    """What is stored is stable: it may be parsed again at any time."""
    typed = "(202) 555-0123"
    for at, damage in damages:
        typed = typed[:at] + damage + typed[at:]

    read = parse_phone(typed)

    assert isinstance(read, BadPhone) or parse_phone(read.e164) == read


@given(st.from_regex(r"[2-9][0-9]{9}", fullmatch=True))
def test_every_accepted_american_number_has_the_shape_of_one(digits: str) -> None:
    """No service code and no toll-free number gets through, whatever the tables say."""
    read = parse_phone(digits)

    if isinstance(read, Phone):
        assert re.fullmatch(r"\+1(?!800|8(?:22|33|44|55|66|77|88)|900)[2-9](?!11)\d\d[2-9](?!11)\d{6}", read.e164)


def test_a_refusal_never_shows_the_number() -> None:
    """Reasons are shown and logged; numbers are not."""
    read = parse_phone("800-555-0123")

    assert isinstance(read, BadPhone)
    assert not re.search(r"\d", repr(read) + read.detail)


@given(
    area=st.from_regex(r"[2-9][0-9]{2}", fullmatch=True),
    exchange=st.from_regex(r"[2-9][0-9]{2}", fullmatch=True),
    line=st.from_regex(r"[0-9]{4}", fullmatch=True),
    typed=st.sampled_from(["{}{}{}", "+1{}{}{}", "({}) {}-{}", "1-{}-{}-{}", "{}.{}.{}", "+1 ({}) {} {}", "{} {}-{}"]),
)
def test_the_quick_way_reads_what_the_library_reads(area: str, exchange: str, line: str, typed: str) -> None:
    """As nearly everybody types a North American number; a remark behind it (``;``) takes the long way."""
    raw = typed.format(area, exchange, line)

    assert parse_phone(raw) == parse_phone(f"{raw};")
