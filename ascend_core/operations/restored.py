"""A database that was restored from an older copy: nothing is sent before it was compared with the provider's list.

Such a copy has forgotten texts that were sent, and STOPs. Two things tell that a database is one: this machine
remembers more claims than the database does (see ``ClaimMark``), or whoever restored it says so (``freeze_sends``).
Then everything stands still, and ``reconcile`` learns from the provider who wrote STOP and what was sent. A text that
waits here or is in doubt, and was sent, becomes sent; one that is not known at all is kept as forgotten, and stops the
same words to the same number when they are made again (gate ``forgotten``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from ascend_core.contracts import SentText
from ascend_core.errors import BadInput, NeedsAttention, NotFound
from ascend_core.operations.connect import open_channel
from ascend_core.operations.core import Core
from ascend_core.operations.instance import instance_of
from ascend_core.operations.receive_messages import receive_events
from ascend_core.operations.recent import words_of
from ascend_core.store import messages as rows
from ascend_core.store.channels import ChannelRecord, channels, lock_channel, newest_trace, set_channel
from ascend_core.store.database import Tx
from ascend_core.store.messages import MessageRecord
from ascend_core.store.recent import keep_forgotten

__all__ = ["Reconciled", "freeze_if_old", "freeze_sends", "outbox_of", "reconcile"]

OLD = (
    "this database is an older copy: it knows of fewer texts than were sent from here. Nothing is sent until it was "
    "compared with the provider; run: ascend messages reconcile"
)

OVERLAP = timedelta(hours=1)
"""How far before the newest thing the database knows of the comparison begins."""

NEVER_KNOWN = timedelta(days=30)
"""How far back it goes in a database that knows of no text at all."""

_NOT_SENT_YET = ("ready", "sending", "unknown", "held", "suppressed", "expired")


@frozen(kw_only=True)
class Reconciled:
    """What the comparison found."""

    since: datetime
    heard: int = 0
    """Texts from people that were new."""
    known: int = 0
    """Texts of ours that are known as sent."""
    found: int = 0
    """Texts of ours that were waiting here and have been sent."""
    forgotten: int = 0
    """Texts of ours that are not known here at all."""


def outbox_of(core: Core, tx: Tx, channel: ChannelRecord) -> str:
    """What the outbox of a channel is called, for ever, whatever machine its database is on."""
    return f"{instance_of(core, tx)}:{channel.channel}"


def freeze_if_old(core: Core, tx: Tx, channel: ChannelRecord, outbox: str) -> bool:
    """Freeze the sends when this machine remembers more claims than the database knows of. Whether they are frozen."""
    if core.mark.newest(outbox) > channel.claims:
        set_channel(tx, channel.id, frozen=OLD)
        return True
    return False


def freeze_sends(core: Core, why: str) -> None:
    """Let nothing be sent until ``reconcile``, because of *why*: a sentence for a person."""

    def work(tx: Tx) -> None:
        for channel in channels(tx):
            set_channel(tx, channel.id, frozen=f"{why.rstrip('.')}. Nothing is sent; run: ascend messages reconcile")

    core.database.write(work)


async def reconcile(core: Core, *, since: datetime | None = None, unlisted: bool = False) -> Reconciled:
    """Learn from the provider what the database has forgotten since its newest trace (*since*), and let texts go again.

    *unlisted*: a person has looked at the provider, which keeps no list that can be read. Raises NotFound when no
    channel is connected, NeedsAttention and TryLater when the provider cannot tell; then everything stays as it was.
    """
    opened = open_channel(core)
    if opened is None:
        raise NotFound("no channel is connected, so there is nothing to compare with")
    channel, type_, settings = opened
    begin = since or core.database.read(newest_trace) or core.clock.now() - NEVER_KNOWN
    if begin > core.clock.now():
        raise BadInput("the comparison must begin in the past")
    begin -= OVERLAP if since is None else timedelta(0)
    if type_.sent is None and not unlisted:
        raise NeedsAttention(
            f"{type_.label} keeps no list of sent texts that can be read. Look there whether any text since "
            f"{begin:%Y-%m-%d %H:%M} UTC waits here as well, drop those, then run: ascend messages reconcile --unlisted"
        )
    heard = receive_events(core, type_.name, await type_.channel.missed(settings, begin))
    sent = await type_.sent(settings, begin) if type_.sent is not None else ()

    def work(tx: Tx) -> Reconciled:
        held = lock_channel(tx, channel.id)
        done = _compare(core, tx, sent)
        claims = max(held.claims, core.mark.newest(outbox_of(core, tx, held)))
        set_channel(tx, channel.id, frozen=None, claims=claims)
        return Reconciled(since=begin, heard=heard, **done)

    return core.database.write(work)


def _compare(core: Core, tx: Tx, sent: Sequence[SentText]) -> dict[str, int]:
    known = {each.provider_id for each in rows.messages_by_key(tx, (), {text.provider_id for text in sent})}
    new = [text for text in sent if text.provider_id not in known]
    waiting: dict[tuple[str, str], list[MessageRecord]] = {}
    for message in rows.messages_to(tx, {text.phone for text in new}, _NOT_SENT_YET):
        waiting.setdefault((message.phone, _plain(message.body)), []).append(message)
    changes, forgotten = [], []
    for text in new:
        same = waiting.get((text.phone, _plain(text.body)))
        if same:
            changes.append(_sent_row(same.pop(0), text))
        else:
            forgotten.append(_forgotten_row(core, text))
    rows.move_messages(tx, changes, from_states=_NOT_SENT_YET)
    return {"known": len(known), "found": len(changes), "forgotten": keep_forgotten(tx, forgotten)}


def _plain(body: str) -> str:
    return " ".join(body.split())


def _sent_row(message: MessageRecord, text: SentText) -> dict[str, Any]:
    return {
        "id": message.id,
        "state": "sent",
        "reason": "reconciled",
        "provider_id": text.provider_id,
        "sent_at": text.sent_at,
        "claimed_at": message.claimed_at or text.sent_at,
        "settled_at": None,
    }


def _forgotten_row(core: Core, text: SentText) -> dict[str, Any]:
    words = words_of(core, text.body)
    return {"provider_id": text.provider_id, "phone": text.phone, "words": words, "sent_at": text.sent_at}
