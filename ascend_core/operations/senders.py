"""A channel's sender at one moment: what it may still send, when, and for whom (row J5).

Segments are counted, not texts. The most urgent texts go first, and a day's cap keeps something back for answers. A
429 pauses the sender or the account, nothing else. When carriers filter too many texts or too many people turn out to
have left, everything but answers stops until a person has looked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs
from attrs import frozen

from ascend_core.contracts import ChannelType, Purpose, Sender
from ascend_core.engine.buckets import Bucket, Pace
from ascend_core.engine.waits import heeded
from ascend_core.operations.core import Core
from ascend_core.operations.limits import sender_from, sender_setting
from ascend_core.store.buckets import find_buckets, lock_bucket, save_bucket
from ascend_core.store.channels import ChannelRecord, set_channel
from ascend_core.store.database import Tx
from ascend_core.store.due import Waiting
from ascend_core.store.senders import latest_outcomes, segments_used, use_segments
from ascend_core.store.settings import settings_named

__all__ = ["ALARM_SHARES", "Standing", "give_back", "look_for_alarm", "pause_sending", "save_standing", "standing_of"]

DAY_SHARES = {Purpose.REPLY: 1.0, Purpose.FLOW: 0.95, Purpose.BULK: 0.9}
"""How much of a day's cap texts of each purpose may use up. A confirmation of STOP goes out whatever was used."""

ALARM_WINDOW = timedelta(hours=1)
ALARM_TEXTS = 500
"""The alarm looks at so many of the latest texts, no older than that."""
ALARM_LEAST = 10
ALARM_SHARES = {"filtered": 0.05, "opted_out": 0.05}
"""By reason: what share of them, and at least so many, stops all but answers. Carriers close senders that go on."""

_ALARMS = {
    "filtered": "carriers filter too many texts (code 30007 or the like): see what they say and whom they go to",
    "opted_out": "too many people turn out to have left (code 21610 or the like): see where their numbers come from",
}


@frozen(kw_only=True)
class Standing:
    """What a channel's sender may send. Without a *sender* nobody limits it."""

    sender: Sender | None
    bucket: Bucket
    account: Bucket
    day: str = ""
    used: int = 0
    alarm: str | None = None

    def cost(self, type_: ChannelType, body: str) -> int:
        """Segments of a text."""
        return type_.measure(body).segments if type_.measure is not None else 1

    def earliest(self, cost: float, now: datetime) -> datetime:
        """When so many segments may leave: *now* or later."""
        unpaused = max(self.account.free_from(now), self.bucket.free_from(now))
        return unpaused if self.sender is None else max(unpaused, self.bucket.earliest(cost, self._pace, now))

    def opens(self, purpose: Purpose, cost: int, now: datetime) -> datetime | None:
        """From when on the day's cap and the alarm let a text of *purpose* leave: *now* or later; None: a person."""
        if self.alarm is not None and purpose in {Purpose.FLOW, Purpose.BULK}:
            return None
        share = DAY_SHARES.get(purpose)
        if self.sender is None or not self.sender.per_day or share is None:
            return now
        return now if self.used + cost <= self.sender.per_day * share else self._next_day(now)

    def least_urgent(self, now: datetime) -> Purpose | None:
        """The least urgent purpose that may leave now; None: not even a confirmation."""
        if self.earliest(1, now) > now:
            return None
        return max((each for each in Purpose if self.opens(each, 1, now) == now), key=lambda each: each.value)

    def spent(self, cost: int, now: datetime) -> Standing:
        """With so many segments more on their way."""
        if self.sender is None:
            return self
        return attrs.evolve(self, bucket=self.bucket.taken(cost, self._pace, now), used=self.used + cost)

    def next_send(self, waiting: Waiting, now: datetime) -> datetime | None:
        """When the next of the texts that wait may leave; None: none by itself."""
        moments = []
        for purpose, due_at in zip(sorted(Purpose, key=lambda each: each.value), waiting.ready_at, strict=True):
            opens = self.opens(purpose, 1, now)
            if due_at is not None and opens is not None:
                moments.append(max(due_at, opens if opens > now else due_at))
        if not moments:
            return None
        free = self.earliest(1, now)
        return max(min(moments), free) if free > now else min(moments)

    @property
    def _pace(self) -> Pace:
        if self.sender is None:
            raise AssertionError("without a sender there is no pace")
        return _pace(self.sender)

    def _next_day(self, now: datetime) -> datetime:
        zone = ZoneInfo(self.sender.day_zone if self.sender is not None else "UTC")
        tomorrow = now.astimezone(zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), tzinfo=zone).astimezone(UTC)


