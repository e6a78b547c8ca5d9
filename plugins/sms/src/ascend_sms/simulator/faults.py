"""Trouble on order: each fault happens so many times, to the next requests or webhooks it fits."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from attrs import evolve, field, frozen, validators

from ascend_core.errors import BadInput

__all__ = [
    "HARMLESS",
    "INSTEAD_OF_ACCEPTANCE",
    "SPOILED_ANSWERS",
    "Fault",
    "FaultKind",
    "Faults",
    "read_fault",
]


class FaultKind(StrEnum):
    """What goes wrong."""

    RATE_LIMITED = "429"
    """Not accepted; answered 429 with code 20429, and ``Retry-After`` when the fault has ``retry_after_seconds``."""
    KEY_REFUSED = "401"
    """Not accepted; answered 401 with code 20003, as when the token was changed meanwhile."""
    ERROR_500 = "error_500"
    """Not accepted; answered 500."""
    HTML_502 = "html_502"
    """Not accepted; answered by a proxy's page."""
    ERROR_500_AFTER_ACCEPT = "error_500_after_accept"
    DROP_RESPONSE_AFTER_ACCEPT = "drop_response_after_accept"
    """Accepted; the connection is closed without an answer."""
    TRUNCATED = "truncated"
    """Accepted; half of the answer arrives."""
    SLOW = "slow"
    """Accepted; answered after ``seconds`` of real time, or never when the caller hangs up first."""
    CALLBACK_BEFORE_RESPONSE = "callback_before_response"
    """Accepted; the first callback arrives before the answer does."""
    DUPLICATE_CALLBACKS = "duplicate_callbacks"
    """A callback is posted twice."""
    REORDER_CALLBACKS = "reorder_callbacks"
    """A message's first callback arrives a second after its last."""
    LOSE_CALLBACKS = "lose_callbacks"
    """A callback is never posted."""
    UNKNOWN_STATUS = "unknown_status"
    """Before a callback comes another, with a status and a parameter nobody has heard of."""
    BASE64_INBOUND = "base64_inbound"
    """A person's text arrives as the base64 of the whole, as long ones through some carriers do."""
    LOSE_INBOUND = "lose_inbound"
    """A person's text is never posted: the webhook was away for longer than it is tried."""
    BAD_SIGNATURE = "bad_signature"
    """A webhook is signed wrongly; the real one follows at the next settling."""


INSTEAD_OF_ACCEPTANCE = (FaultKind.RATE_LIMITED, FaultKind.KEY_REFUSED, FaultKind.ERROR_500, FaultKind.HTML_502)
SPOILED_ANSWERS = (
    FaultKind.ERROR_500_AFTER_ACCEPT,
    FaultKind.DROP_RESPONSE_AFTER_ACCEPT,
    FaultKind.TRUNCATED,
    FaultKind.SLOW,
)
"""Accepted, and yet the caller cannot know."""
HARMLESS = (
    *SPOILED_ANSWERS,
    FaultKind.CALLBACK_BEFORE_RESPONSE,
    FaultKind.DUPLICATE_CALLBACKS,
    FaultKind.REORDER_CALLBACKS,
    FaultKind.UNKNOWN_STATUS,
    FaultKind.BAD_SIGNATURE,
)
"""Kinds that change nothing about which texts are accepted and when, and what becomes of them. The others do: a text
that is not accepted goes out later, and a lost callback leaves its text undecided for a while."""


@frozen(kw_only=True)
class Fault:
    """An order."""

    kind: FaultKind
    times: int = field(default=1, validator=[validators.instance_of(int), validators.ge(1)])
    phone: str | None = None
    """Only for texts to or from this phone."""
    seconds: float = field(default=20.0, validator=[validators.instance_of((int, float)), validators.ge(0)])
    retry_after_seconds: int | None = field(default=None, validator=validators.optional(validators.instance_of(int)))


class Faults:
    """The orders not yet filled. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[Fault] = []

    def order(self, fault: Fault) -> None:
        """Have *fault* happen."""
        with self._lock:
            self._orders.append(fault)

    def clear(self) -> None:
        """Forget all orders."""
        with self._lock:
            self._orders.clear()

    def ordered(self) -> tuple[Fault, ...]:
        """What is still to happen."""
        with self._lock:
            return tuple(self._orders)

    def take(self, phone: str, *kinds: FaultKind) -> Fault | None:
        """The first order of *kinds* that fits *phone*, used up by one; None when there is none."""
        with self._lock:
            for place, fault in enumerate(self._orders):
                if fault.kind in kinds and fault.phone in (None, phone):
                    self._orders[place : place + 1] = [evolve(fault, times=fault.times - 1)] if fault.times > 1 else []
                    return fault
        return None


def read_fault(data: Any) -> Fault:
    """Read an order from JSON: ``{"kind": "slow", "times": 2, "phone": "+12025550123", "seconds": 1}``.

    Raises BadInput: it is none.
    """
    if not isinstance(data, Mapping):
        raise BadInput('a fault is an object such as {"kind": "slow", "times": 1}')
    try:
        return Fault(**{**data, "kind": FaultKind(str(data.get("kind")))})
    except (TypeError, ValueError):
        kinds = ", ".join(kind.value for kind in FaultKind)
        raise BadInput(
            f"{dict(data)!r} is no fault: 'kind' is one of {kinds}; "
            "'times', 'phone', 'seconds' and 'retry_after_seconds' may be given too"
        ) from None
