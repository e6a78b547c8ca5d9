"""Texts people wrote while nobody listened, from the provider's own list.

The list's date filter knows whole days and goes by the provider's clock: a day more is asked for, and what is too old
is left out here. Whether the provider confirmed a keyword is not in the list; it is taken from the rule it goes by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from ascend_core.contracts import Inbound
from ascend_core.errors import BadInput
from ascend_sms.heard import heard
from ascend_sms.sent_texts import created_at
from ascend_sms.settings import SmsSettings

__all__ = ["missed_in", "query_for"]

_CLOCKS_APART: Final = timedelta(minutes=5)
"""How far the provider's clock may be behind ours before we would miss a text."""


def query_for(settings: SmsSettings, since: datetime) -> dict[str, str]:
    """What to ask the list for: everything to our number from the day before *since*.

    A messaging service has many numbers: everything is asked for, and what the account sent itself is left out later.
    """
    day = (since - timedelta(days=1)).date().isoformat()
    return {"To": settings.from_number, "DateSent>": day} if settings.from_number else {"DateSent>": day}


def missed_in(settings: SmsSettings, since: datetime, records: Sequence[Mapping[str, Any]]) -> tuple[Inbound, ...]:
    """The texts from people among the provider's *records* (newest first), from *since* on, oldest first.

    A record that cannot be read is no text: short codes and names write too, and nobody can answer them.
    """
    dated = [(created_at(record), record) for record in reversed(records) if record.get("direction") == "inbound"]
    earliest = since - _CLOCKS_APART
    found = [(made or since, record) for made, record in dated if made is None or made >= earliest]
    texts = [_text(settings, record) for _, record in sorted(found, key=lambda each: each[0])]
    return tuple(text for text in texts if text is not None)


def _text(settings: SmsSettings, record: Mapping[str, Any]) -> Inbound | None:
    sid, phone, body = (str(record.get(name) or "") for name in ("sid", "from", "body"))
    try:
        return heard(sid=sid, phone=phone, body=body, opt_out_type="", answered=settings.answered_words)
    except BadInput:
        return None
