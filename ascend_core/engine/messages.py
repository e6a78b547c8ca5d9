"""Whether a rendered text may go out as it is."""

from __future__ import annotations

from ascend_core.contracts import LinkRef, SendText
from ascend_core.flow.limits import LINK_CHARACTERS, MOST_CHARACTERS
from ascend_core.flow.templates import Unfilled

__all__ = ["fault_of", "length_of"]


def length_of(text: SendText) -> int:
    """Characters of *text*, each link counted as a short one."""
    return sum(LINK_CHARACTERS if isinstance(part, LinkRef) else len(part) for part in text.body)


def fault_of(text: SendText) -> str | None:
    """Why *text* must not be sent: ``unset_value``, ``text_too_long`` or ``empty_text``; None: it may."""
    if any(isinstance(part, Unfilled) for part in text.body) or _leads_nowhere(text):
        return "unset_value"
    if length_of(text) > MOST_CHARACTERS:
        return "text_too_long"
    if not any(isinstance(part, LinkRef) or part.strip() for part in text.body):
        return "empty_text"
    return None


def _leads_nowhere(text: SendText) -> bool:
    placed = {part.name for part in text.body if isinstance(part, LinkRef)}
    if not placed:
        return False
    led = {link.name for link in text.links if link.url}
    return not placed <= led
