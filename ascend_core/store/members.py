"""Members and their groups."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, func, select
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_records, insert_rows, reserve_ids, table_of, update_records, update_rows
from ascend_core.store.reading import among, fetch, fetch_by, pairs, pick
from ascend_core.store.tables import GroupMember, Member, MemberGroup

__all__ = [
    "CORE_FIELDS",
    "MemberRecord",
    "add_to_groups",
    "count_members",
    "ensure_groups",
    "group_names_by_id",
    "group_names_of",
    "group_taken",
    "insert_members",
    "member_list",
    "members_by_id",
    "members_by_phone",
    "remove_from_groups",
    "rename_group",
    "reserve_member_ids",
    "update_members",
]

_member = table_of(Member)
_group = table_of(MemberGroup)
_in_group = table_of(GroupMember)

CORE_FIELDS = ("first_name", "last_name", "email", "zip")
"""The fields every member has, as columns (row C1)."""


class MemberRecord(Struct, frozen=True, kw_only=True, gc=False):
    """A member as stored."""

    id: int
    phone: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    zip: str | None = None
    zone: str | None = None
    zones: Sequence[str] = ()
    fields: dict[str, Any] = {}
    created_at: datetime
    updated_at: datetime

    def all_fields(self) -> dict[str, Any]:
        """Core and people-defined fields together."""
        fields = {
            **self.fields,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "email": self.email,
            "zip": self.zip,
        }
        if self.zone is not None:
            fields["zone"] = self.zone
        return fields


def members_by_phone(tx: Connection, phones: Collection[str]) -> dict[str, MemberRecord]:
    """The members with these phones."""
    return {member.phone: member for member in fetch_by(tx, MemberRecord, Member, "phone", phones)}


def members_by_id(tx: Connection, ids: Collection[int]) -> dict[int, MemberRecord]:
    """The members with these ids."""
    return {member.id: member for member in fetch_by(tx, MemberRecord, Member, "id", ids)}


def member_list(tx: Connection, *, group: str | None = None, limit: int = 100) -> list[MemberRecord]:
    """Members in the order they came, those of *group* where one is named."""
    statement = pick(MemberRecord, Member).order_by(_member.c.id).limit(limit)
    if group is not None:
        inside = select(_in_group.c.member_id).join(_group, _group.c.id == _in_group.c.group_id)
        statement = statement.where(_member.c.id.in_(inside.where(_group.c.name == group)))
    return fetch(tx, MemberRecord, statement)


def count_members(tx: Connection) -> int:
    """How many members there are."""
    return int(tx.execute(select(func.count()).select_from(_member)).scalar_one())


def reserve_member_ids(tx: Connection, count: int) -> list[int]:
    """Ids for *count* new members."""
    return reserve_ids(tx, Member, count)


def insert_members(tx: Connection, members: Sequence[MemberRecord]) -> None:
    """Add members. IntegrityError when another worker took a phone first: the transaction is tried again."""
    ordered = sorted(members, key=lambda member: member.phone)  # one order everywhere: no deadlocks
    insert_records(tx, Member, ordered)


def update_members(tx: Connection, members: Iterable[MemberRecord]) -> None:
    """Write what changed on members that are there already."""
    ordered = sorted(members, key=lambda member: member.phone)
    update_records(tx, Member, ordered)


def ensure_groups(tx: Connection, names: Collection[str], *, kind: str, now: datetime) -> dict[str, int]:
    """The ids of groups by name; those that do not exist are made."""
    if not names:
        return {}
    found = _group_ids(tx, names)
    missing = sorted(set(names) - set(found))
    if missing:
        ids = reserve_ids(tx, MemberGroup, len(missing))
        rows = [
            {"id": id_, "name": name, "kind": kind, "created_at": now} for id_, name in zip(ids, missing, strict=True)
        ]
        insert_rows(tx, MemberGroup, rows, skip_known=True)
        found = _group_ids(tx, names)
    return found


def _group_ids(tx: Connection, names: Collection[str]) -> dict[str, int]:
    return pairs(tx.execute(_ids_of_groups(), {"names": sorted(names)}))


@cache
def _ids_of_groups() -> Select[Any]:
    return select(_group.c.name, _group.c.id).where(among(_group.c.name, "names"))


def group_names_by_id(tx: Connection, ids: Collection[int]) -> dict[int, str]:
    """The names of groups."""
    return pairs(tx.execute(_names_of_groups(), {"ids": sorted(ids)})) if ids else {}


@cache
def _names_of_groups() -> Select[Any]:
    return select(_group.c.id, _group.c.name).where(among(_group.c.id, "ids"))


def group_taken(tx: Connection, name: str, group_id: int | None = None) -> bool:
    """Whether another group than *group_id* has that name."""
    statement = select(_group.c.id).where(_group.c.name == name)
    found = tx.execute(statement).scalar_one_or_none()
    return found is not None and found != group_id


def rename_group(tx: Connection, group_id: int, name: str) -> None:
    """Give a group another name (row B6)."""
    update_rows(tx, MemberGroup, [{"id": group_id, "name": name}])


def add_to_groups(tx: Connection, pairs: Iterable[tuple[int, int]], *, now: datetime) -> None:
    """Put members into groups: (group id, member id); those inside already stay."""
    rows = [{"group_id": group, "member_id": member, "added_at": now} for group, member in sorted(set(pairs))]
    insert_rows(tx, GroupMember, rows, skip_known=True)


def remove_from_groups(tx: Connection, pairs: Iterable[tuple[int, int]]) -> None:
    """Take members out of groups: (group id, member id)."""
    by_group: dict[int, set[int]] = {}
    for group, member in pairs:
        by_group.setdefault(group, set()).add(member)
    for group, members in sorted(by_group.items()):
        inside = (_in_group.c.group_id == group) & _in_group.c.member_id.in_(sorted(members))
        tx.execute(_in_group.delete().where(inside))


def group_names_of(tx: Connection, member_ids: Collection[int]) -> Mapping[int, frozenset[str]]:
    """The names of each member's groups; members without one are left out."""
    names: dict[int, set[str]] = {}
    for member_id, name in tx.execute(_groups_of(), {"members": sorted(member_ids)}):
        names.setdefault(member_id, set()).add(name)
    return {member_id: frozenset(found) for member_id, found in names.items()}


@cache
def _groups_of() -> Select[Any]:
    named = select(_in_group.c.member_id, _group.c.name).join(_group, _group.c.id == _in_group.c.group_id)
    return named.where(among(_in_group.c.member_id, "members"))
