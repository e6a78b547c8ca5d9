"""A page of submissions becomes members, groups, activities, runs and first messages, in one transaction.

Each submission is either applied or ignored with a reason (row A7); either way a row remembers its newest state, so
that the next change of it is told from the state it had. What happened while a submission was ignored fires nothing
later. A submission that something breaks on is set aside with a reason, and the rest of its page applies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import evolve

from ascend_core.contracts import Submission, SubmissionPage
from ascend_core.errors import DatabaseProblem
from ascend_core.operations.applying import Applier, PageOutcome
from ascend_core.operations.batch import Batch
from ascend_core.operations.core import Core
from ascend_core.operations.follow_ups import finish
from ascend_core.operations.judging import newest
from ascend_core.operations.pieces import halves, in_pieces
from ascend_core.store.accounts import CursorRecord, account_by_id, cursor_of, move_cursor
from ascend_core.store.database import Tx

__all__ = ["apply_page"]


def apply_page(core: Core, account_id: int, page: SubmissionPage, *, seen: CursorRecord | None = None) -> PageOutcome:
    """Apply *page* of an account and move the cursor on from where it was *seen*, in one transaction.

    Without *seen* the cursor stays: the page of a backfill. Applying a page again changes nothing. A page that cannot
    be applied whole is applied in pieces, and what breaks is set aside; the cursor then moves with the last piece.
    """
    try:
        return _apply(core, account_id, page, seen)
    except DatabaseProblem:
        raise
    except Exception:
        if not page.submissions:
            raise

    def piece(submissions: Sequence[Submission], broke: str | None) -> PageOutcome:
        some = evolve(page, submissions=tuple(submissions), rejected=())
        return _apply(core, account_id, some, seen, moves=False, broke=broke)

    done = PageOutcome()
    for outcome in _in_halves(newest(page.submissions), piece):
        done = done.plus(outcome)
        if not done.moved:
            return done
    return done.plus(_apply(core, account_id, evolve(page, submissions=()), seen))


def _in_halves(submissions: Sequence[Submission], piece: Callable[..., PageOutcome]) -> Iterator[PageOutcome]:
    """The whole was tried already."""
    for half in halves(submissions):
        yield from in_pieces(half, piece)


def _apply(
    core: Core,
    account_id: int,
    page: SubmissionPage,
    seen: CursorRecord | None,
    *,
    moves: bool = True,
    broke: str | None = None,
) -> PageOutcome:
    """One transaction. *moves* False: the cursor stays, but must be where it was *seen*. *broke*: set all aside."""

    def work(tx: Tx) -> PageOutcome:
        account = account_by_id(tx, account_id)
        now = core.clock.now()
        if account is None or not account.sync_accounts:
            return PageOutcome(moved=False)  # off means off at once (row B3)
        if seen is not None and not (move_cursor(tx, seen, page.cursor, now=now) if moves else _is_there(tx, seen)):
            return PageOutcome(moved=False)
        batch = Batch(core, tx, now)
        applier = Applier(batch, account, core.registry.integrations[account.integration])
        outcome = applier.apply(page) if broke is None else applier.set_aside(page.submissions, broke)
        finish(batch)
        return outcome

    return core.database.write(work)


def _is_there(tx: Tx, seen: CursorRecord) -> bool:
    return cursor_of(tx, seen.account_id, seen.kind).version == seen.version
