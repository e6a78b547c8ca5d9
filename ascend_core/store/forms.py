"""Forms of an account."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from attrs import frozen
from sqlalchemy import Select, func, select, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, reserve_ids, table_of, update_rows
from ascend_core.store.reading import among, fetch, fetch_by, pairs, pick, value_of
from ascend_core.store.tables import Account, Form

__all__ = [
    "FormRecord",
    "count_forms",
    "first_of_same",
    "form_ids_by_key",
    "form_list",
    "forms_by_id",
    "forms_by_key",
    "insert_forms",
    "set_form",
    "update_forms",
]

_account = table_of(Account)
_form = table_of(Form)


@frozen(kw_only=True)
class FormRecord:
    """A form as stored."""

    id: int
    account_id: int
    key: str
    name: str
    url: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    timezone: str | None = None
    location: str = ""
    group_id: int | None = None
    synced_at: datetime | None = None
    counts_from: datetime | None = None
    fires_from: datetime | None = None
    backfill_from: datetime | None = None
    deleted_at: datetime | None = None
    seen_at: datetime


_KEPT = ("name", "url", "starts_at", "ends_at", "timezone", "location", "deleted_at", "seen_at")


def forms_by_key(tx: Connection, account_id: int, keys: Collection[str]) -> dict[str, FormRecord]:
    """The forms of an account with these keys."""
    if not keys:
        return {}
    return {form.key: form for form in fetch(tx, FormRecord, _by_key(), account=account_id, keys=sorted(keys))}


@cache
def _by_key() -> Select[Any]:
    same = (_form.c.account_id == value_of(_form.c.account_id, "account")) & among(_form.c.key, "keys")
    return pick(FormRecord, Form).where(same)


def forms_by_id(tx: Connection, ids: Collection[int]) -> dict[int, FormRecord]:
    """The forms with these ids."""
    return {form.id: form for form in fetch_by(tx, FormRecord, Form, "id", ids)}


def form_list(tx: Connection, account_id: int, *, synced: bool = False) -> list[FormRecord]:
    """The forms of an account, in the order they were found; only the *synced* ones where asked."""
    statement = pick(FormRecord, Form).where(_form.c.account_id == account_id).order_by(_form.c.id)
    return fetch(tx, FormRecord, statement.where(_form.c.synced_at.is_not(None)) if synced else statement)


def form_ids_by_key(tx: Connection, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The ids of forms by (integration, form key). Of two accounts that show one form, the one that has it synced is
    meant, for there its sign-ups count; then the one connected first.
    """
    if not wanted:
        return {}
    statement = (
        select(_account.c.integration, _form.c.key, _form.c.id)
        .join(_account, _account.c.id == _form.c.account_id)
        .where(_form.c.key.in_(sorted({key for _, key in wanted})))
        .order_by(_form.c.synced_at.is_not(None), _form.c.id.desc())
    )
    return {(integration, key): id_ for integration, key, id_ in tx.execute(statement)}


def first_of_same(tx: Connection, form_ids: Collection[int]) -> dict[int, int]:
    """One form may be shown by several accounts of an integration, as when one promotes another's: same key, same URL.

    Form to the one of them that was found first; a form that no other account shows, to itself.
    """
    return pairs(tx.execute(_first_of_same(), {"ids": sorted(form_ids)})) if form_ids else {}


@cache
def _first_of_same() -> Select[Any]:
    other, others = _form.alias("other"), _account.alias("others")
    return (
        select(_form.c.id, func.min(other.c.id))
        .join(_account, _account.c.id == _form.c.account_id)
        .join(others, others.c.integration == _account.c.integration)
        .join(other, (other.c.account_id == others.c.id) & (other.c.key == _form.c.key) & (other.c.url == _form.c.url))
        .where(among(_form.c.id, "ids"))
        .group_by(_form.c.id)
    )


def insert_forms(tx: Connection, account_id: int, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Add forms; each row holds the source's values. Returns their ids, in the same order."""
    ids = reserve_ids(tx, Form, len(rows))
    insert_rows(tx, Form, [{"id": id_, "account_id": account_id, **row} for id_, row in zip(ids, rows, strict=True)])
    return ids


def update_forms(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Take over what the source says of forms that are there already: rows with ``id`` and the source's values."""
    update_rows(tx, Form, [{"id": row["id"], **{name: row[name] for name in _KEPT}} for row in rows])


def set_form(tx: Connection, form_id: int, **values: Any) -> None:
    """Change some values of a form."""
    tx.execute(update(_form).where(_form.c.id == form_id).values(**values))


def count_forms(tx: Connection, account_id: int) -> tuple[int, int]:
    """How many forms an account has, and how many of them are synced."""
    statement = select(func.count(), func.count(_form.c.synced_at)).where(_form.c.account_id == account_id)
    total, synced = tx.execute(statement).one()
    return total, synced
