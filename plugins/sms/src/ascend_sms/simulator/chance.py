"""Chance that only depends on what it is about: the same seed and the same words always give the same number."""

from __future__ import annotations

import hashlib

__all__ = ["fraction", "hexadecimal"]


def hexadecimal(seed: int, *words: str | int) -> str:
    """32 hexadecimal digits for *words* under *seed*: what a sid is made of."""
    return _digest(seed, words).hex()[:32]


def fraction(seed: int, *words: str | int) -> float:
    """A number in [0, 1) for *words* under *seed*."""
    return int.from_bytes(_digest(seed, words)[:6], "big") / 2**48


def _digest(seed: int, words: tuple[str | int, ...]) -> bytes:
    return hashlib.sha256("\x1f".join(str(word) for word in (seed, *words)).encode("utf-8", "surrogatepass")).digest()
