"""Forms turned on and off (rows B2, B5 and B6)."""

from __future__ import annotations

from datetime import datetime

from ascend_core.errors import NotFound
from ascend_core.operations.core import Core
from ascend_core.operations.judging import BACKFILL
from ascend_core.store import forms as rows
from ascend_core.store.accounts import AccountRecord, account_by_id
from ascend_core.store.database import Tx
from ascend_core.store.forms import FormRecord
from ascend_core.store.members import ensure_groups, group_names_by_id, group_taken

__all__ = ["free_name", "sync_form", "turn_all_on", "turn_on", "unsync_form"]

_SYNCED = ("synced_at", "counts_from", "fires_from", "backfill_from")


def sync_form(core: Core, form: FormRecord) -> str:
    """Turn a form on: from now on its submissions make members (row B5). Returns the name of its group."""

    def work(tx: Tx) -> str:
        account = account_by_id(tx, form.account_id)
        if account is None:
            raise NotFound("the account of this form is not connected any more")
        return turn_on(core, tx, form, account)

    return core.database.write(work)


def turn_on(
    core: Core, tx: Tx, form: FormRecord, account: AccountRecord, *, unseen_since: datetime | None = None
) -> str:
    """Turn *form* on. Its sign-ups count from a quarter of an hour ago; a form that was just found, from when forms
    were last looked for (*unseen_since*), if that is longer ago. What happened while the account was OFF fires nothing.
    """
    now = core.clock.now()
    if form.group_id is None:
        name = free_name(tx, form.name, form.key)
        group_id = ensure_groups(tx, {name}, kind="form", now=now)[name]
    else:
        group_id = form.group_id
        name = group_names_by_id(tx, {group_id})[group_id]
    if form.synced_at is None:
        since = min(now - BACKFILL, unseen_since or now)
        fires = since if account.resumed_at is None else max(since, account.resumed_at)
        values = {"synced_at": now, "counts_from": since, "backfill_from": since, "fires_from": fires}
        rows.set_form(tx, form.id, **values, group_id=group_id)
    return name


def unsync_form(core: Core, form: FormRecord) -> None:
    """Turn a form off. Nothing is deleted."""
    core.database.write(lambda tx: rows.set_form(tx, form.id, **dict.fromkeys(_SYNCED)))


def turn_all_on(core: Core, tx: Tx, account: AccountRecord) -> None:
    """Turn on every form of *account* that is known, and not gone (row B2)."""
    for form in rows.form_list(tx, account.id):
        if form.synced_at is None and form.deleted_at is None:
            turn_on(core, tx, form, account)


def free_name(tx: Tx, name: str, key: str, group_id: int | None = None) -> str:
    """*name*, or with the form's key behind it when another group has that name already."""
    return f"{name} ({key})" if group_taken(tx, name, group_id) else name
