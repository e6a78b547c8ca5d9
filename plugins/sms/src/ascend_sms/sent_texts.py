"""Finding a text again in the provider's own list: did it arrive before the connection was lost?

The list is asked for everything ever sent to the one number, without its date filter: that filter goes by the date of
sending, in whole days, and a text still waiting in the provider's queue has none. A wrong "not there" doubles a text.

The provider knows nothing of our key (it does not return the status callback), so a text is known again by sender,
receiver, words and time. What could be ours but need not be makes the answer Unsure: a person then decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from ascend_core.contracts import Outbound, Receipt, SentText
from ascend_core.errors import TryLater, Unsure
from ascend_sms.outgoing import sendable
from ascend_sms.replies import receipt_of
from ascend_sms.segments import plain
from ascend_sms.settings import SmsSettings

__all__ = ["SETTLES_SECONDS", "created_at", "find_sent", "sent_in", "still_settling"]

SETTLES_SECONDS: Final = 30.0
"""The provider may work on a create call for about 26 s: a list is not complete before."""
_ROUNDING: Final = timedelta(seconds=2)
"""The provider's dates have whole seconds."""
_CLOCKS_APART: Final = timedelta(minutes=5)
"""How far the provider's clock may be behind ours before we would miss a text."""


def find_sent(
    settings: SmsSettings, text: Outbound, since: datetime, records: Iterable[Mapping[str, Any]]
) -> Receipt | None:
    """The receipt of *text*, claimed at *since*, among the provider's *records* of texts to its phone.

    None: none of them is it. Raises Unsure when more than one may be it, or when one may but need not.
    """
    alike = [
        (record, created_at(record))
        for record in records
        if record.get("to") == text.phone and _from_us(settings, record) and _same_words(text.body, record.get("body"))
    ]
    near = [(record, made) for record, made in alike if made is None or made >= since - _CLOCKS_APART]
    if not near:
        return None
    if len(near) > 1:
        raise Unsure("the SMS provider lists several texts that may be this one")
    record, made = near[0]
    receipt = receipt_of(record)
    if made is None or made < since - _ROUNDING or not record.get("body") or receipt is None:
        raise Unsure("the SMS provider lists a text that may be this one, and may be another")
    return receipt


def sent_in(settings: SmsSettings, since: datetime, records: Iterable[Mapping[str, Any]]) -> tuple[SentText, ...]:
    """The texts that were sent through the API from our sender, of the provider's *records*, oldest first.

    Those from before *since* are left out, and what the provider answered to keywords by itself.
    """
    made = ((created_at(record) or since, record) for record in records if _is_call_of_ours(settings, record))
    ours = sorted(((at, record) for at, record in made if at >= since - _CLOCKS_APART), key=lambda each: each[0])
    return tuple(
        SentText(
            provider_id=str(record["sid"]), phone=str(record.get("to")), body=str(record.get("body") or ""), sent_at=at
        )
        for at, record in ours
        if record.get("sid")
    )


def _is_call_of_ours(settings: SmsSettings, record: Mapping[str, Any]) -> bool:
    return record.get("direction") in (None, "outbound-api") and _from_us(settings, record)


def still_settling(since: datetime, now: datetime) -> TryLater | None:
    """What to raise when nothing was found so soon after *since* that it may still turn up; else None."""
    left = SETTLES_SECONDS - (now - since).total_seconds()
    return TryLater("the SMS provider may still be taking the text", after_seconds=left) if left > 0 else None


def _from_us(settings: SmsSettings, record: Mapping[str, Any]) -> bool:
    """Whether *record* is outgoing and, as far as it says, from our sender. A service picks its number later."""
    sender, service = record.get("from"), record.get("messaging_service_sid")
    if record.get("direction") == "inbound":
        return False
    if settings.messaging_service_sid:
        return service in (None, settings.messaging_service_sid)
    return sender in (None, "", settings.from_number)


def _same_words(ours: str, theirs: object) -> bool:
    """Whether two bodies say the same. The provider may trim, re-encode for GSM-7, or have been told to forget."""
    if not isinstance(theirs, str):
        return True
    return not theirs or plain(sendable(ours)).split() == plain(theirs).split()


def created_at(record: Mapping[str, Any]) -> datetime | None:
    """When the provider made *record* (RFC 2822); None when it cannot be read."""
    try:
        made = parsedate_to_datetime(str(record.get("date_created")))
    except (ValueError, TypeError, OverflowError):
        return None
    return made if made.tzinfo else made.replace(tzinfo=UTC)
