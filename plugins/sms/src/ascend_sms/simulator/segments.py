"""How many parts a text is charged as: an approximation, it does not look at where parts are cut."""

from __future__ import annotations

__all__ = ["count_segments", "encoding_of"]

# 3GPP TS 23.038, the default alphabet and its extension table.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("^{}\\[~]|€\f")


def count_segments(body: str) -> int:
    """The number of parts *body* goes out as, at least 1."""
    if encoding_of(body) == "GSM-7":
        units, alone, per_part = len(body) + sum(char in _EXTENSION for char in body), 160, 153
    else:
        units, alone, per_part = sum(2 if ord(char) > 0xFFFF else 1 for char in body), 70, 67
    return 1 if units <= alone else -(-units // per_part)


def encoding_of(body: str) -> str:
    """``GSM-7`` where the default alphabet is enough, else ``UCS-2``."""
    return "GSM-7" if all(char in _BASIC or char in _EXTENSION for char in body) else "UCS-2"
