"""What may be wrong with an installation that is open. Each checkup looks at one thing, changes nothing, and says in
one sentence what is wrong and what to do.

What it asks of other companies it asks as ``connect`` does: to see whether the credentials still work, sending nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta

from attrs import frozen

from ascend_core.errors import AscendError, FlowProblem, TryLater
from ascend_core.operations.breakers import account_breaker, channel_breaker
from ascend_core.operations.connect import channel_type, integration_type, open_account, open_channel
from ascend_core.operations.core import Core
from ascend_core.operations.listening import GAP
from ascend_core.operations.workers import living_workers
from ascend_core.store.accounts import AccountRecord, accounts
from ascend_core.store.buckets import database_now
from ascend_core.store.channels import ChannelRecord, channels
from ascend_core.store.flows import flow_names
from ascend_core.store.held import count_held

__all__ = [
    "HIDDEN_VISITORS",
    "Finding",
    "check_clock",
    "check_core",
    "check_held",
    "check_links",
    "check_plugins",
    "check_workers",
]

LATE = timedelta(minutes=15)
"""A sign-up reaches us within that time, as people are promised."""

APART = timedelta(seconds=5)
"""So far the clocks of the database and of this machine may lie apart: less is the time a question takes."""

ASKED_SECONDS = 30.0
"""How long another company's server may take, all questions of one check together."""


HIDDEN_VISITORS = ("x-ascend-visitors", "hidden")
"""The header of ``/health`` where a proxy names its visitors and is not believed: all of them have one address then."""


@frozen(kw_only=True)
class Finding:
    """Something a checkup found."""

    about: str
    """What it looked at, for people: ``key file``, ``mobilize 123``."""
    sentence: str
    """What is wrong, and what to do."""
    wrong: bool = True
    """False: it could not be looked at from here, or it may well be meant."""


async def check_core(core: Core) -> list[Finding]:
    """Everything about an open installation."""
    found = [*check_plugins(core), *check_clock(core), *check_workers(core), *check_links(core)]
    for account in core.database.read(accounts):
        # one that has stopped is asked again when it is connected again
        found += [*_syncs(core, account), *([] if account.problem is not None else await _account_works(core, account))]
    for channel in core.database.read(channels):
        found += [*_texts(core, channel), *await _channel_works(core, channel)]
    return [*found, *check_held(core)]


def check_plugins(core: Core) -> Iterator[Finding]:
    """Every plugin was let in."""
    for problem in core.registry.problems:
        yield Finding(
            about=f"plugin {problem.plugin}", sentence=f"it was left out: it {problem.problem}; mend or uninstall it"
        )


def check_clock(core: Core) -> Iterator[Finding]:
    """This machine and the database agree on the time."""
    apart = core.clock.now() - core.database.read(database_now)
    if abs(apart) > APART:
        side = "ahead of" if apart > timedelta(0) else "behind"
        yield Finding(
            about="clock",
            sentence=f"this machine's clock is {round(abs(apart.total_seconds()))} s {side} the database's, and texts "
            "go out by it; let both machines set their clocks by the network (NTP)",
        )


def check_workers(core: Core) -> Iterator[Finding]:
    """Somebody does the work."""
    if not core.database.read(lambda tx: living_workers(core, tx)):
        yield Finding(
            about="worker", sentence="none is alive: nothing is synced or sent; run: ascend serve, or: ascend worker"
        )


def check_links(core: Core) -> Iterator[Finding]:
    """Every live flow has its short links at the address it names."""
    for name, _ in core.database.read(flow_names):
        try:
            live = core.database.read(lambda tx, name=name: core.programs.live(tx, {name}))  # type: ignore[misc]  # -- bound by default
        except FlowProblem:
            continue  # who comes to what cannot be read any more is told there
        wanted = live[name].program.flow.links_url if name in live else None
        if wanted is not None and wanted not in core.options.addresses:
            sentence = (
                f"its short links are to be at {wanted}, where none is answered any more, and are at "
                f"{core.options.short_url}; name it in ASCEND_LINKS_URL, or publish the flow with another 'links_url'"
            )
            yield Finding(about=f"flow {name}", sentence=sentence)


def check_held(core: Core) -> Iterator[Finding]:
    """No text waits for a person's word."""
    held = core.database.read(count_held)
    if held:
        texts = "1 text is" if held == 1 else f"{held} texts are"
        yield Finding(
            about="held texts",
            sentence=f"{texts} held: only a person can find out whether they were sent; run: ascend messages held",
        )


