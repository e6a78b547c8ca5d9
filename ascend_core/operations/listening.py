"""Listening to what people write: after a time in which nobody did, it is fetched before the next text goes out.

A STOP that was sent meanwhile is then honoured. Who serves the webhooks says so again and again (``note_heard``); when
that was too long ago, or such a process starts or had to refuse a webhook (``begin_hearing``), the channel is deaf
since then, and nothing is sent (``ChannelRecord.stopped``) until ``catch_up`` has asked the provider.

A provider that lists late is asked late (``ChannelType.listed_after``), counted from when somebody listens again: what
came in just before is among what it tells by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ascend_core.engine.waits import heeded
from ascend_core.errors import NeedsAttention, TryLater
from ascend_core.operations.connect import open_channel
from ascend_core.operations.core import Core
from ascend_core.operations.receive_messages import receive_events
from ascend_core.store.buckets import find_buckets, lock_bucket, save_bucket
from ascend_core.store.channels import ChannelRecord, channels, lock_channel, set_channel
from ascend_core.store.database import Tx
from ascend_core.store.settings import put_setting, settings_named

__all__ = ["begin_hearing", "catch_up", "note_heard", "notice_gap"]

HEARD_EVERY = timedelta(seconds=30)
"""How often it is written down that somebody listens."""

GAP = timedelta(minutes=2)
"""After so long without it nobody did."""

OVERLAP = timedelta(minutes=5)
"""Texts from so long before are asked for as well: what is known already changes nothing."""

REST_SECONDS = 15.0
"""Between two questions that the provider could not answer."""


def begin_hearing(core: Core) -> None:
    """This process begins to serve the webhooks, or had to refuse one. However short it was away: what came in
    meanwhile is fetched.

    Providers try a webhook again only for some seconds, if at all; and another process that went on listening need not
    have been asked. Whoever is asking the provider at this moment asks once more (``catch_up``).
    """

    def work(tx: Tx) -> None:
        for channel in _listening(channels(tx)):
            _deafen(core, tx, channel)

    if core.database.read(channels):
        core.database.write(work)


def _listening(known: Sequence[ChannelRecord]) -> list[ChannelRecord]:
    """Those that can be asked what they missed: not one that no longer sends, and of which a person has said that it
    need not be asked (``resume_channel``, *skip_missed*): its account may be closed.
    """
    return [channel for channel in known if channel == known[0] or channel.problem is None or channel.deaf_since]


def notice_gap(core: Core) -> None:
    """At start, and whenever time has jumped: channels nobody listened to lately are deaf since then."""
    now, known = core.database.read(lambda tx: (core.moment(tx), channels(tx)))
    _notice(core, known, now)


def _notice(core: Core, known: Sequence[ChannelRecord], now: datetime) -> None:
    if any(_is_deaf(channel, now) for channel in _listening(known)):
        core.database.write(lambda tx: _go_deaf(core, tx))


def _is_deaf(channel: ChannelRecord, now: datetime) -> bool:
    return channel.deaf_since is None and _heard_until(channel) < now - GAP


def _heard_until(channel: ChannelRecord) -> datetime:
    """Until when somebody surely listened; before the first time, nothing was sent and nobody could answer."""
    return channel.heard_until or channel.connected_at


def _go_deaf(core: Core, tx: Tx) -> None:
    now = core.moment(tx)
    for channel in _listening(channels(tx)):
        if _is_deaf(channel, now):
            _deafen(core, tx, channel)


def _deafen(core: Core, tx: Tx, known: ChannelRecord) -> None:
    now, channel = core.moment(tx), lock_channel(tx, known.id)
    if channel.deaf_since is None:
        set_channel(tx, channel.id, deaf_since=min(_heard_until(channel), now))
    put_setting(tx, _missed(channel), {"times": _times_missed(tx, channel) + 1})
    if later := _listed_after(core, channel):
        _rest(tx, channel, now, later)


def _listed_after(core: Core, channel: ChannelRecord) -> timedelta:
    type_ = core.registry.channels.get(channel.channel)
    return type_.listed_after if type_ is not None else timedelta(0)


def note_heard(core: Core) -> None:
    """This process serves the webhooks now. Notices a gap first; writes only now and then."""
    now, known = core.database.read(lambda tx: (core.moment(tx), channels(tx)))
    if any(_is_late(channel, now) for channel in known):
        _notice(core, known, now)
        core.database.write(lambda tx: _heard(tx, now))


def _heard(tx: Tx, now: datetime) -> None:
    for channel in channels(tx):
        if channel.deaf_since is None:
            set_channel(tx, channel.id, heard_until=now)


def _is_late(channel: ChannelRecord, now: datetime) -> bool:
    return channel.heard_until is None or channel.heard_until < now - HEARD_EVERY or channel.heard_until > now


async def catch_up(core: Core) -> int:
    """Fetch the texts that deaf channels missed, keep them, and let texts go again. Returns how many were new.

    Raises TryLater when a provider cannot tell: nothing is sent meanwhile, and it is asked again after a rest. What a
    person must put right is kept as the channel's problem.
    """
    new = 0
    for channel in core.database.read(channels):
        if channel.deaf_since is not None and channel.problem is None and not _rests(core, channel):
            new += await _catch_up_with(core, channel, channel.deaf_since)
    return new


async def _catch_up_with(core: Core, channel: ChannelRecord, deaf_since: datetime) -> int:
    opened = open_channel(core, channel.channel)
    if opened is None:
        return 0
    _, type_, settings = opened
    begun, times = core.database.read(lambda tx: (core.moment(tx), _times_missed(tx, channel)))
    try:
        missed = await type_.channel.missed(settings, deaf_since - OVERLAP)
    except NeedsAttention as error:
        problem = str(error)
        core.database.write(lambda tx: set_channel(tx, channel.id, problem=problem))
        return 0
    except Exception as error:
        seconds = max(REST_SECONDS, (error.after_seconds or 0.0) if isinstance(error, TryLater) else 0.0)
        core.database.write(lambda tx: _rest(tx, channel, core.moment(tx), heeded(seconds)))
        raise TryLater("the texts that came in while nobody listened cannot be fetched") from error
    new = receive_events(core, type_.name, missed)

    def work(tx: Tx) -> None:
        if lock_channel(tx, channel.id).deaf_since is not None and _times_missed(tx, channel) == times:
            set_channel(tx, channel.id, deaf_since=None, heard_until=begun)

    core.database.write(work)
    return new


def _rests(core: Core, channel: ChannelRecord) -> bool:
    def work(tx: Tx) -> bool:
        bucket = find_buckets(tx, {_name(channel)}).get(_name(channel))
        now = core.moment(tx)
        return bucket is not None and bucket.free_from(now) > now

    return core.database.read(work)


def _times_missed(tx: Tx, channel: ChannelRecord) -> int:
    """How often something was missed so far: whoever asks the provider sees by it whether more was meanwhile."""
    return int(settings_named(tx, _missed(channel))[_missed(channel)].get("times", 0))


def _missed(channel: ChannelRecord) -> str:
    return f"missed:{channel.channel}"


def _rest(tx: Tx, channel: ChannelRecord, now: datetime, wait: timedelta) -> None:
    save_bucket(tx, lock_bucket(tx, _name(channel), now).paused(now + wait, now))


def _name(channel: ChannelRecord) -> str:
    return f"listening:{channel.channel}"
