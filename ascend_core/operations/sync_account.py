"""One round of one account: forms, backfills, submissions; and what to do when the source fails."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve, frozen

from ascend_core.errors import NeedsAttention, NotFound, Refused, TryLater
from ascend_core.operations.apply_submissions import PageOutcome, apply_page
from ascend_core.operations.connect import integration_type, open_account
from ascend_core.operations.core import Core
from ascend_core.operations.fetch_forms import fetch_forms
from ascend_core.store.accounts import AccountRecord, account_by_id, cursor_of, set_account
from ascend_core.store.forms import form_list, set_form

__all__ = ["Synced", "sync_account"]

FIRST_BACKOFF_SECONDS = 30.0
LONGEST_BACKOFF_SECONDS = 900.0
"""The guide promises a sign-up within 15 minutes: a source that recovers must not wait longer for us."""
MOST_DOUBLINGS = 10
"""Beyond it the wait is the longest anyway, and after days of failures the number would not fit into a float."""


@frozen(kw_only=True)
class Synced:
    """What one round did. ``problem``: why it did not end well; nothing is lost, the next round goes on from there."""

    pages: int = 0
    applied: int = 0
    ignored: int = 0
    fired: int = 0
    problem: str | None = None

    def plus(self, page: PageOutcome) -> Synced:
        """With one more page."""
        return evolve(
            self,
            pages=self.pages + 1,
            applied=self.applied + page.applied,
            ignored=self.ignored + page.ignored,
            fired=self.fired + page.fired,
        )


async def sync_account(core: Core, account_id: int) -> Synced:
    """Fetch and apply what changed at an account's source. Never raises what a source may raise: it is recorded.

    A bug of the source is raised on, after it was recorded as a failure: the account rests.
    """
    account = core.database.read(lambda tx: account_by_id(tx, account_id))
    if account is None or not account.sync_accounts or account.problem is not None:
        return Synced()
    try:
        await fetch_forms(core, account)
        done = await _backfill(core, account)
        done = await _pull(core, account, done)
    except TryLater as error:
        _failed(core, account, after_seconds=error.after_seconds)
        return Synced(problem=str(error))
    except (NeedsAttention, Refused, NotFound) as error:
        problem = str(error)
        core.database.write(lambda tx: set_account(tx, account.id, problem=problem))
        return Synced(problem=problem)
    except Exception:
        _failed(core, account)  # a bug: told by whoever runs this, and not met again at once
        raise
    now = core.clock.now()
    core.database.write(lambda tx: set_account(tx, account.id, last_success_at=now, failures=0, retry_at=None))
    return done


async def _backfill(core: Core, account: AccountRecord) -> Synced:
    """Forms that were synced a moment ago: read again what changed shortly before (row B2)."""
    forms = core.database.read(lambda tx: form_list(tx, account.id, synced=True))
    waiting = [(form, form.backfill_from) for form in forms if form.backfill_from is not None]
    done = Synced()
    if not waiting:
        return done
    begun = core.database.read(lambda tx: cursor_of(tx, account.id, "submissions")).position is not None
    if begun:  # else the first pull reads everything anyway
        since = min(moment for _, moment in waiting)
        source = integration_type(core, account.integration).source
        async for page in source.submissions(open_account(core, account), None, since=since):
            done = done.plus(apply_page(core, account.id, page))
        for form, _ in waiting:
            core.database.write(lambda tx, form=form: set_form(tx, form.id, backfill_from=None))  # type: ignore[misc]  # -- bound by default
    return done


async def _pull(core: Core, account: AccountRecord, done: Synced) -> Synced:
    source = integration_type(core, account.integration).source
    seen = core.database.read(lambda tx: cursor_of(tx, account.id, "submissions"))
    async for page in source.submissions(open_account(core, account), seen.position):
        outcome = apply_page(core, account.id, page, seen=seen)
        if not outcome.moved:
            break  # another worker is on it
        done = done.plus(outcome)
        seen = evolve(seen, position=page.cursor, version=seen.version + 1)
    return done


def _failed(core: Core, account: AccountRecord, *, after_seconds: float | None = None) -> None:
    wait = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** min(account.failures, MOST_DOUBLINGS))
    wait = max(wait * (1 + 0.1 * core.randomness.fraction()), after_seconds or 0.0)
    retry_at = core.clock.now() + timedelta(seconds=wait)
    failures = account.failures + 1
    core.database.write(lambda tx: set_account(tx, account.id, failures=failures, retry_at=retry_at))
