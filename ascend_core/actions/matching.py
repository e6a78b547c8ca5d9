"""Whether a reply says one of the words an author foresaw."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["answers"]

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_LONGEST_REPLY = 1_600
"""Characters that are looked at: what one text can hold."""


def answers(reply: str, words: Iterable[str]) -> str | None:
    """The first of *words* that *reply* holds as a whole word or phrase; None: it holds none.

    Case, accents and punctuation do not count. One of *words* that has no letter or digit (an emoji) is found
    anywhere in the reply.
    """
    said = _folded(reply[:_LONGEST_REPLY])
    spoken = f" {' '.join(_WORD.findall(said))} "
    for word in words:
        wanted, phrase = _wanted(word)
        if phrase in spoken if phrase else wanted and wanted in said:
            return word
    return None


@lru_cache(maxsize=4096)
def _wanted(word: str) -> tuple[str, str]:
    """*word* folded, and as a phrase between blanks (empty: it has no letters)."""
    folded = _folded(word)
    spoken = " ".join(_WORD.findall(folded))
    return folded.strip(), f" {spoken} " if spoken else ""


def _folded(text: str) -> str:
    """*text* without case, accents, typographic apostrophes and the variants of one emoji."""
    apart = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    return "".join(mark for mark in apart if not unicodedata.combining(mark) and mark != "\ufe0f")
