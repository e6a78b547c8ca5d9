"""What is drained, by kind and key, and the tick that looks for what is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from attrs import define

from ascend_core.calls.spans import span
from ascend_core.engine.waits import over
from ascend_core.errors import TryLater
from ascend_core.operations.call_webhooks import call_webhooks
from ascend_core.operations.connect import open_channel
from ascend_core.operations.core import Core
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.operations.doubt import recover_sends, resolve_unknown
from ascend_core.operations.due import next_send
from ascend_core.operations.fan_out import advance_broadcast, advance_broadcasts, open_broadcast_ids
from ascend_core.operations.fire_timers import fire_timers
from ascend_core.operations.ip_keys import forget_addresses
from ascend_core.operations.listening import catch_up, notice_gap
from ascend_core.operations.prune_traces import prune_traces
from ascend_core.operations.receive_messages import handle_inbound
from ascend_core.operations.send_messages import send_messages
from ascend_core.operations.sender_keys import SenderKeys, sender_key
from ascend_core.operations.sync_account import sync_account
from ascend_core.operations.workers import BEAT_SECONDS, keep_alive
from ascend_core.runtime.engine import Drain, Engine
from ascend_core.runtime.logs import log_named
from ascend_core.runtime.meters import Meters, metered
from ascend_core.store.accounts import AccountRecord, account_by_id, accounts
from ascend_core.store.database import Tx
from ascend_core.store.due import look
from ascend_core.store.due_timers import shards_due

__all__ = ["ALL", "drain_all", "is_due", "listen_again", "recover", "register_drains", "wake_by", "work_now"]

_LOG = log_named("drains")

TICK_SECONDS = 1.0
TIDY_EVERY = timedelta(hours=1)
"""How often what is old goes: by the calendar, so that no clock sleeps for an hour."""

BATCH = 500

ALL = "all"
"""The key of work that is not divided."""


def register_drains(engine: Engine, core: Core, meters: Meters | None = None) -> None:
    """Let *engine* do all the product's work: one kind for what may be slow or large by itself.

    ``sync`` has a key an account, ``timers`` one a shard, ``send`` one a sender, ``broadcast`` one each; ``receive``
    and ``calls`` are not divided. Whoever makes work wakes it in the same transaction (``Core.wakes``); what is not
    woken in time is woken by the tick. *meters* are told what each drain did.
    """
    meters = meters or Meters()
    keys, sends = SenderKeys(core), _SendRounds()
    for kind, drain in _drains(core, meters, keys, sends, lambda: engine.is_ending).items():
        engine.register(kind, metered(kind, drain, meters, core.clock))
    wake_by(engine, core, keys)

    tidied: list[datetime] = []

    async def tick() -> None:
        notice_gap(core)
        doubtful = recover_sends(core, starting=False)
        if doubtful:
            _LOG.warning("sends.in_doubt", texts=doubtful)
        if not tidied or core.clock.now() >= tidied[-1] + TIDY_EVERY:
            tidied[:] = [core.clock.now()]
            _tidy(core)
        for kind, key in _due(core, keys):
            engine.wake(kind, key)

    async def live() -> None:
        keep_alive(core)
        if sends.failed and not sends.under_way:
            recover_sends(core)
            sends.failed = False

    recover(core)
    engine.each(BEAT_SECONDS, live)
    engine.every(TICK_SECONDS, tick)


def wake_by(engine: Engine, core: Core, keys: SenderKeys | None = None) -> None:
    """Let *engine* hear of work where *core* makes it, in the same transaction."""
    senders = keys or SenderKeys(core)

    def hear(kind: str, tx: Tx) -> None:
        key = senders.now(tx) if kind == "send" else ALL
        if key is not None:
            engine.wake(kind, key, tx)

    core.wakes.go_to(hear)


@define
class _SendRounds:
    """This process's rounds of sending. One that failed, as when the database went away, may have left texts that are
    being sent as far as anybody can read: they are in doubt as soon as no round is under way here."""

    under_way: int = 0
    failed: bool = False

    async def watched(self, once: Callable[[], Awaitable[int]]) -> int:
        """One round."""
        self.under_way += 1
        try:
            return await once()
        except Exception:
            self.failed = True
            raise
        finally:
            self.under_way -= 1


def _tidy(core: Core) -> None:
    """Let go what has been kept long enough."""
    forget_addresses(core)
    prune_traces(core)


def _drains(
    core: Core, meters: Meters, keys: SenderKeys, sends: _SendRounds, ending: Callable[[], bool]
) -> dict[str, Drain]:
    async def rounds(kind: str, once: Callable[[], Awaitable[int]], until: datetime) -> bool:
        """Do *once* until nothing is left, the time is up, or this process is to end."""
        while core.clock.now() < until and not ending():
            with span("batch", kind=kind) as note:
                done = await once()
                note(items=done)
            meters.batch(kind, done)
            if not done:
                return False
        return True

    async def sync(key: str, until: datetime) -> bool:
        account = core.database.read(lambda tx: account_by_id(tx, int(key)))
        if account is None or not is_due(account, core):
            return False  # woken while its last round was under way
        synced = await sync_account(core, account.id, ending=ending, until=until)
        meters.batch("sync", synced.applied + synced.ignored + synced.failed + synced.people)
        if synced.problem is not None:
            _LOG.warning("sync.problem", account=key, says=synced.problem)
        return synced.cut_short

    async def receive(_key: str, until: datetime) -> bool:
        async def once() -> int:
            waiting = core.database.read(look)
            done = handle_inbound(core, BATCH) if waiting.inbound else 0
            return done + (count_clicks(core) if waiting.clicks else 0)

        return await rounds("receive", once, until)

    async def timers(key: str, until: datetime) -> bool:
        async def once() -> int:
            return fire_timers(core, BATCH, None if key == ALL else int(key))

        return await rounds("timers", once, until)

    async def broadcast(key: str, until: datetime) -> bool:
        async def once() -> int:
            return advance_broadcast(core, int(key))

        return await rounds("broadcast", once, until)

    async def calls(_key: str, until: datetime) -> bool:
        return await rounds("calls", lambda: call_webhooks(core), until)

    async def send(key: str, until: datetime) -> bool:
        if keys.now() != key:
            return False  # another sends by now
        await listen_again(core)
        return await rounds("send", lambda: sends.watched(lambda: _send_once(core, key, ending)), until)

    drains: dict[str, Drain] = {"sync": sync, "receive": receive, "timers": timers, "broadcast": broadcast}
    return drains | {"calls": calls, "send": send}


async def _send_once(core: Core, key: str, ending: Callable[[], bool]) -> int:
    """Texts in doubt, then texts out, as long as they leave from the sender of that *key*; or the wait for a turn that
    comes before the next tick.
    """
    opened = open_channel(core)
    if opened is None or sender_key(opened) != key:
        return 0
    waiting = core.database.read(look)
    done = 0
    if waiting.unknown_at is not None and waiting.unknown_at <= core.clock.now():
        done = await resolve_unknown(core, ending=ending)
    turn = core.clock.now() if done else next_send(core, waiting, opened)
    if turn is not None and turn <= core.clock.now():
        done += await send_messages(core, opened=opened, ending=ending)
    return done or int(await _wait_for_turn(core))


def _due(core: Core, keys: SenderKeys) -> Iterator[tuple[str, str]]:
    """What is to be drained now. ``send`` always: it also asks for what was not heard while nobody listened."""
    waiting, now = core.database.read(look), core.clock.now()
    if waiting.inbound or waiting.clicks:
        yield "receive", ALL
    if waiting.timer_at is not None and waiting.timer_at <= now:
        yield from (("timers", key) for key in _timer_keys(core, now))
    if waiting.call_at is not None and waiting.call_at <= now:
        yield "calls", ALL
    if waiting.broadcasting or (waiting.broadcast_at is not None and waiting.broadcast_at <= now):
        for id_ in open_broadcast_ids(core):
            yield "broadcast", str(id_)
    for account in core.database.read(accounts):
        if is_due(account, core):
            yield "sync", str(account.id)
    sender = keys.now()
    if sender is not None:
        yield "send", sender


def _timer_keys(core: Core, now: datetime) -> Iterator[str]:
    """The shards that have timers due; a SQLite file has one writer, and so one shard."""
    if core.database.kind == "sqlite":
        yield ALL
    else:
        yield from (str(shard) for shard in core.database.read(lambda tx: shards_due(tx, now)))


def recover(core: Core) -> None:
    """At start: what was being sent when the last process died is in doubt, and what came in since was not heard."""
    keep_alive(core)
    recover_sends(core)
    notice_gap(core)


async def listen_again(core: Core) -> None:
    """Fetch what came in while nobody listened. Where the provider cannot tell, nothing is sent until it can."""
    with suppress(TryLater):
        await catch_up(core)


async def _wait_for_turn(core: Core) -> bool:
    """Wait for the sender's next turn where it comes so soon that a tick would come too late. Whether it was waited."""
    turn = next_send(core, core.database.read(look))
    seconds = (turn - core.clock.now()).total_seconds() if turn is not None else TICK_SECONDS
    if not 0 < seconds < TICK_SECONDS:
        return False
    await core.clock.sleep(seconds)
    return True


