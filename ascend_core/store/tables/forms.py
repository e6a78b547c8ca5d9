"""Accounts, cursors, forms, submissions and the fields found in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from ascend_core.store.tables.rows import CoreRow, at, document, ref, row_id
from ascend_core.store.types import Key

__all__ = ["Account", "Activity", "Cursor", "DiscoveredField", "FieldMapping", "Form", "PersonSetAside", "Submission"]


_KNOWN = text("person_key IS NOT NULL")


class Account(CoreRow, table=True):
    """A connected account of an integration, with its settings (rows B1 to B3)."""

    __table_args__ = (UniqueConstraint("integration", "key"),)

    id: int | None = row_id()
    integration: str
    key: str
    settings: dict[str, Any] = document()
    """The account's plain settings."""
    sealed: str
    """Its secret settings, encrypted."""
    sync_accounts: bool
    create_members: bool
    sync_new_forms: bool
    connected_at: datetime = at()
    last_success_at: datetime | None = at(null=True)
    retry_at: datetime | None = at(null=True)
    """After a failure: not to be asked before this."""
    failures: int = 0
    problem: str | None = None
    """What a person must do before it works again."""
    trouble: str | None = None
    """What went wrong in the last round; it is tried again at ``retry_at``. None there: the rest of it went well."""
    resumed_at: datetime | None = at(null=True)
    """When it was last switched on again; what happened before fires nothing (row B3)."""
    swept_at: datetime | None = at(null=True)
    """When everything was last read from its first page to its last."""


class Cursor(CoreRow, table=True):
    """Where reading a source goes on; moved in the transaction of the data it stands for."""

    account_id: int = ref("account", primary=True)
    kind: str = Field(primary_key=True)
    position: str | None = None
    version: int
    """The fence: a page is applied only by whoever moves it from the version they read."""
    moved_at: datetime = at()


class Form(CoreRow, table=True):
    """One form of an account."""

    __table_args__ = (UniqueConstraint("account_id", "key"),)

    id: int | None = row_id()
    account_id: int = ref("account")
    key: str
    name: str
    url: str | None = None
    starts_at: datetime | None = at(null=True)
    ends_at: datetime | None = at(null=True)
    timezone: str | None = None
    location: str = ""
    group_id: int | None = ref("member_group", null=True)
    synced_at: datetime | None = at(null=True)
    """None: not synced."""
    counts_from: datetime | None = at(null=True)
    """Sign-ups made before this are history (row B7)."""
    fires_from: datetime | None = at(null=True)
    """What happened before this fires nothing (row B7)."""
    backfill_from: datetime | None = at(null=True)
    """A pass over submissions modified since then is still to be made."""
    deleted_at: datetime | None = at(null=True)
    seen_at: datetime = at()


class Submission(CoreRow, table=True):
    """Our record of one sign-up. An ignored one holds its reason and nothing about the person (row A7)."""

    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        Index("ix_submission_member_form", "member_id", "form_id", "created_at"),
        Index("ix_submission_person", "account_id", "person_key", sqlite_where=_KNOWN, postgresql_where=_KNOWN),
    )

    id: int | None = row_id()
    account_id: int = ref("account")
    form_id: int | None = ref("form", null=True, index=True)
    key: str
    person_key: str | None = None
    """The source's own key of the person; kept only beside a member."""
    member_id: int | None = ref("member", null=True)
    made_member: bool = False
    """Whether it created its member."""
    outcome: str
    """``applied`` or ``ignored``."""
    reason: str | None = None
    """Why it is ignored; of an applied one, why its newest version cannot be read."""
    detail: str | None = None
    state: dict[str, Any] = document()
    starts_at: datetime | None = at(null=True)
    ends_at: datetime | None = at(null=True)
    timezone: str | None = None
    link_id: int | None = Field(default=None, nullable=True, index=True, sa_type=Key)
    """Of the link that brought it; no foreign key, because links refer to runs and runs to submissions."""
    matched_by: str | None = None
    """``exact``, ``estimated`` or ``shared`` (row F4)."""
    answers: str | None = None
    """A mark of the answers that overwrote member fields: the same answers read again overwrite nothing (row C4)."""
    created_at: datetime = at()
    modified_at: datetime = at()
    seen_at: datetime = at()


class Activity(CoreRow, table=True):
    """Something that happened to a submission and fired a trigger."""

    __table_args__ = (UniqueConstraint("submission_id", "trigger", "occurrence"),)

    id: int | None = row_id()
    submission_id: int = ref("submission")
    member_id: int = ref("member", index=True)
    form_id: int = ref("form")
    trigger: str
    occurrence: int
    happened_at: datetime = at()


class PersonSetAside(CoreRow, table=True):
    """Somebody in an account's list of people who could not be read, with the reason and nothing about the person."""

    __tablename__ = "person_set_aside"

    account_id: int = ref("account", primary=True)
    key: str = Field(primary_key=True)
    """The source's own, or one made of what does not change."""
    reason: str
    detail: str | None = None
    seen_at: datetime = at()


class DiscoveredField(CoreRow, table=True):
    """A custom field met in submissions: a candidate for *Additional mappings* (row C3)."""

    __tablename__ = "discovered_field"

    account_id: int = ref("account", primary=True)
    source: str = Field(primary_key=True)
    label: str
    found_at: datetime = at()


class FieldMapping(CoreRow, table=True):
    """How one source field of an account reaches members (rows C1, C2, C4)."""

    __tablename__ = "field_mapping"

    account_id: int = ref("account", primary=True)
    source: str = Field(primary_key=True)
    target: str
    mode: str
    """``populate``, ``overwrite`` or ``ignore``."""
