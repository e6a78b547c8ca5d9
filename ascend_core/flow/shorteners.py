"""Public link shorteners, which carriers block: nobody can tell where their links lead, so everybody pays for a few."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["shortener_in"]

_SHORTENERS = re.compile(
    r"(?<![\w.-])(bit\.ly|tinyurl\.com|tiny\.cc|t\.co|goo\.gl|ow\.ly|is\.gd|v\.gd|buff\.ly|rebrand\.ly|rb\.gy|cutt\.ly"
    r"|t\.ly|shorturl\.at|bl\.ink|tiny\.one)(?::\d+)?/",
    re.IGNORECASE,
)


def shortener_in(text: str) -> str | None:
    """The public shortener that a text or URL names, as it is written; None: it names none."""
    return _named(text) if "/" in text else None


@lru_cache(maxsize=4_096)
def _named(text: str) -> str | None:
    found = _SHORTENERS.search(text)
    return None if found is None else found.group(1)
