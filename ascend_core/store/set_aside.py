"""People of a source's list who could not be read, or on whom something broke: who, and why; nothing of theirs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from attrs import frozen
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import put_rows, table_of
from ascend_core.store.reading import among, fetch, pick
from ascend_core.store.tables import PersonSetAside

__all__ = ["SetAsideRecord", "count_set_aside", "forget_set_aside", "keep_set_aside", "set_aside_people"]

_aside = table_of(PersonSetAside)


@frozen(kw_only=True)
class SetAsideRecord:
    """Somebody who was set aside."""

    account_id: int
    key: str
    reason: str
    detail: str | None
    seen_at: datetime


def keep_set_aside(tx: Connection, records: Sequence[SetAsideRecord]) -> None:
    """Remember them; who is set aside again is one row, with the newest reason."""
    newest = {record.key: record for record in records}
    rows = [
        {
            "account_id": each.account_id,
            "key": each.key,
            "reason": each.reason,
            "detail": each.detail,
            "seen_at": each.seen_at,
        }
        for _, each in sorted(newest.items())
    ]
    put_rows(tx, PersonSetAside, rows, by=("account_id", "key"))


def forget_set_aside(tx: Connection, account_id: int, keys: Collection[str]) -> None:
    """These were read after all."""
    mine = (_aside.c.account_id == account_id) & among(_aside.c.key, "keys")
    tx.execute(_aside.delete().where(mine), {"keys": sorted(keys)})


def set_aside_people(
    tx: Connection, account_id: int, *, reason: str | None = None, limit: int = 100
) -> list[SetAsideRecord]:
    """Who is set aside of an account (for *reason*), the newest first."""
    statement = pick(SetAsideRecord, PersonSetAside).where(_aside.c.account_id == account_id)
    if reason is not None:
        statement = statement.where(_aside.c.reason == reason)
    return fetch(tx, SetAsideRecord, statement.order_by(_aside.c.seen_at.desc(), _aside.c.key).limit(limit))


def count_set_aside(tx: Connection, account_id: int) -> int:
    """How many are set aside of an account."""
    statement = select(func.count()).where(_aside.c.account_id == account_id)
    return int(tx.execute(statement).scalar_one())
