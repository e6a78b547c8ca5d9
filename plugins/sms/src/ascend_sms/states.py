"""The provider's words for how far a text came, as ours."""

from __future__ import annotations

from typing import Final

from ascend_core.contracts import DeliveryState

__all__ = ["STATES", "state_of"]

STATES: Final = {
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.DELIVERED,
    "partially_delivered": DeliveryState.DELIVERED,
    "undelivered": DeliveryState.UNDELIVERED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
}
"""By word. ``accepted``, ``scheduled``, ``queued`` and ``sending`` are steps on the way and are not here."""


def state_of(word: object) -> DeliveryState | None:
    """How far a text in the provider's state *word* came; None: on its way, or a word we do not know."""
    return STATES.get(word) if isinstance(word, str) else None
