"""The versions of a flow and its draft, as people look after them."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen
from sqlalchemy import delete, func, select, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, table_of, update_rows
from ascend_core.store.reading import fetch, pick
from ascend_core.store.tables import Flow, FlowDraft, FlowVersion, Run

__all__ = ["DraftRecord", "VersionLine", "draft_of", "drafts", "drop_draft", "keep_draft", "retire", "versions_of"]

_draft = table_of(FlowDraft)
_flow = table_of(Flow)
_run = table_of(Run)
_version = table_of(FlowVersion)


@frozen(kw_only=True)
class VersionLine:
    """A version, and how many members are inside it now."""

    id: int
    number: int
    digest: str
    source: str
    published_at: datetime
    live: bool
    runs: int
    active: int


@frozen(kw_only=True)
class DraftRecord:
    """A draft; *digest* None: it does not hold yet."""

    name: str
    source: str
    digest: str | None
    saved_at: datetime


def versions_of(tx: Connection, name: str) -> list[VersionLine]:
    """Every version of a flow, the newest first; none: there is no such flow."""
    mine = _run.c.version_id == _version.c.id
    active = select(func.count()).select_from(_run).where(mine, _run.c.ended_at.is_(None)).scalar_subquery()
    runs = select(func.count()).select_from(_run).where(mine).scalar_subquery()
    is_live = func.coalesce(_flow.c.live_version_id == _version.c.id, False)
    statement = (
        pick(VersionLine, FlowVersion, is_live.label("live"), runs.label("runs"), active.label("active"))
        .join(_flow, _flow.c.id == _version.c.flow_id)
        .where(_flow.c.name == name)
        .order_by(_version.c.number.desc())
    )
    return fetch(tx, VersionLine, statement)


def retire(tx: Connection, name: str) -> bool:
    """Let no version of a flow be live: nobody enters it any more. False: none was."""
    live = (_flow.c.name == name) & _flow.c.live_version_id.is_not(None)
    return tx.execute(update(_flow).where(live).values(live_version_id=None)).rowcount == 1


def keep_draft(tx: Connection, record: DraftRecord) -> None:
    """Keep a draft in the place of the one there is."""
    row = {"name": record.name, "source": record.source, "digest": record.digest, "saved_at": record.saved_at}
    if not insert_rows(tx, FlowDraft, [row], skip_known=True):
        update_rows(tx, FlowDraft, [row], by=("name",))


def draft_of(tx: Connection, name: str) -> DraftRecord | None:
    """The draft of a flow."""
    found = fetch(tx, DraftRecord, pick(DraftRecord, FlowDraft).where(_draft.c.name == name))
    return found[0] if found else None


def drafts(tx: Connection) -> list[DraftRecord]:
    """Every draft, by name."""
    return fetch(tx, DraftRecord, pick(DraftRecord, FlowDraft).order_by(_draft.c.name))


def drop_draft(tx: Connection, name: str, *, source: str | None = None) -> bool:
    """Throw a draft away; with *source*, only while it says that. False: there was none."""
    statement = delete(_draft).where(_draft.c.name == name)
    if source is not None:
        statement = statement.where(_draft.c.source == source)
    return tx.execute(statement).rowcount == 1
