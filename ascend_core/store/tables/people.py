"""Members, groups and consent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field

from ascend_core.store.tables.rows import CoreRow, at, document, ref, row_id

__all__ = ["Consent", "ConsentEntry", "GroupMember", "Member", "MemberField", "MemberGroup"]


class Member(CoreRow, table=True):
    """A person we may text: one E.164 phone number, one row (row A5)."""

    id: int | None = row_id()
    phone: str = Field(unique=True)
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    zip: str | None = None
    zone: str | None = None
    """IANA name, when a person or an integration said it; wins over what ``zones`` was guessed from."""
    zones: list[Any] = document()
    """Every zone the member may be in."""
    fields: dict[str, Any] = document()
    """People-defined fields."""
    created_at: datetime = at()
    updated_at: datetime = at()


class MemberField(CoreRow, table=True):
    """A member field that people defined (row C5)."""

    __tablename__ = "member_field"

    name: str = Field(primary_key=True)
    label: str
    kind: str
    """``text``, ``number``, ``boolean``, ``date`` or ``choice``."""
    choices: list[Any] = document()
    created_at: datetime = at()


class MemberGroup(CoreRow, table=True):
    """A named set of members. ``form`` groups belong to a form and follow its name (row B6)."""

    __tablename__ = "member_group"

    id: int | None = row_id()
    name: str = Field(unique=True)
    kind: str
    created_at: datetime = at()


class GroupMember(CoreRow, table=True):
    """Who is in a group."""

    __tablename__ = "group_member"

    group_id: int = ref("member_group", primary=True)
    member_id: int = ref("member", primary=True, index=True)
    added_at: datetime = at()


class ConsentEntry(CoreRow, table=True):
    """The consent ledger: rows are only ever added (row A8)."""

    __tablename__ = "consent_entry"

    id: int | None = row_id()
    phone: str = Field(index=True)
    state: str
    """``subscribed`` or ``unsubscribed``."""
    source: str
    """``form``, ``keyword``, ``operator``, ``carrier`` or ``upstream``."""
    evidence: dict[str, Any] = document()
    at: datetime = at()


class Consent(CoreRow, table=True):
    """The newest entry's state per phone, derived from the ledger in the ledger's transaction.

    It is also the row that STOP and the claim of a send both lock.
    """

    phone: str = Field(primary_key=True)
    state: str
    entry_id: int = ref("consent_entry")
    at: datetime = at()
