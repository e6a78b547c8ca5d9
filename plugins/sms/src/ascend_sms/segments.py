"""How many parts a text is billed as, and which characters make it longer (3GPP TS 23.038 and 23.040)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import chain
from typing import Final, Literal

import regex  # type: ignore[import-untyped]  # -- its stubs are a distribution of their own

from ascend_core.contracts import Offending, Segments

__all__ = ["GSM_BASIC", "GSM_EXTENSION", "count", "plain"]

GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""One septet each (TS 23.038, 6.2.1). Escape, 0x1B, is no character of its own."""
GSM_EXTENSION: Final = frozenset("^{}\\[]~|€\f")
"""Two septets each: the escape and the character (TS 23.038, 6.2.1.1)."""

_GSM_ALONE, _GSM_PART = 160, 153
"""Septets in one text, and in each part of a longer one: 6 of the 140 octets then hold the part's number."""
_UCS_ALONE, _UCS_PART = 70, 67
"""UTF-16 code units, likewise."""

_CLUSTER: Final = regex.compile(r"\r|\n|\X")
"""What a reader sees as one character. CR and LF are two, as the provider counts them."""

_PLAIN: Final = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'", "ʼ": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
    "…": "...", "•": "*", "·": "*", "™": "TM", "ﬁ": "fi", "ﬂ": "fl", "\t": " ", "ç": "c",
    "\u200b": "", "\u200c": "", "\u2060": "", "\ufeff": "", "\u00ad": "", "\u200e": "", "\u200f": "",
    "\u2028": "\n", "\u2029": "\n",
}  # fmt: skip
"""What people paste from word processors, and what says the same in GSM-7. '' means: leave it out."""


def count(text: str) -> Segments:
    """Count the parts of *text*. Neither an escape pair, a surrogate pair nor, where it fits, an emoji is split."""
    if all(char in GSM_BASIC or char in GSM_EXTENSION for char in text):
        sizes = [2 if char in GSM_EXTENSION else 1 for char in text]
        return _packed("GSM-7", sizes, alone=_GSM_ALONE, part=_GSM_PART)
    offending = tuple(
        Offending(char, index, _suggestion(char))
        for index, char in enumerate(text)
        if char not in GSM_BASIC and char not in GSM_EXTENSION
    )
    sizes = list(chain.from_iterable(map(_atoms, _CLUSTER.findall(text))))
    return _packed("UCS-2", sizes, alone=_UCS_ALONE, part=_UCS_PART, offending=offending)


def plain(text: str) -> str:
    """*text* with every character replaced that has a GSM-7 suggestion: a provider's "smart encoding", and more."""
    return "".join(
        char if char in GSM_BASIC or char in GSM_EXTENSION or (other := _suggestion(char)) is None else other
        for char in text
    )


def _packed(
    encoding: Literal["GSM-7", "UCS-2"],
    sizes: list[int],
    *,
    alone: int,
    part: int,
    offending: tuple[Offending, ...] = (),
) -> Segments:
    """Lay atoms of *sizes* units into parts, in order, each as full as it gets."""
    units = sum(sizes)
    limit, segments, used = alone, 1, units
    if units > alone:
        limit, used = part, 0
        for size in sizes:
            if used + size > part:
                segments, used = segments + 1, 0
            used += size
    return Segments(
        encoding=encoding,
        segments=segments,
        units=units,
        per_segment=limit,
        remaining=limit - used,
        offending=offending,
    )


def _atoms(cluster: str) -> Iterator[int]:
    """UTF-16 code units of *cluster*, whole; or of each code point where the whole is longer than a part."""
    sizes = [2 if ord(char) > 0xFFFF else 1 for char in cluster]
    return iter([sum(sizes)] if sum(sizes) <= _UCS_PART else sizes)


def _suggestion(char: str) -> str | None:
    """What says the same as *char* in GSM-7: from the table, else its compatible form, else its letter."""
    if char in _PLAIN:
        return _PLAIN[char]
    spelled = unicodedata.normalize("NFKC", char)
    bare = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    for candidate in (spelled, bare):
        if candidate and all(part in GSM_BASIC for part in candidate):
            return candidate
    return None
