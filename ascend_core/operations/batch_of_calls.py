"""The calls of one batch, and what ends them before all were made: the rest goes back as it was, without a call.

One answer may tell something about all of them: that the key is refused, or that the provider has too much. So do
several silences in a row: an outage costs a batch those calls that were under way when it was noticed, not all of them.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from ascend_core.errors import NeedsAttention, TryLater
from ascend_core.operations.breakers import CHANNEL, is_answer

__all__ = ["CALL_WITHIN_SECONDS", "NO_ANSWER", "BatchOfCalls"]

CALL_WITHIN_SECONDS = 30.0
"""A worker that was held up for longer between claim and call does not call any more: others may think it dead, and
look the text up while it is not there yet. It must be less than ``Options.lookup_after``."""

NO_ANSWER = "no_answer"
"""Why the rest of a batch was not called: the provider left as many calls in a row unanswered as open its breaker."""


@define
class BatchOfCalls:
    """How the calls of a batch that was claimed at *claimed_at* go.

    *now*: seconds that never go back; *ending*: whether this process was asked to end.
    """

    claimed_at: float
    now: Callable[[], float]
    ending: Callable[[], bool] = lambda: False
    _silent: int = field(default=0, init=False)
    """Calls in a row that got no answer, as they ended."""
    _told: str | None = field(default=None, init=False)
    """What one of the answers says about all of them."""

    def heard(self, error: Exception | None) -> None:
        """A call ended: with *error*, or the provider took the text."""
        self._silent = 0 if error is None or is_answer(error) else self._silent + 1
        if isinstance(error, NeedsAttention):
            self._told = "channel_stopped"
        elif isinstance(error, TryLater) and error.scope != "call":
            self._told = self._told or "slowed_down"

    def over(self) -> str | None:
        """Why no call begins any more; None: one may."""
        if self._silent >= CHANNEL.opens_after:
            return NO_ANSWER
        if self.ending():
            return "ending"
        if self.now() - self.claimed_at > CALL_WITHIN_SECONDS:
            return "held_up"
        return self._told
