"""What the product itself says to people: one text for each keyword, no marketing in it (row J2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import Attribute, field, frozen

from ascend_core.errors import BadInput

__all__ = ["CONFIRMATIONS", "Program", "confirmation"]

_LONGEST: Final = 60
"""Characters of a name or a contact: with both, every text of ours still fits into two segments."""


def _bare(value: str) -> str:
    return value.strip()


def _short(_program: Program, attribute: Attribute[str], value: str) -> None:
    if len(value) > _LONGEST or not value.isprintable():
        raise BadInput(f"the program's {attribute.name} is longer than {_LONGEST} characters, or not in one line")


@frozen(kw_only=True)
class Program:
    """Who texts, as carriers want it named in the answer to HELP; '' says less."""

    name: str = field(default="", converter=_bare, validator=_short)
    contact: str = field(default="", converter=_bare, validator=_short)
    """A phone number, an address or a page where people get help."""


def confirmation(keyword: str, program: Program) -> str:
    """What *program* says to ``stop``, ``start`` and ``help``."""
    name, contact = program.name, program.contact
    match keyword:
        case "stop":
            whose = f" from {name}" if name else ""
            return f"You are unsubscribed{whose} and will get no more texts from us. Reply START to join again."
        case "start":
            whose = f" to {name}" if name else ""
            return f"You are subscribed{whose} again. Reply HELP for help, STOP to unsubscribe."
        case "help":
            whose, more = f"{name}: you" if name else "You", f" Help: {contact}." if contact else ""
            return (
                f"{whose} get texts about events you signed up for.{more} Msg & data rates may apply. "
                "Reply STOP to unsubscribe."
            )
    raise KeyError(keyword)


CONFIRMATIONS: Final[Mapping[str, str]] = {
    keyword: confirmation(keyword, Program()) for keyword in ("stop", "start", "help")
}
"""By keyword, of a program without a name."""
