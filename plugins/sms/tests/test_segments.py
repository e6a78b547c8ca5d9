"""How texts are counted."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_core.contracts import Offending
from ascend_sms.segments import GSM_BASIC, GSM_EXTENSION, count, plain

VECTORS = json.loads(Path(__file__).with_name("data").joinpath("segment_vectors.json").read_text("utf-8"))
"""What Twilio's own calculator (npm sms-segments-calculator 1.3.0) says."""
FAMILY, FLAG, WAVE = "👨‍👩‍👧‍👦", "🇺🇸", "👋🏽"
PIECES = st.sampled_from(
    ["a", "é", "€", "{", "ê", "\r\n", "\n", "😀", FAMILY, FLAG, WAVE, "e\u0301", "’", "日", "\ud83d", "\0"]
)
TEXTS = st.lists(PIECES, max_size=200).map("".join) | st.text(max_size=400)


@pytest.mark.parametrize("vector", VECTORS, ids=range(len(VECTORS)))
def test_bills_what_the_providers_calculator_says(vector: dict[str, object]) -> None:
    """Authors see the price they will pay."""
    found = count(str(vector["text"]))

    assert (found.encoding, found.segments) == (vector["encoding"], vector["segments"])


@pytest.mark.parametrize(
    ("text", "encoding", "segments", "units", "per_segment", "remaining"),
    [
        ("", "GSM-7", 1, 0, 160, 160),
        ("a" * 160, "GSM-7", 1, 160, 160, 0),
        ("a" * 161, "GSM-7", 2, 161, 153, 145),
        ("€" * 80, "GSM-7", 1, 160, 160, 0),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 3, 306, 153, 152),
        ("\r\n", "GSM-7", 1, 2, 160, 158),
        ("ç", "UCS-2", 1, 1, 70, 69),
        ("[ê]", "UCS-2", 1, 3, 70, 67),
        ("ê" * 70, "UCS-2", 1, 70, 70, 0),
        ("ê" * 71, "UCS-2", 2, 71, 67, 63),
        ("😀" * 35, "UCS-2", 1, 70, 70, 0),
        ("ê" * 66 + "😀" + "ê" * 66, "UCS-2", 3, 134, 67, 66),
        ("z" + "\u0301" * 80, "UCS-2", 2, 81, 67, 53),
        ("\ud83d", "UCS-2", 1, 1, 70, 69),
        ("\x1b", "UCS-2", 1, 1, 70, 69),
    ],
)
def test_counts_units_and_what_is_left(
    text: str, encoding: str, segments: int, units: int, per_segment: int, remaining: int
) -> None:
    """The editor's counter is right at every edge."""
    found = count(text)

    assert (found.encoding, found.segments, found.units, found.per_segment, found.remaining) == (
        encoding,
        segments,
        units,
        per_segment,
        remaining,
    )


def test_names_each_character_that_makes_a_text_dearer() -> None:
    """An author sees what to change."""
    assert count("It’s on – 日\u200b").offending == (
        Offending("’", 2, "'"),
        Offending("–", 8, "-"),
        Offending("日", 10, None),
        Offending("\u200b", 11, ""),
    )


@given(TEXTS)
def test_the_encoding_is_gsm_exactly_when_every_character_is_in_its_tables(text: str) -> None:
    """No character slips into a message that cannot carry it."""
    found = count(text)

    assert (found.encoding == "GSM-7") == (set(text) <= GSM_BASIC | GSM_EXTENSION)
    assert bool(found.offending) == (found.encoding == "UCS-2")


@given(TEXTS)
def test_parts_hold_the_units_and_no_part_is_wasted_whole(text: str) -> None:
    """The number of parts is never absurd."""
    found = count(text)

    assert 0 <= found.remaining <= found.per_segment
    assert math.ceil(found.units / found.per_segment) <= found.segments
    assert found.segments <= max(1, 2 * math.ceil(found.units / found.per_segment))


@given(TEXTS, TEXTS)
def test_a_longer_text_is_never_cheaper(text: str, more: str) -> None:
    """Adding words cannot save a part."""
    assert count(text).segments <= count(text + more).segments


@given(TEXTS, TEXTS)
def test_units_add_up_within_one_encoding(first: str, second: str) -> None:
    """Two texts of one encoding cost together what they cost apart."""
    both, one, other = count(first + second), count(first), count(second)

    if one.encoding == other.encoding == both.encoding and not (first[-1:] >= "\ud800" and second[:1] >= "\udc00"):
        assert both.units == one.units + other.units


@given(TEXTS)
def test_suggestions_are_sendable_and_final(text: str) -> None:
    """Following every suggestion leaves only characters without one."""
    once = plain(text)

    assert plain(once) == once
    assert all(offending.suggestion is None for offending in count(once).offending)
