"""Yes, no and numbers, as people text them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_core.actions.meanings import meaning_of, number_in


@pytest.mark.parametrize(
    "reply",
    [
        *(
            "Yes",
            "YES!!!",
            "y",
            "yeah",
            "Yup :)",
            "ya",
            "ok",
            "Okay thanks",
            "sure thing",
            "Sure, no problem",
            "👍",
            "👍🏽",
        ),
        *("I'll be there", "Count me in!", "of course", "yes I can", "why not", "No worries, I'll be there"),
        *("I can, thanks!", "I am", "k k", "I can make it", "can't wait!", "Wouldn't miss it", "not a problem"),
        *("Sí", "si", "claro", "Por supuesto", "oui", "sim", "ja", "да", "はい", "是的", "네", "نعم", "Vâng"),
    ],
)
def test_people_say_yes(reply: str) -> None:
    """In any spelling."""
    assert meaning_of(reply) == "yes"


@pytest.mark.parametrize(
    "reply",
    [
        *(
            "No",
            "NO.",
            "n",
            "nope",
            "Nah",
            "no thanks",
            "No, thank you",
            "can't",
            "I can’t make it",
            "sorry cannot",
            "👎",
        ),
        *(
            "not this time",
            "I won't",
            "unfortunately not",
            "im not going",
            "No puedo",
            "non merci",
            "não",
            "нет",
            "いいえ",
        ),
        "No gracias",
        *("Definitely not", "absolutely not", "Of course not!", "I will not be there", "not ok", "probably not"),
    ],
)
def test_people_say_no(reply: str) -> None:
    """In any spelling."""
    assert meaning_of(reply) == "no"


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "maybe",
        "yes and no",
        "not sure",
        "I don't know",
        "5",
        "know",
        "yesterday",
        "nothing",
        "👍👎",
        "yes maybe",
        "I will if I can",
        "if I can",
        "not for sure",
        "sure, but I didn't get the address",
    ],
)
def test_what_is_neither_is_neither(reply: str) -> None:
    """A person or a second question clears it up."""
    assert meaning_of(reply) is None


@pytest.mark.parametrize(
    "reply",
    [
        *("I am sick", "I am sorry, I have to work", "I do have a conflict", "I can tell you on Friday"),
        *("I live in WI now", "I moved to CO", "We moved in with my sister", "that's a great question"),
    ],
)
def test_a_word_that_only_looks_like_a_yes_is_none(reply: str) -> None:
    """Nobody is put on the list for saying that they are sick."""
    assert meaning_of(reply) is None


@pytest.mark.parametrize(
    ("reply", "number"),
    [
        ("4", 4),
        ("four", 4),
        ("I'd say 7!", 7),
        ("10.", 10),
        ("4,5", 4.5),
        ("cuatro", 4),
        ("-1", -1),
        ("none", 0),
        ("3 kids", 3),
        ("$1,000", 1000),
        ("12,345.50", 12345.5),
    ],
)
def test_a_number_is_found(reply: str, number: float) -> None:
    """In digits or in words."""
    assert number_in(reply) == number


@pytest.mark.parametrize(
    "reply", ["", "4 or 5", "10/10", "a4", "1.2.3", "12:30", "some", "1234567890123", "just once", "no one"]
)
def test_what_is_no_one_number_is_none(reply: str) -> None:
    """A guess would be worse than a question."""
    assert number_in(reply) is None


@given(reply=st.text())
def test_any_reply_has_some_meaning_or_none(reply: str) -> None:
    """Nothing a person writes breaks a flow."""
    assert meaning_of(reply) in ("yes", "no", None)
    number_in(reply)
