"""What becomes of an accepted message, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from ascend_sms.simulator.chance import fraction
from ascend_sms.simulator.messages import Step
from ascend_sms.simulator.phones import PhoneKind

__all__ = ["DEFAULT_VALIDITY", "steps_of"]

DEFAULT_VALIDITY = timedelta(seconds=36_000)
"""How long a message may wait to be sent when ValidityPeriod is not given."""

_PUBLIC_SHORTENERS = ("bit.ly/", "tinyurl.com/", "goo.gl/", "ow.ly/", "t.co/", "is.gd/")
"""Links carriers filter: CTIA Messaging Principles and Best Practices (2023) asks not to use shared shorteners."""
_LURES = ("claim your prize", "you have won", "free gift card")
"""Words that carriers' content filters take for fraud, whoever writes them."""


def steps_of(
    *, seed: int, sid: str, kind: PhoneKind, body: str, starts_at: datetime, expires_at: datetime
) -> tuple[Step, ...]:
    """The statuses after the initial one: ``sent`` in 1 to 3 seconds from *starts_at*, the last 1 to 6 seconds later.

    They depend on the arguments only, so that runs that interleave differently end the same.
    """
    if starts_at > expires_at:
        return (Step(status="failed", due_at=expires_at, error_code=30036),)
    sent_at = starts_at + _wait(seed, sid, "sent", least=1, most=3)
    sent = Step(status="sent", due_at=sent_at)
    last_at = sent_at + _wait(seed, sid, "last", least=1, most=6)
    if any(sign in body.lower() for sign in (*_PUBLIC_SHORTENERS, *_LURES)):
        return (sent, Step(status="undelivered", due_at=last_at, error_code=30007))
    match kind:
        case PhoneKind.MOBILE:
            return (sent, Step(status="delivered", due_at=last_at))
        case PhoneKind.LANDLINE:
            return (sent, Step(status="undelivered", due_at=last_at, error_code=30006))
        case PhoneKind.UNREACHABLE:
            return (sent, Step(status="undelivered", due_at=last_at, error_code=30003))
        case PhoneKind.NO_DLR:
            return (sent,)
        case _:
            assert_never(kind)


def _wait(seed: int, sid: str, what: str, *, least: int, most: int) -> timedelta:
    return timedelta(milliseconds=int(1000 * (least + (most - least) * fraction(seed, sid, what))))
