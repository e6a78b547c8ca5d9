"""Whom texts come from, and how fast carriers in the United States take them from a sender of that kind.

Source: the provider's pages on message throughput, as read in 2026. A registered campaign may be given more; the
operator sets it with ``ascend sms limits``.
"""

from __future__ import annotations

import re
from typing import Final

from ascend_core.contracts import Sender
from ascend_sms.settings import SmsSettings

__all__ = ["sender_named", "sender_of"]

_SHORT_CODE: Final = re.compile(r"[0-9]{5,6}")
_TOLL_FREE: Final = re.compile(r"\+18(00|33|44|55|66|77|88)[0-9]{7}")


def sender_of(settings: SmsSettings) -> Sender:
    """The sender in *settings*: its service where it has one, for that picks among its numbers, else its number."""
    return sender_named(settings.from_number, pool=settings.messaging_service_sid)


def sender_named(number: str, *, pool: str) -> Sender:
    """The sender *number*, or the *pool* of numbers ('': none)."""
    if pool:
        # it may hold one number or a hundred: as fast as one, until somebody says otherwise
        return Sender(key=pool, kind="pool", per_second=1, burst=10)
    if _SHORT_CODE.fullmatch(number):
        return Sender(key=number, kind="short code", per_second=100, burst=100)
    if _TOLL_FREE.fullmatch(number):
        return Sender(key=number, kind="toll-free", per_second=3, burst=10)
    return Sender(key=number, kind="long code", per_second=1, burst=10)
