"""A world in a box: the product with stand-ins for the companies around it, over real HTTP on loopback, on a clock
that you move. The demo plays in it, and so do the behaviour scenarios; a plugin's tests can too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit, urlunsplit
from zlib import crc32

import attrs
import httpx

from ascend_core.contracts import ChannelSandbox, Clock, FormSandbox, Randomness
from ascend_core.errors import BadInput
from ascend_core.host.registry import Registry
from ascend_core.operations.connect import connect_account, connect_channel
from ascend_core.operations.core import Core, Options
from ascend_core.operations.due import next_due
from ascend_core.operations.limits import set_sender_limits
from ascend_core.operations.listening import begin_hearing, note_heard
from ascend_core.operations.sync_account import Synced, sync_account
from ascend_core.runtime.drains import drain_all, listen_again, recover
from ascend_core.runtime.opening import KEY_FILE, open_registry
from ascend_core.runtime.system import SystemRandomness
from ascend_core.store.accounts import accounts
from ascend_core.store.database import open_database, sqlite_url
from ascend_core.store.schema import upgrade_schema
from ascend_core.store.vault import make_key_file, open_vault
from ascend_core.testing.clock import VirtualClock
from ascend_core.web.public import PublicApp
from ascend_core.web.serving import ThreadedServer, bind, url_of

__all__ = ["PHONE_AGENT", "World", "address_of", "rebased"]

T = TypeVar("T")

MOST_ROUNDS = 20
"""Rounds at one moment after which something must have been done: a webhook that fails is tried a few times."""

PHONE_AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
"""A person's browser."""


