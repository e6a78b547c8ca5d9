"""Channels and accounts whose server does not answer: their breakers, as all workers share them.

A channel's opens when five calls in a row got no answer, so that an outage at the provider costs no text its tries:
the rest of their batch is not called (``batch_of_calls``), and later one text is the probe. An account's opens with the
first round that fails; the next round is the probe. What was answered, even with a refusal, closes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ascend_core.engine.breaker import Breaker, BreakerState, Patience
from ascend_core.errors import NeedsAttention, Refused, TryLater
from ascend_core.operations.core import Core
from ascend_core.store.accounts import AccountRecord
from ascend_core.store.channels import ChannelRecord, lock_channel, set_channel
from ascend_core.store.database import Tx

__all__ = ["ACCOUNT", "CHANNEL", "account_breaker", "channel_breaker", "is_answer", "let_one_through", "note_answers"]

CHANNEL = Patience(opens_after=5, first_seconds=5.0, longest_seconds=300.0)
ACCOUNT = Patience(opens_after=1, first_seconds=30.0, longest_seconds=900.0)
"""The guide promises a sign-up within 15 minutes: a source that recovers must not wait longer for us."""

PROBE = timedelta(seconds=60)
"""A probe whose worker died counts as none after that; it is longer than any call."""


def channel_breaker(record: ChannelRecord) -> Breaker:
    """A channel's, by the clock that all workers agree on."""
    return Breaker(failures=record.failures, retry_at=record.retry_at)


def account_breaker(record: AccountRecord) -> Breaker:
    """An account's, by the calendar."""
    return Breaker(failures=record.failures, retry_at=record.retry_at)


def let_one_through(tx: Tx, record: ChannelRecord, now: datetime) -> None:
    """A text of a half-open channel was claimed: it is the probe."""
    set_channel(tx, record.id, retry_at=channel_breaker(record).trying(now + PROBE).retry_at)


def note_answers(
    core: Core, tx: Tx, record: ChannelRecord, outcomes: Sequence[Exception | None], *, silent: bool = False
) -> BreakerState | None:
    """What came of the calls of one batch: None where the provider took the text. *silent*: the rest of the batch was
    not called, because nobody answered any more. Returns the new state; None: it is as it was, which costs no
    statement as long as all is well.
    """
    unanswered = [error for error in outcomes if error is not None and not is_answer(error)]
    if not unanswered and record.failures == 0 and record.retry_at is None:
        return None
    before, now = channel_breaker(lock_channel(tx, record.id)), core.moment(tx)
    if not outcomes:  # the probe was not called after all
        after = before if before.retry_at is None else before.trying(now)
    elif len(unanswered) < len(outcomes) and not silent:
        after = Breaker()
    else:
        after = before.failed(CHANNEL, now, chance=core.randomness.fraction(), times=len(unanswered))
    if after == before:
        return None
    set_channel(tx, record.id, failures=after.failures, retry_at=after.retry_at)
    return after.state(now)


def is_answer(error: Exception) -> bool:
    """Whether somebody answered: with a refusal, or that it is too much for now."""
    return isinstance(error, Refused | NeedsAttention) or (isinstance(error, TryLater) and error.scope != "call")
