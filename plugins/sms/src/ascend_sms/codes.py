"""Twilio's error codes, and what happens next. Codes that are not here are safe: refused, or of no meaning.

Source: the provider's error pages, https://www.twilio.com/docs/api/errors, as read in 2026. The provider asks not to
build on single codes; so nothing depends on a code being here, except that we then know more.
"""

from __future__ import annotations

from typing import Final

from ascend_sms.meanings import Codes, Meaning, Next

__all__ = ["CODES"]


_HOUR: Final = 3600.0
_GIVE_UP, _WAIT, _LOOK_UP, _STOP = Next.GIVE_UP, Next.WAIT, Next.LOOK_UP, Next.STOP_CHANNEL

CODES: Final[Codes] = {
    20003: Meaning(_STOP, None, "the account SID, auth token or API key is wrong, or the account is suspended"),
    20404: Meaning(_STOP, None, "the account or the address of the API does not exist"),
    20429: Meaning(_WAIT, None, "too many requests at once", scope="account"),
    21211: Meaning(_GIVE_UP, "bad_phone", "the number is not valid"),
    21212: Meaning(_STOP, None, "the sender is not a valid number"),
    21217: Meaning(_GIVE_UP, "bad_phone", "the number is not valid"),
    21266: Meaning(_GIVE_UP, "bad_phone", "the number is the sender's own"),
    21408: Meaning(_GIVE_UP, "refused", "texts to this country are not enabled in the account"),
    21602: Meaning(_GIVE_UP, "bad_text", "the text is empty"),
    21603: Meaning(_STOP, None, "no sender is set"),
    21604: Meaning(_GIVE_UP, "bad_phone", "no number was given"),
    21606: Meaning(_STOP, None, "the sender cannot send texts from this account"),
    21608: Meaning(_GIVE_UP, "refused", "a trial account texts verified numbers only"),
    21609: Meaning(_STOP, None, "the public URL for delivery statuses is not accepted"),
    21610: Meaning(_GIVE_UP, "opted_out", "this person opted out with the provider"),
    21611: Meaning(_WAIT, None, "the sender's queue is full", _HOUR, scope="sender"),
    21612: Meaning(_GIVE_UP, "unreachable", "the number cannot be reached from this sender"),
    21614: Meaning(_GIVE_UP, "bad_phone", "the number is not a mobile number"),
    21617: Meaning(_GIVE_UP, "bad_text", "the text is longer than 1,600 characters"),
    21618: Meaning(_GIVE_UP, "bad_text", "the text cannot be sent"),
    21620: Meaning(_GIVE_UP, "bad_text", "the media URL is not valid"),
    21623: Meaning(_GIVE_UP, "bad_text", "the media is too large"),
    21624: Meaning(_GIVE_UP, "refused", "the validity period is out of range"),
    21659: Meaning(_STOP, None, "the sender is not a number of this account"),
    21660: Meaning(_STOP, None, "the sender belongs to another account"),
    21701: Meaning(_STOP, None, "the messaging service does not exist"),
    21702: Meaning(_STOP, None, "the messaging service is not valid"),
    21703: Meaning(_STOP, None, "the messaging service has no number"),
    21704: Meaning(_STOP, None, "the messaging service has no number"),
    21705: Meaning(_STOP, None, "the messaging service is not valid"),
    21712: Meaning(_STOP, None, "the sender is not part of the messaging service"),
    30001: Meaning(_WAIT, None, "the sender's queue is full", scope="sender"),
    30002: Meaning(_STOP, None, "the account is suspended"),
    30003: Meaning(_GIVE_UP, "unreachable", "the phone is off, out of reach or cannot take texts"),
    30004: Meaning(_GIVE_UP, "unreachable", "the person or the carrier blocks the sender"),
    30005: Meaning(_GIVE_UP, "bad_phone", "the number is not in use"),
    30006: Meaning(_GIVE_UP, "unreachable", "the number is a landline or of a carrier that takes no texts"),
    30007: Meaning(_GIVE_UP, "filtered", "the carrier filtered the text"),
    30008: Meaning(_LOOK_UP, None, "the carrier gave no reason"),
    30010: Meaning(_GIVE_UP, "refused", "the text costs more than the highest price set"),
    30017: Meaning(_WAIT, None, "the carrier is congested"),
    30019: Meaning(_GIVE_UP, "bad_text", "the text is too large for the carrier"),
    30022: Meaning(_WAIT, None, "the carrier's rate limit is reached", scope="sender"),
    30023: Meaning(_WAIT, None, "the carrier's daily cap is reached", _HOUR, scope="sender"),
    30024: Meaning(_STOP, None, "the sender is not provisioned with the carrier"),
    30027: Meaning(_WAIT, None, "the carrier's daily cap is reached", _HOUR, scope="sender"),
    30032: Meaning(_STOP, None, "the toll-free sender is not verified"),
    30034: Meaning(_STOP, None, "the sender is not registered for 10DLC"),
    30036: Meaning(_GIVE_UP, "expired", "the text was not sent in time"),
    30047: Meaning(_GIVE_UP, "refused", "the text could not be moved out of the quiet hours"),
    30410: Meaning(_LOOK_UP, None, "the carrier did not answer in time"),
    30450: Meaning(_GIVE_UP, "filtered", "the text was taken for traffic pumping"),
    30500: Meaning(_LOOK_UP, None, "the provider failed inside"),
    30610: Meaning(_GIVE_UP, "refused", "the text fell into the provider's quiet hours"),
    30640: Meaning(_GIVE_UP, "refused", "the provider blocks this number for legal reasons"),
    63038: Meaning(_WAIT, None, "the account's daily cap is reached", _HOUR, scope="account"),
    90007: Meaning(_GIVE_UP, "refused", "the validity period is out of range"),
}
"""By code."""
