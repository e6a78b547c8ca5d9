"""What an error code of a provider leads to: the same four ways on, whoever the provider is."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Literal

from attrs import frozen

__all__ = ["Codes", "Meaning", "Next", "problem_of", "reason_of"]


class Next(Enum):
    """What to do after the provider refused a text with a code."""

    GIVE_UP = "give up"
    """It never works for this text and this person."""
    WAIT = "wait"
    """Nothing was sent; it works later."""
    LOOK_UP = "look up"
    """Something failed behind the provider: the text may be on its way."""
    STOP_CHANNEL = "stop the channel"
    """It works for nobody until a person acts."""


@frozen
class Meaning:
    """What one code means for us."""

    next: Next
    reason: str | None
    """As ``Refused.reason``; None: the code does not tell."""
    says: str
    """For a person, without the period."""
    after_seconds: float | None = None
    """The least wait, where the provider documents one."""
    scope: Literal["call", "sender", "account"] = "call"
    """Who waits, as ``TryLater.scope``."""


Codes = Mapping[int, Meaning]
"""By code. Codes that are not there are safe: refused, or of no meaning."""


def reason_of(codes: Codes, code: str | None) -> str | None:
    """Our word for the provider's *code* in a delivery status; None: it does not tell.

    A text that was accepted and then found no room is ``busy``. It is not handed over again by itself: the provider's
    news of the first try may still be under way, and would count for the second.
    """
    meaning = _told(codes, code)
    if meaning is None:
        return None
    return "busy" if meaning.next is Next.WAIT else meaning.reason


def problem_of(codes: Codes, code: str | None) -> str | None:
    """What a person must put right before anything goes out again, by *code* in a delivery status; None: nothing."""
    meaning = _told(codes, code)
    if meaning is None or meaning.next is not Next.STOP_CHANNEL:
        return None
    return f"the SMS provider failed a text (code {code}): {meaning.says}; put it right in the provider's console"


def _told(codes: Codes, code: str | None) -> Meaning | None:
    return codes.get(int(code)) if code and code.isascii() and code.isdigit() and len(code) < 10 else None