def _syncs(core: Core, account: AccountRecord) -> Iterator[Finding]:
    """An account keeps up with its source."""
    if not account.sync_accounts:
        return
    about = f"{account.integration} {account.key}"
    if account.problem is not None:
        yield Finding(
            about=about,
            sentence=f"its sync has stopped: {account.problem} Then run: ascend {account.integration} connect",
        )
        return
    late = core.clock.now() - (account.last_success_at or account.connected_at)
    if late <= LATE and account_breaker(account).state(core.clock.now()) != "closed":
        said = "" if account.trouble is None else f": {account.trouble.rstrip('.')}"
        sentence = f"its last {_times(account.failures, 'round')} failed{said}; {_again(account.retry_at)}"
        yield Finding(about=about, sentence=sentence)
    elif late <= LATE and account.trouble is not None:
        yield Finding(about=about, sentence=account.trouble)
    if late > LATE:
        since = "it was never synced" if account.last_success_at is None else f"its last sync was {_minutes(late)} ago"
        why = "is a worker running?" if account.trouble is None else f"it says: {account.trouble}"
        yield Finding(about=about, sentence=f"{since}; run: ascend {account.integration} poll, and see ({why})")


def _texts(core: Core, channel: ChannelRecord) -> Iterator[Finding]:
    """Nothing stops a channel, and somebody hears what people write to it."""
    resume = f"run: ascend {channel.channel} resume"
    if channel.frozen is not None:
        yield _about(channel, f"it is frozen: {channel.frozen}")
    if channel.problem is not None:
        yield _about(channel, f"it has stopped: {channel.problem} Then {resume}")
    if channel.alarm is not None:
        yield _about(channel, f"flows and broadcasts stand still: {channel.alarm}; see what was sent, then {resume}")
    if channel_breaker(channel).state(_now(core)) != "closed":
        calls = _times(channel.failures, "call")
        yield _about(
            channel,
            f"its provider left the last {calls} unanswered, so texts wait; {_again(channel.retry_at)}, and see to "
            "this machine's network",
        )
    heard = channel.deaf_since or channel.heard_until or channel.connected_at
    if heard < _now(core) - GAP:  # who has begun to listen a moment ago fetches what came in before
        yield _about(
            channel,
            f"nobody listens to what people text since {heard:%Y-%m-%d %H:%M} UTC, and nothing is sent before that is "
            "fetched; run: ascend serve",
        )


async def _account_works(core: Core, record: AccountRecord) -> list[Finding]:
    """The credentials of an account work."""

    async def ask() -> None:
        await integration_type(core, record.integration).source.check(open_account(core, record))

    return await _asked(f"{record.integration} {record.key}", ask)


async def _channel_works(core: Core, record: ChannelRecord) -> list[Finding]:
    """The credentials of a channel work."""

    async def ask() -> None:
        opened = open_channel(core, record.channel)
        if opened is not None:
            await channel_type(core, record.channel).channel.check(opened[2])

    return await _asked(record.channel, ask)


async def _asked(about: str, ask: Callable[[], Awaitable[None]]) -> list[Finding]:
    try:
        async with asyncio.timeout(ASKED_SECONDS):
            await ask()
    except TimeoutError:
        return [
            Finding(about=about, sentence="its server does not answer; try again, and see to this machine's network")
        ]
    except TryLater as error:
        return [
            Finding(about=about, sentence=f"{_open(error)}; try again, and see to this machine's network if it lasts")
        ]
    except AscendError as error:
        return [Finding(about=about, sentence=str(error))]
    except Exception as error:  # noqa: BLE001 -- a fence: a plugin that breaks is a finding, and the rest is looked at
        return [Finding(about=about, sentence=f"its plugin broke ({type(error).__name__}); tell who makes it")]
    return []


def _about(channel: ChannelRecord, sentence: str) -> Finding:
    return Finding(about=channel.channel, sentence=sentence)


def _times(count: int, what: str) -> str:
    return what if count == 1 else f"{count} {what}s"


def _again(retry_at: datetime | None) -> str:
    return "it is being tried again" if retry_at is None else f"it is tried again at {retry_at:%H:%M:%S} UTC"


def _now(core: Core) -> datetime:
    return core.database.read(core.moment)


def _open(error: Exception) -> str:
    return str(error).rstrip(".")


def _minutes(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    hours, left = divmod(minutes, 60)
    return f"{hours} h {left} min" if hours else f"{minutes} min"