class World:
    """The whole product and its surroundings. Use it as a context manager."""

    def __init__(
        self,
        folder: Path,
        *,
        start: datetime,
        seed: int = 1,
        database_url: str | None = None,
        integration: str = "mobilize",
        channel: str = "sms",
        durable: bool = False,
        options: Mapping[str, Any] | None = None,
        randomness: Randomness | None = None,
    ) -> None:
        """Build it in *folder* at time *start*.

        *durable*: the stand-ins keep a journal there, so that a process that is killed can go on from the folder.
        *options* replaces some of the product's options.
        """
        self._loop = asyncio.new_event_loop()
        self.clock = VirtualClock(start)
        self._randomness = randomness or SystemRandomness()
        self.registry: Registry = open_registry(self.clock, self._randomness, environment={})
        self.integration = integration
        self.channel = channel
        self.forms: FormSandbox = self._sandbox("integrations", integration, folder, seed, durable)
        self.carrier: ChannelSandbox = self._sandbox("channels", channel, folder, seed, durable)
        self._forms_server = ThreadedServer(self.forms.app, bind())
        self._carrier_server = ThreadedServer(self.carrier.app, bind())
        listener = bind()
        self.core = self._open_core(folder, database_url, url_of(listener), options or {})
        self._public = PublicApp(self.core, spill_folder=folder)
        self._public_server = ThreadedServer(self._public, listener)
        self.carrier.point_webhooks(f"{self.public_url}/hooks/{channel}/inbound")
        self._http = httpx.Client(trust_env=False, timeout=30, verify=False)  # noqa: S501 -- loopback, in plain HTTP

    def _sandbox(self, shelf: str, name: str, folder: Path, seed: int, durable: bool) -> Any:
        type_ = getattr(self.registry, shelf).get(name)
        if type_ is None or type_.sandbox is None:
            problems = "; ".join(str(problem) for problem in self.registry.problems)
            raise BadInput(f"no installed plugin offers '{name}' with a stand-in to play with. {problems}".strip())
        clock: Clock = self.clock
        return type_.sandbox(clock=clock, seed=seed, journal=folder / f"{name}.journal" if durable else None)

    def _open_core(self, folder: Path, database_url: str | None, public_url: str, changes: Mapping[str, Any]) -> Core:
        make_key_file(folder / KEY_FILE)
        database = open_database(database_url or sqlite_url(folder / "ascend.db"))
        upgrade_schema(database)
        # the stand-in lists a text as soon as it has it, so there is nothing to wait for
        options = attrs.evolve(Options(public_url=public_url, lookup_after=timedelta(0)), **changes)
        return Core(
            database=database,
            registry=self.registry,
            vault=open_vault(folder / KEY_FILE),
            clock=self.clock,
            randomness=self._randomness,
            options=options,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop every server and close the database."""
        servers = (self._public_server, self._carrier_server, self._forms_server)
        for server in servers:
            server.ask_to_end()
        for server in servers:
            server.close()
        self._public.close()
        self._http.close()
        self.core.database.close()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    # addresses

    @property
    def public_url(self) -> str:
        """Where the product is reached."""
        return self.core.options.public_url

    @property
    def forms_url(self) -> str:
        """Where the integration's stand-in is reached."""
        return self._forms_server.url

    @property
    def carrier_url(self) -> str:
        """Where the provider's stand-in is reached."""
        return self._carrier_server.url

    # doing

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine of the product to its end."""
        return self._loop.run_until_complete(work)

    def connect(self, *, sync_new_forms: bool = False, create_members: bool = True) -> int:
        """Connect the integration's stand-in; returns the account's id."""
        return self.run(
            connect_account(
                self.core,
                self.integration,
                self.forms.account(self.forms_url),
                sync_new_forms=sync_new_forms,
                create_members=create_members,
            )
        )

    def connect_channel(self) -> None:
        """Connect the provider's stand-in. Its sender may text faster than any real one, until a story slows it."""
        self.run(connect_channel(self.core, self.channel, self.carrier.settings(self.carrier_url)))
        set_sender_limits(self.core, self.channel, per_second=1000, burst=1000)

    def poll(self) -> list[Synced]:
        """One round over every account."""
        return [self.run(sync_account(self.core, account.id)) for account in self.core.database.read(accounts)]

    def settle(self) -> None:
        """Let everything happen that can happen now: what was missed while nobody listened is fetched, then the
        worker's rounds and the carrier's callbacks, in turn."""
        self.run(listen_again(self.core))
        while self.run(drain_all(self.core)) + self.carrier.settle():
            pass

    def next_due(self) -> datetime | None:
        """When something happens next by itself."""
        moments = [moment for moment in (next_due(self.core), self.carrier.next_due()) if moment is not None]
        return min(moments, default=None)

    def go_to(self, moment: datetime, *, poll: bool = True) -> None:
        """Let time pass until *moment*, everything happening when it is due, then poll once."""
        self.settle()
        last, rounds = None, 0
        while (due := self.next_due()) is not None and due <= moment:
            rounds = rounds + 1 if due == last else 0
            if rounds > MOST_ROUNDS:
                raise AssertionError(f"something has been due since {due} and nothing does it")
            last = due
            self.clock.set(max(due, self.clock.now()))
            self.settle()
        self.clock.set(max(moment, self.clock.now()))
        if poll:
            self.poll()
        self.settle()

    def be_away(self, by: timedelta) -> None:
        """Let *by* pass while the product is down, then start it again. What people texted meanwhile was told in vain
        where the stand-in lost it."""
        note_heard(self.core)
        self.clock.set(self.clock.now() + by)
        begin_hearing(self.core)
        recover(self.core)

    def wait(self, by: timedelta) -> None:
        """Let *by* pass."""
        self.go_to(self.clock.now() + by)

    def tap(self, link: str, *, agent: str = PHONE_AGENT, method: str = "GET", headers: Mapping[str, str] = {}) -> str:
        """Follow a short link, as a phone or as a program would. Returns where it leads; empty: nowhere.

        Everybody has an address of their own, unless *headers* give another (``x-forwarded-for``).
        """
        sent = {"user-agent": agent, "x-forwarded-for": address_of(link), **headers}
        reply = self._http.request(method, rebased(link, self.public_url), headers=sent, follow_redirects=False)
        return str(reply.headers.get("location", ""))


def address_of(link: str) -> str:
    """The address of whoever got *link*: one that belongs to nobody (198.18.0.0/15 is kept for measuring networks)."""
    third, fourth = divmod(crc32(link.encode()) % 65_536, 256)
    return f"198.18.{third}.{fourth}"


def rebased(url: str, base: str) -> str:
    """*url* on the host of *base*: after a restart the stand-ins listen on other ports."""
    parts, host = urlsplit(url), urlsplit(base)
    return urlunsplit((host.scheme, host.netloc, parts.path, parts.query, parts.fragment))
