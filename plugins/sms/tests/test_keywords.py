"""What counts as STOP, START and HELP."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_sms.keywords import keyword_in, normalised
from ascend_sms.vocabulary import HELP, PROVIDER_WORDS, START, STOP

STOPS = """
STOP|stop.|STOP!!!|"STOP"|ＳＴＯＰ|S\u200bTOP|STO\u00adP|\u202eSTOP|OPT-OUT|opt out|stop all|StopAll|s t o p
S.T.O.P.|please stop|Stop please|stop now!|STOP 🛑|stop stop stop|  stop\t|STÓP|st\u0000op|stop it
unsubscribe|Unsubscribe me|cancel|END|quit|revoke|remove me|take me off|Stop texting me
PLEASE stop texting me I already voted|Take me off your list|remove my number|don't text me|don’t text me
Do not contact me|leave me alone|No. Stop texting me!|Don't! Stop texting me|STOP. I already voted
Stop! Not interested|wrong number|Sorry, wrong number|You have the wrong number|ALTO|¡Alto!|parar|Baja
darme de baja por favor|no me escriban más|deja de enviarme mensajes|no más|arrêt
remove me from this list|opt me out|I want to unsubscribe|why won't you stop texting me|Ok stop
cancel please|STOP thanks|Por favor, no me manden más|I revoke my consent
"""
STARTS = "START|start.|unstop|Start please|iniciar|ＳＴＡＲＴ|opt-in|subscribe"
HELPS = "HELP|help!|info|ayuda|Información|help please|¿Ayuda?"
DOUBTFUL = """
STPO|STOPP|stoooop|🛑|🛑🛑|stip|sotp|unsuscribe|unsubcribe|remove me from the 5pm shift|take me off Saturday
go away|I have the wrong number for Ana|can you please stop|I can't unsubscribe|para|how do I opt out?
Hi. Who is this. Stop.|cancle|enough
"""
ORDINARY = """
STOP by at 5?|nonstop|non-stop|don't stop|the end|cancel my order|no|yes|YES|Yes!|shop|step|stops
I'll be there|bus stop|Where is the stop?|can't stop texting my friends|don't stop texting me|🙂
Can I cancel my shift?|help me find it|start at 5|Which stop do I get off at|please don't remove me
Don't text me before 9|end of the day|top|1|2|A B|y|n|para mañana|It starts at 5|I need help
Saturday please|thanks!|Stop, drop and roll|Cancel. I cannot come|?|...|por favor
"""


def listed(text: str) -> list[str]:
    return [entry for line in text.strip("\n").splitlines() for entry in line.split("|")]


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        *((text, "stop") for text in listed(STOPS)),
        *((text, "start") for text in listed(STARTS)),
        *((text, "help") for text in listed(HELPS)),
        *((text, "doubtful") for text in listed(DOUBTFUL)),
        *((text, None) for text in [*listed(ORDINARY), "", " ", "\n", "YES\n"]),
    ],
)
def test_hears_what_people_mean(text: str, keyword: str | None) -> None:
    """Nobody has to spell STOP right, and nobody loses their texts by an ordinary answer."""
    assert keyword_in(text) == keyword


@pytest.mark.parametrize("word", sorted(PROVIDER_WORDS))
def test_every_word_the_provider_obeys_is_a_keyword_here(word: str) -> None:
    """We never go on where the provider has stopped."""
    assert keyword_in(word.lower()) is not None


def test_no_word_means_two_things() -> None:
    """The three lists are disjoint and written as they are compared."""
    assert not STOP & START
    assert not STOP & HELP
    assert not START & HELP
    assert {normalised(word) for word in STOP | START | HELP} == STOP | START | HELP


@given(
    st.sampled_from(sorted(STOP)),
    st.sampled_from(["", ".", "!!", " \n", "…", '"', " 🙏", "\u200b", " please", " thanks", " now"]),
    st.sampled_from(["", " ", '"', "¡", "\u200f", "\ufeff", "please ", "ok ", "hi, "]),
    st.sampled_from([str.lower, str.upper, str.title]),
)
def test_decoration_never_hides_a_stop(word: str, after: str, before: str, case: Callable[[str], str]) -> None:
    """Marks, signs, invisible characters and politeness around STOP change nothing."""
    assert keyword_in(before + case(word) + after) == "stop"


@given(st.text(max_size=500))
def test_any_text_gets_an_answer(text: str) -> None:
    """No text of a person brings the inbox down."""
    assert keyword_in(text) in {None, "stop", "start", "help", "doubtful"}


def test_a_huge_text_is_answered_at_once() -> None:
    """A megabyte of text is no way to stall the inbox."""
    assert keyword_in("STOP " * 200_000) == "stop"
    assert keyword_in("don't " * 200_000) is None
