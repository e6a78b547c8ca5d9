"""What is drained, by kind and key, and the tick that looks for what is due."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from ascend_core.errors import TryLater
from ascend_core.operations.call_webhooks import call_webhooks
from ascend_core.operations.core import Core
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.operations.doubt import recover_sends, resolve_unknown
from ascend_core.operations.due import next_send
from ascend_core.operations.fan_out import advance_broadcasts
from ascend_core.operations.fire_timers import fire_timers
from ascend_core.operations.ip_keys import forget_addresses
from ascend_core.operations.listening import catch_up, notice_gap
from ascend_core.operations.prune_traces import prune_traces
from ascend_core.operations.receive_messages import handle_inbound
from ascend_core.operations.send_messages import send_messages
from ascend_core.operations.sync_account import sync_account
from ascend_core.operations.workers import BEAT_SECONDS, keep_alive
from ascend_core.runtime.engine import Engine
from ascend_core.store.accounts import AccountRecord, accounts
from ascend_core.store.due import look

__all__ = ["ALL", "drain_all", "is_due", "listen_again", "recover", "register_drains", "work_now"]

TICK_SECONDS = 1.0
TIDY_EVERY = timedelta(hours=1)
"""How often what is old goes: by the calendar, so that no clock sleeps for an hour."""

BATCH = 500

ALL = "all"
"""The one key of work that is not divided yet."""


def register_drains(engine: Engine, core: Core) -> None:
    """Let *engine* do all the product's work."""

    async def sync(key: str, until: datetime) -> bool:  # noqa: ARG001 -- a round of one account ends by itself
        await sync_account(core, int(key))
        engine.wake("work", ALL)
        return False

    async def work(key: str, until: datetime) -> bool:  # noqa: ARG001 -- there is one key
        await listen_again(core)
        while core.clock.now() < until:
            if not await work_now(core) and not await _wait_for_turn(core):
                return False
        return True

    async def calls(key: str, until: datetime) -> bool:  # noqa: ARG001 -- there is one key
        while core.clock.now() < until:
            if not await call_webhooks(core):
                return False
            engine.wake("work", ALL)
        return True

    tidied: list[datetime] = []

    async def tick() -> None:
        notice_gap(core)
        recover_sends(core, starting=False)
        if not tidied or core.clock.now() >= tidied[-1] + TIDY_EVERY:
            tidied[:] = [core.clock.now()]
            _tidy(core)
        engine.wake("work", ALL)
        engine.wake("calls", ALL)
        for account in core.database.read(accounts):
            if is_due(account, core):
                engine.wake("sync", str(account.id))

    async def live() -> None:
        keep_alive(core)

    recover(core)
    engine.register("sync", sync)
    engine.register("work", work)
    engine.register("calls", calls)
    engine.each(BEAT_SECONDS, live)
    engine.every(TICK_SECONDS, tick)


def _tidy(core: Core) -> None:
    """Let go what has been kept long enough."""
    forget_addresses(core)
    prune_traces(core)


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
        return account.retry_at <= now
    return account.last_success_at is None or account.last_success_at + core.options.poll_every <= now


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