def is_due(account: AccountRecord, core: Core) -> bool:
    """Whether an account is to be asked now."""
    if not account.sync_accounts or account.problem is not None:
        return False
    now = core.clock.now()
    if account.retry_at is not None:
        return over(account.retry_at, now)
    last = account.last_success_at
    # a round that lies ahead was noted by a clock that has been set back since
    return last is None or not now - core.options.poll_every < last <= now


async def work_now(core: Core) -> int:
    """One round over everything but sources and webhooks, whose servers may be slow: texts in, timers, broadcasts,
    texts in doubt, texts out.

    Returns what was done.
    """
    waiting = core.database.read(look)
    now = core.clock.now()
    done = handle_inbound(core, BATCH) if waiting.inbound else 0
    if waiting.clicks:
        done += count_clicks(core)
    if waiting.timer_at is not None and waiting.timer_at <= now:
        done += fire_timers(core, BATCH)
    if waiting.broadcasting or (waiting.broadcast_at is not None and waiting.broadcast_at <= now):
        done += advance_broadcasts(core)
    if waiting.unknown_at is not None and waiting.unknown_at <= now:
        done += await resolve_unknown(core)
    turn = now if done else next_send(core, waiting)
    if turn is not None and turn <= now:
        done += await send_messages(core)
    return done


async def drain_all(core: Core) -> int:
    """Rounds until nothing is left to do now. Returns what was done."""
    total = 0
    while done := await work_now(core) + await call_webhooks(core):
        total += done
    return total
