"""URLs, member links and clicks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import func, select
from sqlalchemy.engine import Connection
from sqlalchemy.sql import text

from ascend_core.store.bulk import insert_rows, reserve_ids, table_of, update_rows
from ascend_core.store.reading import fetch, pairs, pick
from ascend_core.store.tables import Click, Link, Message, Url
from ascend_core.store.types import to_micros

__all__ = [
    "LinkRecord",
    "LinkTarget",
    "RunLink",
    "click_counts",
    "ensure_urls",
    "has_click",
    "insert_links",
    "link_by_code",
    "links_by_token",
    "links_of_runs",
    "mark_submitted",
    "recent_clicks",
    "record_clicks",
]

_url = table_of(Url)
_link = table_of(Link)
_click = table_of(Click)
_message = table_of(Message)


@frozen(kw_only=True)
class LinkTarget:
    """What the redirect needs."""

    id: int
    location: str


@frozen(kw_only=True)
class LinkRecord:
    """A member link as it is made."""

    code: str
    token: str
    name: str
    message_id: int
    member_id: int
    url_id: int
    run_id: int | None
    location: str
    created_at: datetime


@frozen(kw_only=True)
class RunLink:
    """A link of a run, with where it was declared and what became of it."""

    id: int
    token: str
    name: str
    run_id: int
    member_id: int
    phone: str
    form_id: int | None
    step: str | None
    first_click_at: datetime | None
    submitted_at: datetime | None


def ensure_urls(tx: Connection, wanted: Collection[tuple[str, str, int | None]]) -> dict[tuple[str, str], int]:
    """The ids of URLs by (target, tracker); *wanted* adds the form each leads to. Missing ones are made."""
    if not wanted:
        return {}
    found = _url_ids(tx, wanted)
    missing = sorted({each for each in wanted if each[:2] not in found}, key=lambda each: each[:2])
    if missing:
        ids = reserve_ids(tx, Url, len(missing))
        rows = [
            {"id": id_, "target": target, "tracker": tracker, "form_id": form_id}
            for id_, (target, tracker, form_id) in zip(ids, missing, strict=True)
        ]
        insert_rows(tx, Url, rows, skip_known=True)
        found = _url_ids(tx, wanted)
    return found


def _url_ids(tx: Connection, wanted: Collection[tuple[str, str, int | None]]) -> dict[tuple[str, str], int]:
    statement = select(_url.c.target, _url.c.tracker, _url.c.id).where(
        _url.c.target.in_(sorted({each[0] for each in wanted}))
    )
    return {(target, tracker): id_ for target, tracker, id_ in tx.execute(statement)}


def insert_links(tx: Connection, records: Sequence[LinkRecord]) -> None:
    """Add member links. IntegrityError on a code that is taken: the transaction is tried again with new codes."""
    ids = reserve_ids(tx, Link, len(records))
    rows = [
        {
            "id": id_,
            "code": record.code,
            "token": record.token,
            "name": record.name,
            "message_id": record.message_id,
            "member_id": record.member_id,
            "url_id": record.url_id,
            "run_id": record.run_id,
            "location": record.location,
            "created_at": record.created_at,
            "person_clicks": 0,
            "machine_clicks": 0,
        }
        for id_, record in zip(ids, records, strict=True)
    ]
    insert_rows(tx, Link, rows)


def link_by_code(tx: Connection, code: str) -> LinkTarget | None:
    """Where a short link leads."""
    found = fetch(tx, LinkTarget, pick(LinkTarget, Link).where(_link.c.code == code))
    return found[0] if found else None


def links_of_runs(tx: Connection, run_ids: Collection[int]) -> list[RunLink]:
    """Every link that runs have sent, in the order they were made."""
    statement = (
        pick(RunLink, Link, _url.c.form_id, _message.c.step, _message.c.phone)
        .join(_url, _url.c.id == _link.c.url_id)
        .join(_message, _message.c.id == _link.c.message_id)
        .where(_link.c.run_id.in_(sorted(run_ids)))
        .order_by(_link.c.id)
    )
    return fetch(tx, RunLink, statement)


def links_by_token(tx: Connection, tokens: Collection[str]) -> dict[str, RunLink]:
    """The links whose tokens came back with submissions."""
    statement = (
        pick(RunLink, Link, _url.c.form_id, _message.c.step, _message.c.phone)
        .join(_url, _url.c.id == _link.c.url_id)
        .join(_message, _message.c.id == _link.c.message_id)
        .where(_link.c.token.in_(sorted(tokens)))
    )
    return {link.token: link for link in fetch(tx, RunLink, statement)}


def recent_clicks(tx: Connection, member_ids: Collection[int], since: datetime) -> list[tuple[int, int, int, datetime]]:
    """What members clicked since then: (member, form, link, first click), the latest first. Persons' clicks only."""
    statement = (
        select(_link.c.member_id, _url.c.form_id, _link.c.id, _link.c.first_click_at)
        .join(_url, _url.c.id == _link.c.url_id)
        .where(_link.c.member_id.in_(sorted(member_ids)), _link.c.first_click_at >= since, _url.c.form_id.is_not(None))
        .order_by(_link.c.first_click_at.desc(), _link.c.id.desc())
    )
    return [(member, form, link, at) for member, form, link, at in tx.execute(statement)]


def mark_submitted(tx: Connection, times: dict[int, datetime]) -> None:
    """Note on links when a submission first came back through them."""
    rows = [{"id": link_id, "submitted_at": moment} for link_id, moment in sorted(times.items())]
    update_rows(tx, Link, rows, only_if="(t.submitted_at IS NULL OR t.submitted_at > v.submitted_at)")


def record_clicks(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add clicks (rows of the click table without ``id``) and the links' figures, in one transaction."""
    ids = reserve_ids(tx, Click, len(rows))
    insert_rows(tx, Click, [{"id": id_, **row} for id_, row in zip(ids, rows, strict=True)])
    sums: dict[int, tuple[int, int, datetime | None]] = {}
    for row in rows:
        persons, machines, first = sums.get(row["link_id"], (0, 0, None))
        if row["kind"] == "person":
            first = row["clicked_at"] if first is None else min(first, row["clicked_at"])
            sums[row["link_id"]] = (persons + 1, machines, first)
        else:
            sums[row["link_id"]] = (persons, machines + 1, first)
    least = "min" if tx.dialect.name == "sqlite" else "least"
    add = text(
        "UPDATE link SET person_clicks = person_clicks + :persons, machine_clicks = machine_clicks + :machines, "  # noqa: S608 -- no value is in the text
        f"first_click_at = {least}(coalesce(first_click_at, :first), coalesce(:first, first_click_at)) WHERE id = :id"
    )
    for link_id, (persons, machines, first) in sorted(sums.items()):
        micros = None if first is None else to_micros(first)
        tx.execute(add, {"id": link_id, "persons": persons, "machines": machines, "first": micros})


def has_click(tx: Connection, code: str, at: datetime, user_agent: str) -> bool:
    """Whether that very click is recorded."""
    same = (_link.c.code == code) & (_click.c.clicked_at == at) & (_click.c.user_agent == user_agent)
    statement = select(func.count()).select_from(_click.join(_link, _link.c.id == _click.c.link_id)).where(same)
    return bool(tx.execute(statement).scalar_one())


def click_counts(tx: Connection) -> dict[str, int]:
    """How many clicks of each class there are."""
    statement = select(_click.c.kind, func.count()).group_by(_click.c.kind).order_by(_click.c.kind)
    return pairs(tx.execute(statement))
