"""What every operation is given: the open database, the registry, and the outside world."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, time, timedelta
from typing import Protocol

from attrs import define, field, frozen

from ascend_core.calls.call import Caller
from ascend_core.calls.over_http import HttpCaller
from ascend_core.contracts import Clock, HoursByLaw, QuietHours, Randomness
from ascend_core.host.registry import Registry
from ascend_core.laws import load_hours
from ascend_core.operations.programs import Programs
from ascend_core.operations.wording import Program
from ascend_core.store.buckets import database_now
from ascend_core.store.database import Database, Tx
from ascend_core.store.vault import Vault

__all__ = ["ClaimMark", "Core", "ForgetfulMark", "Options", "Secrets", "Wakes"]


class ClaimMark(Protocol):
    """Remembers outside of the database how many batches were claimed: one that knows of fewer is an old copy."""

    def newest(self, outbox: str) -> int:
        """The most this machine remembers for *outbox*, one channel of one database; 0: nothing."""
        ...

    def note(self, outbox: str, claims: int) -> None:
        """Remember *claims*, before a text of that batch is handed over."""
        ...


@define
class ForgetfulMark:
    """Remembers as long as the process lives."""

    _claims: dict[str, int] = field(factory=dict, init=False)

    def newest(self, outbox: str) -> int:
        return self._claims.get(outbox, 0)

    def note(self, outbox: str, claims: int) -> None:
        self._claims[outbox] = claims


@define
class Wakes:
    """Tells whoever does the work, in the transaction that made it, that there is some. A hint: what nobody heard is
    found by the next tick.
    """

    _hear: Callable[[str, Tx], None] | None = field(default=None, init=False)

    def go_to(self, hear: Callable[[str, Tx], None]) -> None:
        """From now on *hear* is told the kind of work (``send``, ``receive``, ``calls``) and the transaction."""
        self._hear = hear

    def __call__(self, kind: str, tx: Tx) -> None:
        """There is work. To be said last in a transaction: on PostgreSQL others who say the same wait for its end."""
        if self._hear is not None:
            self._hear(kind, tx)


Secrets = Callable[[Collection[str]], Mapping[str, str]]
"""From names of secrets to those that there are."""


@frozen(kw_only=True)
class Options:
    """Settings of the whole product."""

    public_url: str = "http://127.0.0.1:8000"
    """Where the world reaches us: webhooks and short links. No slash at the end."""
    links_urls: tuple[str, ...] = ()
    """The short links' own addresses, where they have any: the first is put into texts whose flow or broadcast names no
    other (``links_url``), and all of them answer for every link."""
    links_live: timedelta | None = None
    """How long a link leads somewhere; None: for ever. What came of it stays known."""
    clicks_anonymous: bool = False
    """Nothing is kept of whoever opens a link but when and of which class: as of a browser that asks for it."""
    utm_source: str | None = None
    quiet_hours: QuietHours = field(factory=lambda: QuietHours(start=time(20), end=time(9)))
    """When a flow has none of its own (row J3)."""
    nudge_gap: timedelta = timedelta(hours=1)
    """Two nudges to one member are never closer than this, whichever flows they belong to; a flow's ``min_gap`` is
    stronger for its own nudges. One hour: two follow-ups at once read like a machine that has gone wrong."""
    hours: HoursByLaw = field(factory=lambda: load_hours("federal"))
    """What the law leaves of the day, whatever a flow says."""
    program: Program = field(factory=Program)
    """Who texts, for the answers to STOP, START and HELP."""
    message_life: timedelta = timedelta(hours=24)
    """A text that could not go out by then is not sent any more: nobody wants yesterday's reminder."""
    lookup_after: timedelta = timedelta(seconds=60)
    """How long after its claim a text in doubt is looked up: the provider may list it late."""
    poll_every: timedelta = timedelta(seconds=60)
    webhooks_private: bool = False
    """Whether a flow's webhooks may reach addresses that are not on the public internet."""

    @property
    def short_url(self) -> str:
        """What stands before the code in a text."""
        return self.links_urls[0] if self.links_urls else self.public_url

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address at which short links are answered, the usual one of texts first."""
        return tuple(dict.fromkeys((*self.links_urls, self.public_url)))

    def links_at(self, wanted: str | None) -> str:
        """What stands before the code in a text that wants its links at one of ours; where it is none any more, or none
        is wanted, the usual one.
        """
        return wanted if wanted is not None and wanted in self.addresses else self.short_url


@frozen(kw_only=True)
class Core:
    """The product, opened. Operations are functions of it."""

    database: Database
    registry: Registry
    vault: Vault
    clock: Clock
    randomness: Randomness
    options: Options = field(factory=Options)
    caller: Caller = field()
    """Makes the calls of webhooks."""
    worker: str = "worker"
    """What this process calls itself in claims; every process has another name."""
    time: Clock | None = field()
    """The clock that all workers agree on, for turns and leases; None: the database's own."""
    mark: ClaimMark = field(factory=ForgetfulMark)
    wakes: Wakes = field(factory=Wakes)
    programs: Programs = field()
    secrets: Secrets | None = None
    """Where the secrets of webhooks come from; None: those that were set (``operations.secrets``)."""

    @caller.default
    def _over_http(self) -> Caller:
        return HttpCaller(private=self.options.webhooks_private)

    @programs.default
    def _fresh_programs(self) -> Programs:
        return Programs(self.registry)

    @time.default
    def _own_time(self) -> Clock:
        return self.clock

    def moment(self, tx: Tx) -> datetime:
        """The time that all workers agree on."""
        return database_now(tx) if self.time is None else self.time.now()
