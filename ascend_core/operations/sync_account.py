"""One round of one account: forms, people, backfills, submissions, a slice of the sweep; and what to do when the
source fails.

The sweep reads everything anew, now and then: no source is trusted to date each of its changes. It goes on in small
slices, so that what is new never waits for it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from ascend_core.contracts import FormSource, SubmissionPage
from ascend_core.errors import NeedsAttention, NotFound, Refused, TryLater
from ascend_core.operations.apply_people import apply_people
from ascend_core.operations.apply_submissions import apply_page
from ascend_core.operations.applying import PageOutcome
from ascend_core.operations.breakers import ACCOUNT, account_breaker
from ascend_core.operations.connect import integration_type, open_account
from ascend_core.operations.core import Core
from ascend_core.operations.fetch_forms import fetch_forms
from ascend_core.operations.gathering import MOST_TOGETHER, MOST_TOGETHER_ON_SQLITE, gathered, one_ahead
from ascend_core.operations.judging import SWEEP_EVERY
from ascend_core.store.accounts import AccountRecord, CursorRecord, account_by_id, begin_again, cursor_of, set_account
from ascend_core.store.forms import form_list, set_form

__all__ = ["LARGE", "SWEEP_PAGES", "Synced", "sync_account"]

SWEEP_PAGES = 20
"""Of a round: at 100 a page and a round a minute, 100,000 submissions are read anew in less than an hour."""

LARGE = 200
"""Submissions: applying so many keeps everybody else on the loop waiting for longer than a tenth of a second."""

T = TypeVar("T")

Progress = Callable[[int, int | None], None]
"""Hears how many submissions of a list were read, and how many there are in all where the source says so."""


@frozen(kw_only=True)
class Synced:
    """What one round did. ``problem``: why it did not end well; nothing is lost, the next round goes on from there."""

    pages: int = 0
    applied: int = 0
    ignored: int = 0
    fired: int = 0
    failed: int = 0
    people: int = 0
    """People whose changes reached members."""
    people_set_aside: Mapping[str, int] = field(factory=dict)
    """How many people could not be read, by what was wrong with them."""
    problem: str | None = None
    without: str | None = None
    """What the source does not tell this account, and what to do about it; the round went well otherwise."""
    cut_short: bool = False
    """This process was asked to end meanwhile, or the time was up; the next round goes on at once."""

    def plus(self, page: PageOutcome, pages: int) -> Synced:
        """With so many *pages* more."""
        return evolve(
            self,
            pages=self.pages + pages,
            applied=self.applied + page.applied,
            ignored=self.ignored + page.ignored,
            fired=self.fired + page.fired,
            failed=self.failed + page.failed,
        )


async def sync_account(
    core: Core,
    account_id: int,
    *,
    sweep: bool = False,
    ending: Callable[[], bool] = lambda: False,
    until: datetime | None = None,
    progress: Progress | None = None,
) -> Synced:
    """Fetch and apply what changed at an account's source; *sweep*: read everything anew, to its end; *ending*:
    whether this process was asked to end, after the page in hand; *until*: when others have their turn, after a page.

    Never raises what a source may raise: it is recorded. A bug of the source is raised on, after it was recorded as a
    failure: the account rests.
    """
    account = core.database.read(lambda tx: account_by_id(tx, account_id))
    if account is None or not account.sync_accounts or account.problem is not None:
        return Synced()
    round_ = _Round(core, account, sweep=sweep, ending=ending, until=until, progress=progress)
    try:
        await round_.run()
    except TryLater as error:
        _failed(core, account, str(error), after_seconds=error.after_seconds)
        return evolve(round_.done, problem=str(error))
    except (NeedsAttention, NotFound) as error:
        problem = str(error)
        core.database.write(lambda tx: set_account(tx, account.id, problem=problem))
        return evolve(round_.done, problem=problem)
    except Refused as error:
        _failed(core, account, str(error))
        return evolve(round_.done, problem=str(error))
    except Exception as error:
        _failed(core, account, f"a bug in the plugin: {type(error).__name__}")
        raise
    if round_.done.cut_short:
        return round_.done
    values = {"last_success_at": round_.began, "failures": 0, "retry_at": None, "trouble": round_.done.without}
    core.database.write(lambda tx: set_account(tx, account.id, **values))
    return round_.done


class _Round:
    """One round, stage by stage. What the source refuses in one stage does not keep the others from their work."""

    def __init__(
        self,
        core: Core,
        account: AccountRecord,
        *,
        sweep: bool,
        ending: Callable[[], bool],
        until: datetime | None,
        progress: Progress | None,
    ) -> None:
        self.core = core
        self.progress = progress
        self.account = account
        self.type = integration_type(core, account.integration)
        self.opened = open_account(core, account)
        self.whole_sweep = sweep
        self.ending = ending
        self.until = until
        self.began: datetime = core.clock.now()
        self.done = Synced()

    @property
    def source(self) -> FormSource[Any]:
        return self.type.source

    async def run(self) -> None:
        """Every stage; the first thing that one of them was refused is raised at the end.

        A list may be out of order while the others are not. A second one that does not answer, or a time to wait that
        the source names, is for all of them.
        """
        failures: list[Exception] = []
        for stage in (self._forms, self._people, self._backfill, self._pull, self._sweep):
            if self._ends():
                break
            try:
                await stage()
            except NeedsAttention:
                raise
            except TryLater as error:
                if error.after_seconds is not None or any(isinstance(each, TryLater) for each in failures):
                    raise
                failures.append(error)
            except Exception as error:  # noqa: BLE001 -- a fence: raised when the others had their turn
                failures.append(error)
        if failures:
            raise failures[0]

    async def _forms(self) -> None:
        begins = self._sweep_begins() and self._cursor("sweep").position is None  # not with each slice again
        await fetch_forms(self.core, self.account, everything=self.whole_sweep or begins)

    async def _people(self) -> None:
        """Who changed after signing up. Changes before the account was connected are in the submissions already.

        An account that may not see them goes on without: if it may see nothing at all, the other lists tell.
        """
        try:
            await self._read_people()
        except NeedsAttention as error:
            self.done = evolve(self.done, without=str(error))

    async def _read_people(self) -> None:
        people = self.type.people
        if people is None:
            return
        seen = self._cursor("people")
        async with _closed(people.people(self.opened, seen.position, since=self.account.connected_at)) as pages:
            async for page in pages:
                changed = apply_people(self.core, self.account.id, page, seen=seen)
                if changed is None:
                    return
                wrong = Counter(self.done.people_set_aside)
                wrong.update(each.detail or each.reason for each in page.rejected)
                self.done = evolve(self.done, people=self.done.people + changed, people_set_aside=dict(wrong))
                seen = evolve(seen, position=page.cursor, version=seen.version + 1)

    async def _backfill(self) -> None:
        """Forms that were synced a moment ago: read again what changed since they count (row B2)."""
        forms = self.core.database.read(lambda tx: form_list(tx, self.account.id, synced=True))
        waiting = [(form, form.backfill_from) for form in forms if form.backfill_from is not None]
        if not waiting:
            return
        if self._cursor("submissions").position is not None:  # else the first pull reads everything anyway
            since = min(moment for _, moment in waiting)
            async with _closed(self.source.submissions(self.opened, None, since=since)) as pages:
                async for page in pages:
                    if not self._applied(apply_page(self.core, self.account.id, page), 1):
                        return
        for form, _ in waiting:
            self.core.database.write(lambda tx, form=form: set_form(tx, form.id, backfill_from=None))  # type: ignore[misc]  # -- bound by default

    async def _pull(self) -> None:
        first = self._cursor("submissions").position is None
        if await self._read("submissions") and first:
            self._swept()

    async def _sweep(self) -> None:
        """Goes on where the last slice ended; a sweep that is over is not begun before it is due."""
        if self._cursor("sweep").position is None and not (self.whole_sweep or self._sweep_begins()):
            return
        if await self._read("sweep", most_pages=None if self.whole_sweep else SWEEP_PAGES):
            self._swept()
            self.core.database.write(lambda tx: begin_again(tx, self.account.id, "sweep"))

    def _sweep_begins(self) -> bool:
        return (self.account.swept_at or self.account.connected_at) + SWEEP_EVERY <= self.began

    def _swept(self) -> None:
        self.core.database.write(lambda tx: set_account(tx, self.account.id, swept_at=self.began))

    async def _read(self, cursor: str, *, most_pages: int | None = None) -> bool:
        """Apply the pages behind *cursor*, *most_pages* of them. Returns whether the last one was reached."""
        seen = self._cursor(cursor)
        together = MOST_TOGETHER_ON_SQLITE if self.core.database.kind == "sqlite" else MOST_TOGETHER
        read = records = 0
        async with (
            _closed(self.source.submissions(self.opened, seen.position)) as pages,
            _closed(gathered(pages, most_pages=most_pages, together=together)) as gathering,
            _closed(one_ahead(gathering)) as coming,
        ):
            async for some in coming:
                if not self._applied(await self._apply(some.page, seen), some.pages):
                    return False
                seen = evolve(seen, position=some.page.cursor, version=seen.version + 1)
                read += some.pages
                records += len(some.page.submissions) + len(some.page.rejected)
                if self.progress is not None:
                    self.progress(records, some.page.total)
                if self._ends() or self._is_over():
                    return False
        return read != most_pages

    def _ends(self) -> bool:
        """Whether this process is to end: what was applied stays, and the next round goes on from there."""
        if self.ending():
            self.done = evolve(self.done, cut_short=True)
        return self.done.cut_short

    def _is_over(self) -> bool:
        """Whether others have their turn now. Asked behind a page of submissions only: each round gets on."""
        if self.until is not None and self.core.clock.now() >= self.until:
            self.done = evolve(self.done, cut_short=True)
        return self.done.cut_short

    async def _apply(self, page: SubmissionPage, seen: CursorRecord) -> PageOutcome:
        """Apply *page*; a large one beside the loop, which reads what follows and serves others meanwhile."""
        if len(page.submissions) < LARGE:
            return apply_page(self.core, self.account.id, page, seen=seen)
        return await asyncio.to_thread(apply_page, self.core, self.account.id, page, seen=seen)

    def _applied(self, outcome: PageOutcome, pages: int) -> bool:
        """Count some pages. False: another worker is on it, or the account was switched off."""
        if outcome.moved:
            self.done = self.done.plus(outcome, pages)
        return outcome.moved

    def _cursor(self, kind: str) -> CursorRecord:
        return self.core.database.read(lambda tx: cursor_of(tx, self.account.id, kind))


@asynccontextmanager
async def _closed(pages: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """*pages*, and what they hold open let go at the end, wherever reading stopped."""
    try:
        yield pages
    finally:
        close = getattr(pages, "aclose", None)
        if close is not None:
            await close()


def _failed(core: Core, account: AccountRecord, trouble: str, *, after_seconds: float | None = None) -> None:
    chance, now = core.randomness.fraction(), core.clock.now()
    after = account_breaker(account).failed(ACCOUNT, now, chance=chance, after_seconds=after_seconds)
    values = {"failures": after.failures, "retry_at": after.retry_at}
    core.database.write(lambda tx: set_account(tx, account.id, trouble=trouble, **values))
