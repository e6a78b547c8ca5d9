"""STOP, START and HELP in any spelling people use, told apart from ordinary answers (row J2).

Three tiers: a whole message that is a keyword; a phrase that asks to be left alone; a spelling that comes close. The
first two are certain, the third is ``doubtful``: texts are held and a person decides.

YES is no keyword here: it means START only for a person who opted out, which a channel cannot know, and is an answer
otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

from ascend_sms.vocabulary import (
    AROUND,
    CLOSE_TO,
    EVERYDAY,
    HELP,
    MAYBE,
    ORDINARY,
    PHRASES,
    START,
    STOP,
    STOP_SIGNS,
    TURNED_AROUND,
)

__all__ = ["Keyword", "keyword_in", "normalised"]

Keyword = Literal["stop", "start", "help", "doubtful"]

_APOSTROPHES: Final = re.compile("['’‘ʼ´`＇]")
_SENTENCE_END: Final = re.compile(r"[.!?;]+(?=\s|$)|[\r\n]+")
_LONGEST: Final = 2_000
"""Characters looked at: a text has at most 1,600."""


def keyword_in(text: str) -> Keyword | None:
    """Tell whether *text* asks to stop, to start again or for help; None: it is an ordinary message."""
    text = text[:_LONGEST]
    words = normalised(text)
    bare = _without_politeness(words)
    for candidate in (words, bare, _joined(bare)):
        if candidate in STOP:
            return "stop"
        if candidate in START:
            return "start"
        if candidate in HELP:
            return "help"
    sentences = [normalised(sentence) for sentence in _SENTENCE_END.split(unicodedata.normalize("NFKC", text))]
    alone = [sentence for sentence in map(_without_politeness, sentences) if sentence]
    if (alone[:1] and alone[0] in STOP - EVERYDAY) or any(_says(PHRASES, sentence) for sentence in sentences):
        return "stop"
    if not (STOP - EVERYDAY).isdisjoint(alone) or any(_says(MAYBE, sentence) for sentence in sentences):
        return "doubtful"
    return "doubtful" if _comes_close(bare) or (not words and not STOP_SIGNS.isdisjoint(text)) else None


def normalised(text: str) -> str:
    """*text* in capitals without accents, marks, signs and invisible characters: words with one space between."""
    spelled = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text))
    return " ".join("".join(map(_letter, spelled)).upper().split())


def _letter(char: str) -> str:
    """*char* itself, a space for what parts words, or nothing for what cannot be seen."""
    kind = unicodedata.category(char)[0]
    if char.isspace() or kind in "PSZ":
        return " "
    return "" if kind in "CM" else char


def _without_politeness(words: str) -> str:
    """*words* without greetings and thanks around them, and said once where one word is only repeated."""
    before = ""
    while before != words:
        before, words = words, AROUND.sub("", words)
    parts = words.split()
    return parts[0] if len(set(parts)) == 1 else words


def _joined(words: str) -> str:
    """S T O P as STOP; anything else as it is."""
    parts = words.split()
    return "".join(parts) if all(len(part) == 1 for part in parts) else words


def _says(phrases: re.Pattern[str], words: str) -> bool:
    """Whether one of *phrases* is in *words*, not turned around by what stands before it."""
    return any(not TURNED_AROUND.search(words[: found.start()]) for found in phrases.finditer(words))


def _comes_close(word: str) -> bool:
    """Whether *word*, a whole message, is a keyword misspelt: STPO, STOPP, STOOOP, UNSUSCRIBE."""
    if not word or " " in word or word in ORDINARY:
        return False
    once = re.sub(r"(.)\1+", r"\1", word)
    return once == "STOP" or any(_slips(word, keyword, most) <= most for keyword, most in CLOSE_TO)


def _slips(word: str, keyword: str, most: int) -> int:
    """How many letters were dropped, added, changed or swapped with the next; more than *most* where it is far."""
    if abs(len(word) - len(keyword)) > most:
        return most + 1
    rows = [list(range(len(keyword) + 1))]
    for i, char in enumerate(word, 1):
        row = [i]
        for j, wanted in enumerate(keyword, 1):
            cost = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (char != wanted))
            if i > 1 and j > 1 and char == keyword[j - 2] and word[i - 2] == wanted:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
