"""What the provider's answer to a create call means: a receipt, or the error that says what happens next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ascend_core.contracts import DeliveryState, Receipt
from ascend_core.errors import NeedsAttention, Refused, RunTimeError, TryLater, Unsure
from ascend_sms.codes import CODES
from ascend_sms.meanings import Codes, Next
from ascend_sms.states import state_of
from ascend_sms.wire import Reply

__all__ = ["ID", "problem", "receipt_in", "receipt_of"]

ID: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""The provider's own ids have two letters and 32 hexadecimal digits; compatible providers have other ones."""

_TOO_LARGE, _TOO_MANY, _TIMED_OUT = 413, 429, 408
_CONFIGURATION: Final = frozenset({401, 402, 403, 404, 405, 407, 410, 415})
"""The request as such is not welcome, whatever text it holds."""


def receipt_in(reply: Reply, now: datetime) -> Receipt:
    """The receipt in *reply*; raises what ``problem`` says, and Unsure for a success that names no text."""
    if not 200 <= reply.status < 300:
        raise problem(reply, now)
    receipt = receipt_of(reply.json())
    if receipt is None:
        raise Unsure(f"the SMS provider answered {reply.status} without naming the text")
    return receipt


def receipt_of(record: Mapping[str, Any]) -> Receipt | None:
    """The receipt in the provider's *record* of one text; None when it does not name one."""
    sid, segments, code = record.get("sid"), record.get("num_segments"), record.get("error_code")
    if not isinstance(sid, str) or not ID.fullmatch(sid):
        return None
    counted = int(segments) if isinstance(segments, str) and re.fullmatch("[0-9]{1,4}", segments) else 0
    return Receipt(
        provider_id=sid,
        state=state_of(record.get("status")) or DeliveryState.SENT,
        segments=counted or None,  # a messaging service says "0": it has not counted yet
        error_code=str(code) if isinstance(code, int) and code and not isinstance(code, bool) else None,
    )


def problem(reply: Reply, now: datetime, codes: Codes = CODES) -> RunTimeError:
    """What an answer that is no success means for the text that was to be sent.

    Every 5xx is Unsure, 503 too: the provider says that it may have taken the text, and asking it costs little.
    A redirect is not followed: it would drop the form.
    """
    meaning = codes.get(reply.code) if reply.code is not None else None
    coded = f"{reply.status}" if reply.code is None else f"{reply.status}, code {reply.code}"
    said = f"the SMS provider refused ({coded}): {meaning.says if meaning else 'no reason we know'}"
    if reply.status >= 500 or reply.status == _TIMED_OUT or reply.status < 200:
        return Unsure(f"the SMS provider failed ({coded})")
    if reply.status == _TOO_MANY:
        least = meaning.after_seconds if meaning else None
        scope = meaning.scope if meaning else "account"
        return TryLater(said, after_seconds=reply.wait_seconds(now) or least, scope=scope)
    if reply.status < 400:
        return NeedsAttention(
            f"the SMS provider's address answers with a redirect ({reply.status}): check the base URL"
        )
    if meaning is None:
        if reply.status in _CONFIGURATION:
            return NeedsAttention(f"{said}; check the credentials and the base URL")
        reason = "bad_text" if reply.status == _TOO_LARGE else "refused"
        return Refused(said, reason=reason, code=str(reply.code) if reply.code is not None else None)
    match meaning.next:
        case Next.WAIT:
            after_seconds = reply.wait_seconds(now) or meaning.after_seconds
            return TryLater(said, after_seconds=after_seconds, scope=meaning.scope)
        case Next.LOOK_UP:
            return Unsure(f"the SMS provider failed ({coded}): {meaning.says}")
        case Next.STOP_CHANNEL:
            return NeedsAttention(f"{said}; put it right in the channel's settings or in the provider's console")
        case Next.GIVE_UP:
            return Refused(said, reason=meaning.reason or "refused", code=str(reply.code))
