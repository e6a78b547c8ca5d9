"""Texts in doubt: they may have been sent, so they are looked up, and never sent again before that found nothing.

What nobody can tell is held for a person (see ``held_messages``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ascend_core.contracts import ChannelType, DeliveryState
from ascend_core.engine.waits import heeded
from ascend_core.errors import TryLater
from ascend_core.operations.connect import open_channel
from ascend_core.operations.core import Core
from ascend_core.operations.orphans import UPWARD, join_orphans
from ascend_core.operations.send_messages import MOST_TRIES, backoff, outbound
from ascend_core.operations.workers import living_workers
from ascend_core.store import messages as rows
from ascend_core.store.database import Tx
from ascend_core.store.messages import MessageRecord

__all__ = ["recover_sends", "resolve_unknown"]

LOOK_UPS_AT_ONCE = 5
"""Questions to one provider at the same time: whatever is in doubt, sending goes first."""

LOOK_UPS_WITHIN_SECONDS = 5.0
"""A round begins no look-up after that: a provider that takes half a minute for each would hold up what is to be sent,
answers and confirmations of STOP among it. The others are due still, and have their turn after the next texts."""

STUCK = timedelta(minutes=10)
"""A send of our own without a result for so long has none any more: its commit failed while this process lived on."""


def recover_sends(core: Core, *, starting: bool = True) -> int:
    """Texts whose worker died without a result become ``unknown``. Returns how many.

    *starting*: this process sends nothing yet, so that what is being sent under its name is in doubt too, whatever the
    clock says. What another worker is sending is left alone while that one lives (see ``workers``).
    """

    def work(tx: Tx) -> int:
        others = living_workers(core, tx) - {core.worker}
        if starting:
            return rows.put_in_doubt(tx, but_by=others)
        dead = rows.put_in_doubt(tx, but_by={*others, core.worker})
        return dead + rows.put_in_doubt(tx, but_by=others, claimed_before=core.clock.now() - STUCK)

    return core.database.write(work)


async def resolve_unknown(core: Core, limit: int = 50, *, ending: Callable[[], bool] = lambda: False) -> int:
    """Look up texts that may have been sent: found ones are sent, those surely not there go back to ``ready``.

    What the provider cannot tell, after a few tries, is held for a person. Returns how many were settled. *ending*:
    whether this process was asked to end.
    """
    opened = open_channel(core)
    if opened is None:
        return 0
    _, type_, settings = opened
    now = core.clock.now()
    doubtful = core.database.read(
        lambda tx: rows.unknown_messages(tx, claimed_before=now - core.options.lookup_after, now=now, limit=limit)
    )
    gate, latest = asyncio.Semaphore(LOOK_UPS_AT_ONCE), core.clock.monotonic() + LOOK_UPS_WITHIN_SECONDS

    async def one(message: MessageRecord) -> int:
        async with gate:
            if core.clock.monotonic() > latest or ending():
                return 0
            row = await _look_up(core, type_, settings, message)
        core.database.write(lambda tx: _apply(tx, type_, row))
        return int(row["state"] != "unknown")

    return sum(await asyncio.gather(*(one(message) for message in doubtful)))


def _apply(tx: Tx, type_: ChannelType, row: dict[str, Any]) -> None:
    """What a look-up found: that a text was sent is so; that it was not says something about the claim looked up."""
    provider_id = row.get("provider_id")
    if provider_id is None:
        rows.move_messages(tx, [row], from_states=("unknown",), same_claim=True)
        return
    found = {name: value for name, value in row.items() if name != "claim"}
    rows.move_messages(tx, [found], from_states=UPWARD[DeliveryState.SENT])
    join_orphans(tx, type_.name, [provider_id], row["sent_at"])


async def _look_up(core: Core, type_: ChannelType, settings: Any, message: MessageRecord) -> dict[str, Any]:
    now = core.clock.now()
    row: dict[str, Any] = {"id": message.id, "claim": message.claim, "attempts": message.attempts + 1}
    waits = row | {"state": "unknown", "reason": message.reason}
    held = row | {"state": "held", "reason": "unsure", "due_at": message.due_at}
    if type_.dedupe == "none":
        return held
    try:
        asked = outbound(core, type_, message, message.expires_at)
        receipt = await type_.channel.lookup(settings, asked, message.claimed_at or now)
    except Exception as error:  # noqa: BLE001 -- a fence: whatever a channel raises, the text stays in doubt
        if isinstance(error, TryLater) and error.after_seconds:
            # it was asked too early, and says when to ask: that is no failed try, and there is no need to wait longer
            return waits | {"attempts": message.attempts, "due_at": now + heeded(error.after_seconds)}
        wait = backoff(core, message, error if isinstance(error, TryLater) else TryLater(""))
        if isinstance(error, TryLater) or message.attempts + 1 < MOST_TRIES:
            return waits | {"due_at": now + wait}
        return held
    if receipt is None:
        return row | {"state": "ready", "reason": "looked_up", "due_at": now}
    sent = {"state": receipt.state.value, "reason": None, "provider_id": receipt.provider_id, "sent_at": now}
    return row | sent | {"due_at": message.due_at}
