"""URLs and member links."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import attrs
from attrs import frozen
from msgspec import Struct
from sqlalchemy import Select, select
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_records, insert_rows, reserve_ids, table_of, update_rows
from ascend_core.store.reading import among, fetch, pick
from ascend_core.store.tables import Account, Link, Message, Submission, Url

__all__ = [
    "LinkRecord",
    "LinkTarget",
    "RunLink",
    "ensure_urls",
    "insert_links",
    "lead_to_forms",
    "links_by_code",
    "links_by_token",
    "links_of_runs",
    "told_by_others",
    "urls_without_form",
]

_account = table_of(Account)
_submission = table_of(Submission)
_url = table_of(Url)
_link = table_of(Link)
_message = table_of(Message)


@frozen(kw_only=True)
class LinkTarget:
    """What the redirect needs."""

    id: int
    location: str
    expires_at: datetime | None = None


_TARGET = tuple(each.name for each in attrs.fields(LinkTarget))


class LinkRecord(Struct, frozen=True, kw_only=True, gc=False):
    """A member link as it is made."""

    code: str
    token: str
    name: str
    message_id: int
    member_id: int
    url_id: int
    run_id: int | None
    location: str
    host: str | None = None
    created_at: datetime
    expires_at: datetime | None = None


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
    """The ids of URLs by (target, tracker); *wanted* adds the form each leads to. Missing ones are made, and one that
    was made before its form was known leads to it from now on.
    """
    if not wanted:
        return {}
    found, formless = _url_ids(tx, wanted)
    late = {found[each[:2]]: each[2] for each in wanted if each[2] is not None and each[:2] in formless}
    lead_to_forms(tx, late)
    missing = sorted({each for each in wanted if each[:2] not in found}, key=lambda each: each[:2])
    if missing:
        ids = reserve_ids(tx, Url, len(missing))
        rows = [
            {"id": id_, "target": target, "tracker": tracker, "form_id": form_id}
            for id_, (target, tracker, form_id) in zip(ids, missing, strict=True)
        ]
        insert_rows(tx, Url, rows, skip_known=True)
        found, _ = _url_ids(tx, wanted)
    return found


def _url_ids(
    tx: Connection, wanted: Collection[tuple[str, str, int | None]]
) -> tuple[dict[tuple[str, str], int], set[tuple[str, str]]]:
    """The ids of those that there are, and which of them lead to no form that is known."""
    rows = tx.execute(_with_targets(), {"targets": sorted({each[0] for each in wanted})}).all()
    ids = {(target, tracker): id_ for target, tracker, id_, _ in rows}
    return ids, {(target, tracker) for target, tracker, _, form_id in rows if form_id is None}


@cache
def _with_targets() -> Select[Any]:
    return select(_url.c.target, _url.c.tracker, _url.c.id, _url.c.form_id).where(among(_url.c.target, "targets"))


def urls_without_form(tx: Connection, trackers: Collection[str]) -> list[tuple[int, str, str]]:
    """URLs that these trackers follow and that lead to no form that is known: id, target and tracker."""
    statement = select(_url.c.id, _url.c.target, _url.c.tracker).where(
        _url.c.form_id.is_(None), _url.c.tracker.in_(sorted(trackers))
    )
    return [(id_, target, tracker) for id_, target, tracker in tx.execute(statement.order_by(_url.c.id))]


def lead_to_forms(tx: Connection, forms: Mapping[int, int]) -> None:
    """Note which forms URLs lead to: URL to form."""
    update_rows(tx, Url, [{"id": id_, "form_id": form_id} for id_, form_id in sorted(forms.items())])


def insert_links(tx: Connection, records: Sequence[LinkRecord]) -> None:
    """Add member links. IntegrityError on a code that is taken: the transaction is tried again with new codes."""
    none = [0] * len(records)
    ids = reserve_ids(tx, Link, len(records))
    insert_records(tx, Link, records, id=ids, person_clicks=none, machine_clicks=none)


def links_by_code(tx: Connection, codes: Collection[str]) -> dict[str, LinkTarget]:
    """Where short links lead, by code; unknown codes are left out."""
    found = tx.execute(_with_codes(), {"codes": sorted(codes)}).mappings()
    return {row["code"]: LinkTarget(**{name: row[name] for name in _TARGET}) for row in found}


@cache
def _with_codes() -> Select[Any]:
    return pick(LinkTarget, Link, _link.c.code).where(among(_link.c.code, "codes"))


def links_of_runs(tx: Connection, run_ids: Collection[int]) -> list[RunLink]:
    """Every link that runs have sent, in the order they were made."""
    return fetch(tx, RunLink, _links_of_runs(), runs=sorted(run_ids))


@cache
def _links_of_runs() -> Select[Any]:
    return _run_links().where(among(_link.c.run_id, "runs")).order_by(_link.c.id)


def _run_links() -> Select[Any]:
    return (
        pick(RunLink, Link, _url.c.form_id, _message.c.step, _message.c.phone)
        .join(_url, _url.c.id == _link.c.url_id)
        .join(_message, _message.c.id == _link.c.message_id)
    )


def links_by_token(tx: Connection, tokens: Collection[str]) -> dict[str, RunLink]:
    """The links whose tokens came back with submissions."""
    return {link.token: link for link in fetch(tx, RunLink, _with_tokens(), tokens=sorted(tokens))}


@cache
def _with_tokens() -> Select[Any]:
    return _run_links().where(among(_link.c.token, "tokens"))


def told_by_others(tx: Connection, account_id: int, keys: Collection[str]) -> set[str]:
    """Which of these submissions another account of the same integration has shown before, with a link's token."""
    others, mine = _account.alias("others"), _account.c.id == account_id
    statement = (
        select(_submission.c.key)
        .join(others, others.c.id == _submission.c.account_id)
        .join(_account, mine & (_account.c.integration == others.c.integration) & (_account.c.id != others.c.id))
        .where(among(_submission.c.key, "keys"), _submission.c.matched_by.in_(("exact", "shared")))
    )
    return set(tx.execute(statement, {"keys": sorted(keys)}).scalars())
