"""The switches of an account, changed after it was connected (row B3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ascend_core.operations.core import Core
from ascend_core.operations.judging import CREATE_MEMBERS_OFF
from ascend_core.store.accounts import AccountRecord, account_by_id, set_account
from ascend_core.store.database import Tx
from ascend_core.store.forms import form_list, set_form
from ascend_core.store.submissions import first_changes

__all__ = ["change_settings"]


def change_settings(
    core: Core,
    account: AccountRecord,
    *,
    sync_accounts: bool | None = None,
    create_members: bool | None = None,
    sync_new_forms: bool | None = None,
) -> AccountRecord:
    """Turn switches of *account* ON or OFF; None leaves one as it is. Returns the account as it is now.

    Off means off at once. *sync_accounts* turned ON again catches up with what was missed, but what happened while it
    was OFF fires no trigger. So does *create_members*: who signed up for a synced form is a member with the next round.
    *sync_new_forms* turned ON holds for forms that are found from then on.
    """
    given = {"sync_accounts": sync_accounts, "create_members": create_members, "sync_new_forms": sync_new_forms}

    def work(tx: Tx) -> AccountRecord:
        before = account_by_id(tx, account.id) or account
        changes: dict[str, Any] = {
            name: value for name, value in given.items() if value is not None and value != getattr(before, name)
        }
        if changes.get("sync_accounts"):
            now = core.clock.now()
            changes |= {"failures": 0, "retry_at": None, "trouble": None, "resumed_at": now}
            _fire_from(tx, account.id, now)
        if changes.get("create_members"):
            _read_again(tx, account.id)
        if changes:
            set_account(tx, account.id, **changes)
        return account_by_id(tx, account.id) or before

    return core.database.write(work)


def _fire_from(tx: Tx, account_id: int, now: datetime) -> None:
    for form in form_list(tx, account_id, synced=True):
        set_form(tx, form.id, fires_from=now)


def _read_again(tx: Tx, account_id: int) -> None:
    """The source is asked once more for whom *Create New Members* kept out: nothing about them was kept here."""
    since = first_changes(tx, account_id, reason=CREATE_MEMBERS_OFF)
    for form in form_list(tx, account_id, synced=True):
        if form.id in since:
            set_form(tx, form.id, backfill_from=min(since[form.id], form.backfill_from or since[form.id]))
