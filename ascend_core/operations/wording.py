"""What the product itself says to people: one text for each keyword, no marketing in it (row J2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["CONFIRMATIONS"]

CONFIRMATIONS: Final[Mapping[str, str]] = {
    "stop": "You are unsubscribed and will get no more texts from us. Reply START to join again.",
    "start": "You are subscribed again. Reply HELP for help, STOP to unsubscribe.",
    "help": "You get texts about events you signed up for. Msg & data rates may apply. Reply STOP to unsubscribe.",
}
"""By keyword."""
