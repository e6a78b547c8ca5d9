"""Which replies are answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_core.actions.matching import answers


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        ("yes", "yes"),
        ("Yes!!", "yes"),
        ("YES, I'll be there", "yes"),
        ("ＹＥＳ", "yes"),
        ("Sí.", "si"),
        ("si", "SÍ"),
        ("y", "y"),
        ("I can't", "i can’t"),
        ("👍🏽", "👍"),
        ("❤️", "❤"),
        ("हाँ, ज़रूर", "हाँ"),
    ],
)
def test_case_accents_and_punctuation_do_not_count(reply: str, word: str) -> None:
    """People answer as they like."""
    assert answers(reply, (word,)) == word


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        ("yesterday", "yes"),
        ("know", "no"),
        ("", "yes"),
        ("👎", "👍"),
        ("y'all", "y"),
        ("yes", ""),
        ("मैं नहीं आ रहा हूँ", "हाँ"),
    ],
)
def test_only_whole_words_count(reply: str, word: str) -> None:
    """'I know' is no 'no'."""
    assert answers(reply, (word,)) is None


@given(before=st.text(max_size=30), word=st.sampled_from(["yes", "call me", "sí"]), after=st.text(max_size=30))
def test_a_word_is_found_wherever_it_stands(before: str, word: str, after: str) -> None:
    """Whatever is written around it, and however strange."""
    assert answers(f"{before} — {word.upper()} — {after}", (word,)) == word
