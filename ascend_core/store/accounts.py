"""Connected accounts and the cursors of their sources."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from attrs import field, frozen
from sqlalchemy import ColumnElement, Select, Update, select, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, reserve_ids, table_of
from ascend_core.store.reading import fetch, fetch_by, pick, value_of
from ascend_core.store.tables import Account, Cursor

__all__ = [
    "AccountRecord",
    "CursorRecord",
    "account_by_id",
    "accounts",
    "begin_again",
    "cursor_of",
    "move_cursor",
    "save_account",
    "set_account",
]

_account = table_of(Account)
_cursor = table_of(Cursor)


@frozen(kw_only=True)
class AccountRecord:
    """An account as stored; ``sealed`` is opened by the vault only."""

    id: int
    integration: str
    key: str
    settings: dict[str, Any] = field(factory=dict)
    sealed: str = field(repr=False)
    sync_accounts: bool
    create_members: bool
    sync_new_forms: bool
    connected_at: datetime
    last_success_at: datetime | None = None
    retry_at: datetime | None = None
    failures: int = 0
    problem: str | None = None
    trouble: str | None = None
    resumed_at: datetime | None = None
    swept_at: datetime | None = None


@frozen(kw_only=True)
class CursorRecord:
    """Where reading goes on. ``version`` -1: not begun."""

    account_id: int
    kind: str
    position: str | None = None
    version: int = -1


def accounts(tx: Connection, *, integration: str | None = None) -> list[AccountRecord]:
    """Every account, oldest first."""
    statement = pick(AccountRecord, Account).order_by(_account.c.id)
    if integration is not None:
        statement = statement.where(_account.c.integration == integration)
    return fetch(tx, AccountRecord, statement)


def account_by_id(tx: Connection, account_id: int) -> AccountRecord | None:
    """One account."""
    return next(iter(fetch_by(tx, AccountRecord, Account, "id", (account_id,))), None)


def save_account(tx: Connection, values: dict[str, Any], *, at_first: dict[str, Any]) -> int:
    """Add an account, or give the one with the same integration and key these values. Returns its id.

    *at_first*: what a new one has beside, where *values* do not say otherwise.
    """
    same = (_account.c.integration == values["integration"]) & (_account.c.key == values["key"])
    known = tx.execute(select(_account.c.id).where(same)).scalar_one_or_none()
    if known is not None:
        tx.execute(update(_account).where(_account.c.id == known).values(**values))
        return int(known)
    (account_id,) = reserve_ids(tx, Account, 1)
    insert_rows(tx, Account, [{"id": account_id, **at_first, **values}])
    return account_id


def set_account(tx: Connection, account_id: int, **values: Any) -> None:
    """Change some values of an account."""
    tx.execute(update(_account).where(_account.c.id == account_id).values(**values))


def cursor_of(tx: Connection, account_id: int, kind: str) -> CursorRecord:
    """Where reading *kind* of an account goes on."""
    found = fetch(tx, CursorRecord, _cursor_of(), account=account_id, its_kind=kind)
    return found[0] if found else CursorRecord(account_id=account_id, kind=kind)


def _same() -> ColumnElement[bool]:
    mine = _cursor.c.account_id == value_of(_cursor.c.account_id, "account")
    return mine & (_cursor.c.kind == value_of(_cursor.c.kind, "its_kind"))


@cache
def _cursor_of() -> Select[Any]:
    return pick(CursorRecord, Cursor).where(_same())


def move_cursor(tx: Connection, seen: CursorRecord, position: str, *, now: datetime) -> bool:
    """Move the cursor on from where it was *seen*. False: somebody else has moved it, and nothing may be applied."""
    if seen.version < 0:
        row = {"account_id": seen.account_id, "kind": seen.kind, "position": position, "version": 0, "moved_at": now}
        return insert_rows(tx, Cursor, [row], skip_known=True) == 1
    values = {"account": seen.account_id, "its_kind": seen.kind, "seen": seen.version, "to": position, "now": now}
    return tx.execute(_moved(), values).rowcount == 1


@cache
def _moved() -> Update:
    version = _cursor.c.version
    to, now = value_of(_cursor.c.position, "to"), value_of(_cursor.c.moved_at, "now")
    where_seen = update(_cursor).where(_same(), version == value_of(version, "seen"))
    return where_seen.values(position=to, version=version + 1, moved_at=now)


def begin_again(tx: Connection, account_id: int, kind: str) -> None:
    """Let reading *kind* begin anew the next time."""
    same = (_cursor.c.account_id == account_id) & (_cursor.c.kind == kind)
    tx.execute(update(_cursor).where(same).values(position=None, version=_cursor.c.version + 1))
