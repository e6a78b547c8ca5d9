"""Telnyx's error codes, and what happens next. Codes that are not here are safe: refused, or of no meaning.

Source: https://developers.telnyx.com/docs/messaging/messages/error-codes, as read in 2026.
"""

from __future__ import annotations

from typing import Final

from ascend_sms.meanings import Codes, Meaning, Next

__all__ = ["CODES"]

_HOUR: Final = 3600.0
_GIVE_UP, _WAIT, _STOP = Next.GIVE_UP, Next.WAIT, Next.STOP_CHANNEL

CODES: Final[Codes] = {
    10002: Meaning(_GIVE_UP, "bad_phone", "the number is not valid"),
    10009: Meaning(_STOP, None, "the API key is wrong"),
    10010: Meaning(_STOP, None, "the API key may not do this"),
    10011: Meaning(_WAIT, None, "too many requests at once", scope="account"),
    10016: Meaning(_GIVE_UP, "bad_phone", "the number is not in E.164 format"),
    20012: Meaning(_STOP, None, "the account is not active"),
    20100: Meaning(_STOP, None, "the account has no funds left"),
    40001: Meaning(_GIVE_UP, "unreachable", "the number is a landline or takes no texts"),
    40002: Meaning(_GIVE_UP, "filtered", "the carrier took the text for spam"),
    40003: Meaning(_GIVE_UP, "filtered", "the carrier blocks the sender for spam"),
    40004: Meaning(_GIVE_UP, "unreachable", "the carrier rejected the text without a reason"),
    40005: Meaning(_GIVE_UP, "expired", "the text was not delivered in time"),
    40006: Meaning(_GIVE_UP, "unreachable", "the carrier cannot be reached"),
    40008: Meaning(_GIVE_UP, "unreachable", "the carrier did not take the text"),
    40009: Meaning(_GIVE_UP, "bad_text", "the carrier did not take the words"),
    40010: Meaning(_STOP, None, "the sender is not registered for 10DLC"),
    40011: Meaning(_WAIT, None, "the carrier's rate limit is reached", scope="sender"),
    40012: Meaning(_GIVE_UP, "bad_phone", "the carrier does not know the number"),
    40013: Meaning(_STOP, None, "the carrier does not take the sender"),
    40014: Meaning(_GIVE_UP, "expired", "the text was not sent in time"),
    40015: Meaning(_GIVE_UP, "filtered", "the provider took the text for spam"),
    40016: Meaning(_WAIT, None, "the carrier's daily cap is reached", _HOUR, scope="sender"),
    40017: Meaning(_GIVE_UP, "filtered", "the carrier took the text for spam"),
    40018: Meaning(_WAIT, None, "the carrier's rate limit is reached", scope="sender"),
    40300: Meaning(_GIVE_UP, "opted_out", "this person opted out with the provider"),
    40301: Meaning(_GIVE_UP, "bad_text", "this kind of text is not supported"),
    40302: Meaning(_GIVE_UP, "bad_text", "the text is too large"),
    40305: Meaning(_STOP, None, "the sender is not a number of this messaging profile"),
    40306: Meaning(_STOP, None, "the messaging profile has no alphanumeric sender"),
    40309: Meaning(_GIVE_UP, "refused", "texts to this region are not enabled in the messaging profile"),
    40310: Meaning(_GIVE_UP, "bad_phone", "the number is not valid"),
    40312: Meaning(_STOP, None, "the messaging profile is disabled"),
    40314: Meaning(_STOP, None, "messaging is disabled for the account"),
    40315: Meaning(_WAIT, None, "the sender is unhealthy", scope="sender"),
    40316: Meaning(_GIVE_UP, "bad_text", "the text is empty"),
    40318: Meaning(_WAIT, None, "the sender's queue is full", _HOUR, scope="sender"),
    40320: Meaning(_WAIT, None, "the sender cannot be used for the moment", scope="sender"),
    40321: Meaning(_STOP, None, "the messaging profile has no usable number"),
    40322: Meaning(_GIVE_UP, "filtered", "the provider blocks the words"),
}
"""By code."""
