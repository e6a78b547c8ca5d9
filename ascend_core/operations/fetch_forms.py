"""Forms: fetched from the source, and found by what people call them (rows B4 and B6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve, frozen

from ascend_core.contracts import Form, FormPage
from ascend_core.errors import BadInput, NotFound
from ascend_core.operations.connect import integration_type, open_account
from ascend_core.operations.core import Core
from ascend_core.operations.judging import SWEEP_EVERY
from ascend_core.operations.sync_forms import free_name, turn_on
from ascend_core.operations.urls_of_forms import adopt_urls
from ascend_core.store import forms as rows
from ascend_core.store.accounts import (
    AccountRecord,
    CursorRecord,
    account_by_id,
    accounts,
    cursor_of,
    move_cursor,
    set_account,
)
from ascend_core.store.database import Tx
from ascend_core.store.due_timers import wake_waits
from ascend_core.store.forms import FormRecord
from ascend_core.store.members import rename_group

__all__ = ["FetchCounts", "fetch_forms", "find_form", "find_form_anywhere"]


@frozen(kw_only=True)
class FetchCounts:
    """What a fetch brought."""

    new: int = 0
    changed: int = 0
    deleted: int = 0
    seen: int = 0
    unreadable: int = 0
    """Records that could not be read; the others count all the same."""

    def plus(self, other: FetchCounts) -> FetchCounts:
        """Both together."""
        return FetchCounts(
            new=self.new + other.new,
            changed=self.changed + other.changed,
            deleted=self.deleted + other.deleted,
            seen=self.seen + other.seen,
            unreadable=self.unreadable + other.unreadable,
        )


async def fetch_forms(
    core: Core,
    account: AccountRecord,
    *,
    everything: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
) -> FetchCounts:
    """Fetch the forms that changed, or *everything*, page by page. *progress* hears (seen, total if known).

    Raises what the source raises: TryLater, NeedsAttention, Refused.
    """
    type_ = integration_type(core, account.integration)
    opened = open_account(core, account)
    seen = core.database.read(lambda tx: cursor_of(tx, account.id, "forms"))
    counts = FetchCounts()
    skipped: FormPage | None = None
    async for page in type_.source.forms(opened, None if everything else seen.position):
        if not page.forms and not page.rejected:
            skipped = page  # nothing to commit with the cursor: it moves with the next forms, or at the end
            continue
        skipped = None
        applied = _apply_forms(core, account.id, page, seen)
        if applied is None:
            return counts
        counts = counts.plus(applied)
        seen = evolve(seen, position=page.cursor, version=seen.version + 1)
        if progress is not None:
            progress(counts.seen, page.total)
    if skipped is not None and skipped.cursor != seen.position:
        _apply_forms(core, account.id, skipped, seen)
    return counts


def _apply_forms(core: Core, account_id: int, page: FormPage, seen: CursorRecord) -> FetchCounts | None:
    def work(tx: Tx) -> FetchCounts | None:
        now = core.clock.now()
        account = account_by_id(tx, account_id)
        if account is None or not move_cursor(tx, seen, page.cursor, now=now):
            return None
        known = rows.forms_by_key(tx, account_id, {form.key for form in page.forms})
        fresh = list({form.key: form for form in page.forms if form.key not in known and not form.deleted}.values())
        changed = [form for form in page.forms if form.key in known and _differs(form, known[form.key])]
        ids = rows.insert_forms(tx, account_id, [{"key": form.key, **_row(form, None, now)} for form in fresh])
        new_ids = dict(zip((form.key for form in fresh), ids, strict=True))
        adopt_urls(tx, core.registry, account.integration, new_ids)
        updates = [{"id": known[form.key].id, **_row(form, known[form.key], now)} for form in changed]
        rows.update_forms(tx, updates)
        _follow_times(tx, account, changed, known, now)
        _follow_names(tx, changed, known)
        if account.sync_new_forms:
            for form in rows.forms_by_key(tx, account_id, {form.key for form in fresh}).values():
                turn_on(core, tx, form, account, unseen_since=account.last_success_at)
        return FetchCounts(
            new=len(fresh),
            changed=sum(not form.deleted for form in changed),
            deleted=sum(form.deleted for form in changed),
            seen=len(page.forms),
            unreadable=len(page.rejected),
        )

    return core.database.write(work)


def _row(form: Form, known: FormRecord | None, now: Any) -> dict[str, Any]:
    if form.deleted and known is not None:
        kept = {name: getattr(known, name) for name in ("name", "url", "starts_at", "ends_at", "timezone", "location")}
        return {**kept, "deleted_at": known.deleted_at or now, "seen_at": now}
    return {
        "name": form.name,
        "url": form.url,
        "starts_at": form.starts_at,
        "ends_at": form.ends_at,
        "timezone": form.timezone,
        "location": form.location,
        "deleted_at": None,
        "seen_at": now,
    }


def _differs(form: Form, known: FormRecord) -> bool:
    if form.deleted:
        return known.deleted_at is None
    names = ("name", "url", "starts_at", "ends_at", "timezone", "location")
    return known.deleted_at is not None or any(getattr(form, name) != getattr(known, name) for name in names)


def _follow_times(
    tx: Tx, account: AccountRecord, changed: list[Form], known: dict[str, FormRecord], now: datetime
) -> None:
    """A form was moved: runs that wait for its time look again, and its sign-ups are read anew with the next round.

    A source tells the time of a slot with each sign-up, and moving the slot touches none of them.
    """
    moved = [
        known[form.key]
        for form in changed
        if not form.deleted and (form.starts_at, form.ends_at) != (known[form.key].starts_at, known[form.key].ends_at)
    ]
    wake_waits(tx, now=now, form_ids={form.id for form in moved})
    if any(form.synced_at is not None for form in moved):
        set_account(tx, account.id, swept_at=min(account.swept_at or account.connected_at, now - SWEEP_EVERY))


def _follow_names(tx: Tx, changed: list[Form], known: dict[str, FormRecord]) -> None:
    """A renamed form's group takes the new name (row B6)."""
    for form in changed:
        record = known[form.key]
        if not form.deleted and form.name != record.name and record.group_id is not None:
            rename_group(tx, record.group_id, free_name(tx, form.name, form.key, record.group_id))


def find_form(tx: Tx, account_id: int, wanted: str) -> FormRecord:
    """The form with that key, URL or exact name. Raises NotFound, saying what to do."""
    return _called(tx, [account_id], wanted)[0]


def find_form_anywhere(tx: Tx, wanted: str, *, integration: str | None = None) -> FormRecord:
    """The form with that key, URL or exact name, whichever account has it (of *integration*); a synced one before
    others. Raises NotFound, and BadInput where it may be any of several, saying what to do.
    """
    found = _called(tx, [account.id for account in accounts(tx, integration=integration)], wanted)
    found = [form for form in found if form.synced_at is not None] or found
    first = found[0]
    for other in found:
        if other.account_id != first.account_id and (other.key, other.url) != (first.key, first.url):
            raise BadInput(f"two accounts have a form '{wanted}'; say which by its URL, {first.url} or {other.url}")
    return first


def _called(tx: Tx, account_ids: Sequence[int], wanted: str) -> list[FormRecord]:
    forms = [form for account_id in account_ids for form in rows.form_list(tx, account_id)]
    found = [form for form in forms if wanted in (form.key, form.url, form.name)]
    if not found:
        raise NotFound(f"no form is called '{wanted}'; fetch the newest with: ascend <integration> fetch")
    return found