def standing_of(
    core: Core, tx: Tx, record: ChannelRecord, type_: ChannelType, settings: Any, *, lock: bool = False
) -> Standing:
    """Where the sender of a channel stands. *lock*: nobody else takes from it until the transaction ends."""
    name = sender_setting(type_.name)
    sender = sender_from(type_, settings, settings_named(tx, name)[name])
    now = core.moment(tx)
    names = [_bucket_name(type_, sender), _account_name(type_)]
    if lock:
        held = {each: lock_bucket(tx, each, now) for each in sorted(names)}
    else:
        held = {each: Bucket(name=each, full_at=now) for each in names} | find_buckets(tx, names)
    if sender is not None:
        held[names[0]] = _of_this_time(tx, held[names[0]], _pace(sender), now, lock=lock)
    day = now.astimezone(ZoneInfo(sender.day_zone)).date().isoformat() if sender is not None else ""
    return Standing(
        sender=sender,
        bucket=held[names[0]],
        account=held[names[1]],
        day=day,
        used=segments_used(tx, names[0], day) if sender is not None else 0,
        alarm=record.alarm,
    )


def _of_this_time(tx: Tx, bucket: Bucket, pace: Pace, now: datetime, *, lock: bool) -> Bucket:
    """*bucket*, or if a clock wrote it that was set back since: an empty one, written so that time fills it.

    Who only looks sees a full one: a claim is tried, and finds out.
    """
    if not bucket.is_ahead(pace, now):
        return bucket
    if not lock:
        return attrs.evolve(bucket, full_at=now)
    empty = bucket.emptied(pace, now)
    save_bucket(tx, empty)
    return empty


def _pace(sender: Sender) -> Pace:
    return Pace(per_second=sender.per_second, burst=sender.burst)


def save_standing(tx: Tx, before: Standing, after: Standing) -> None:
    """Write what was taken between the two, of a standing that was locked."""
    if after.sender is None or after == before:
        return
    save_bucket(tx, after.bucket)
    use_segments(tx, after.bucket.name, after.day, after.used - before.used)


def give_back(
    core: Core, tx: Tx, record: ChannelRecord, type_: ChannelType, settings: Any, bodies: Sequence[str]
) -> None:
    """Texts that were claimed were not called after all: they use up nothing of the day. (Their turns are gone.)"""
    if not bodies:
        return
    standing = standing_of(core, tx, record, type_, settings)
    segments = sum(standing.cost(type_, body) for body in bodies)
    if standing.sender is not None and standing.used >= segments:  # else another day has begun since
        use_segments(tx, standing.bucket.name, standing.day, -segments)


def pause_sending(core: Core, tx: Tx, standing: Standing, *, account: bool, seconds: float) -> None:
    """Let nothing leave from the sender (from the whole account) for so long."""
    now = core.moment(tx)
    name = standing.account.name if account else standing.bucket.name
    save_bucket(tx, lock_bucket(tx, name, now).paused(now + heeded(seconds), now))


def look_for_alarm(tx: Tx, record: ChannelRecord, now: datetime) -> str | None:
    """Stop everything but answers when too many of the latest texts went wrong in the same way. Returns what is."""
    if record.alarm is not None:
        return record.alarm
    since = max(now - ALARM_WINDOW, record.alarm_seen_at or now - ALARM_WINDOW)
    outcomes = latest_outcomes(tx, record.channel, since=since, most=ALARM_TEXTS)
    for reason, share in ALARM_SHARES.items():
        count = outcomes.count(reason)
        if count >= ALARM_LEAST and count > share * len(outcomes):
            alarm = f"{_ALARMS[reason]} ({count} of the last {len(outcomes)})"
            set_channel(tx, record.id, alarm=alarm)
            return alarm
    return None


def _bucket_name(type_: ChannelType, sender: Sender | None) -> str:
    return f"sender:{type_.name}:{sender.key if sender is not None else ''}"


def _account_name(type_: ChannelType) -> str:
    return f"account:{type_.name}"
