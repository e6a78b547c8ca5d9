"""Whether a rendered text may go out as it is."""

from __future__ import annotations

from ascend_core.contracts import LinkRef, SendText
from ascend_core.flow.limits import LINK_CHARACTERS, MOST_CHARACTERS
from ascend_core.flow.templates import Unfilled

__all__ = ["fault_of"]


def fault_of(text: SendText) -> str | None:
    """Why *text* must not be sent: ``unset_value``, ``text_too_long`` or ``empty_text``; None: it may.

    Each link counts as a short one.
    """
    leads = [link.name for link in text.links if link.url]
    length, says_something = 0, False
    for part in text.body:
        if isinstance(part, LinkRef):
            if part.name not in leads:
                return "unset_value"
            length, says_something = length + LINK_CHARACTERS, True
        elif isinstance(part, Unfilled):
            return "unset_value"
        else:
            length, says_something = length + len(part), says_something or bool(part.strip())
    if length > MOST_CHARACTERS:
        return "text_too_long"
    return None if says_something else "empty_text"
