"""The member fields that people defined (row C5)."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from attrs import asdict, field, frozen
from sqlalchemy import Select, delete
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, table_of
from ascend_core.store.reading import fetch, pick
from ascend_core.store.tables import MemberField

__all__ = ["MemberFieldRecord", "add_member_field", "member_fields", "remove_member_field"]

_field = table_of(MemberField)


@frozen(kw_only=True)
class MemberFieldRecord:
    """A field as stored."""

    name: str
    label: str
    kind: str
    choices: list[str] = field(factory=list)
    created_at: datetime


def member_fields(tx: Connection) -> dict[str, MemberFieldRecord]:
    """Every field by name, sorted by it."""
    return {record.name: record for record in fetch(tx, MemberFieldRecord, _by_name())}


@cache
def _by_name() -> Select[Any]:
    return pick(MemberFieldRecord, MemberField).order_by(_field.c.name)


def add_member_field(tx: Connection, record: MemberFieldRecord) -> bool:
    """Add a field; False: there is one of that name already."""
    return insert_rows(tx, MemberField, [asdict(record)], skip_known=True) == 1


def remove_member_field(tx: Connection, name: str) -> bool:
    """Forget a field; what members have in it stays. False: there was none."""
    return tx.execute(delete(_field).where(_field.c.name == name)).rowcount == 1
