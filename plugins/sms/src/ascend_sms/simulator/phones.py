"""The phones at the other end: what a number looks like and what answers there."""

from __future__ import annotations

import re
from enum import StrEnum

from ascend_sms.simulator.chance import fraction

__all__ = ["PhoneKind", "read_number", "usual_kind"]


class PhoneKind(StrEnum):
    """What happens to a text for this phone."""

    MOBILE = "mobile"
    """Delivered."""
    LANDLINE = "landline"
    """Undelivered, 30006."""
    UNREACHABLE = "unreachable"
    """Undelivered, 30003: switched off."""
    NO_DLR = "no_dlr"
    """Sent; its carrier never reports a delivery."""


_SHARES = ((PhoneKind.LANDLINE, 0.03), (PhoneKind.UNREACHABLE, 0.02), (PhoneKind.NO_DLR, 0.01))
"""Invented rates: few enough that a demonstration succeeds, enough that every outcome shows in a few hundred."""

_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_PUNCTUATION = re.compile(r"[ ().\-]")


def usual_kind(seed: int, phone: str) -> PhoneKind:
    """The kind *phone* has under *seed* unless it was set: the same whenever and in whatever order it is asked."""
    left = fraction(seed, "kind", phone)
    for kind, share in _SHARES:
        if left < share:
            return kind
        left -= share
    return PhoneKind.MOBILE


def read_number(raw: str) -> str | None:
    """*raw* in E.164, None when it is no number. Ten digits, or eleven from 1, are read as North American."""
    digits = _PUNCTUATION.sub("", raw)
    if re.fullmatch(r"[2-9][0-9]{9}", digits):
        return "+1" + digits
    if re.fullmatch(r"1[2-9][0-9]{9}", digits):
        return "+" + digits
    return digits if _E164.fullmatch(digits) else None
