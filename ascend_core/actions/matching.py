"""Whether a reply says one of the words an author foresaw."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["answers", "folded", "spoken"]

_MARKS = "".join(sign for sign in map(chr, range(0x0900, 0x1B00)) if unicodedata.category(sign).startswith("M"))
"""The vowels that scripts from Devanagari to Balinese write around a letter: parts of a word, and no letters."""
_LETTER = rf"(?:[^\W_]|[{_MARKS}])"
_WORD = re.compile(rf"{_LETTER}+(?:'{_LETTER}+)*")
_LONGEST_REPLY = 1_600
"""Characters that are looked at: what one text can hold."""


def answers(reply: str, words: Iterable[str]) -> str | None:
    """The first of *words* that *reply* holds as a whole word or phrase; None: it holds none.

    Case, accents and punctuation do not count. One of *words* that has no letter or digit (an emoji) is found
    anywhere in the reply.
    """
    said = folded(reply)
    phrases = f" {' '.join(_WORD.findall(said))} "
    for word in words:
        wanted, phrase = _wanted(word)
        if phrase in phrases if phrase else wanted and wanted in said:
            return word
    return None


def spoken(text: str) -> str:
    """The words of *text*, folded, with one blank between."""
    return " ".join(_WORD.findall(folded(text)))


@lru_cache(maxsize=4096)
def _wanted(word: str) -> tuple[str, str]:
    """*word* folded, and as a phrase between blanks (empty: it has no letters)."""
    whole, phrase = folded(word), spoken(word)
    return whole.strip(), f" {phrase} " if phrase else ""


def folded(text: str) -> str:
    """The beginning of *text* without case, accents, typographic apostrophes and the variants of one emoji."""
    apart = unicodedata.normalize("NFKD", text[:_LONGEST_REPLY].replace("’", "'").casefold())
    return "".join(mark for mark in apart if not unicodedata.combining(mark) and mark != "\ufe0f")
