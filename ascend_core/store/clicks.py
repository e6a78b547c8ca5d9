"""Clicks, what happened around them, and the sums of them that links keep."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from attrs import frozen
from sqlalchemy import Update, func, select, update
from sqlalchemy.engine import Connection

from ascend_core.engine.clicks import COMPARED, CROWD_WITHIN, SWEPT_WITHIN
from ascend_core.store.bulk import table_of
from ascend_core.store.reading import among, pairs
from ascend_core.store.sql import given, given_rows, written
from ascend_core.store.tables import Click, Link, Url
from ascend_core.store.types import from_micros, to_micros

__all__ = [
    "KeptClick",
    "add_to_links",
    "change_clicks",
    "click_counts",
    "clicks_to_classify",
    "clicks_to_compare",
    "compare_again",
    "compare_around",
    "confirm_clicks",
    "has_click",
    "links_of_member",
    "person_clicks",
    "refresh_links",
    "set_rules",
]

_click = table_of(Click)
_link = table_of(Link)
_url = table_of(Url)

_JUDGED = ", ".join(f"'{kind}'" for kind in sorted(COMPARED))
_CROWD = to_micros(from_micros(0) + CROWD_WITHIN)
_SWEPT = to_micros(from_micros(0) + SWEPT_WITHIN)


# what links keep


def add_to_links(tx: Connection, sums: Iterable[tuple[int, int, int, int, int | None]]) -> set[int]:
    """Add to links' sums: link, hits of persons, of machines and unsure ones, and a person's first time (microseconds).

    Whoever does it keeps the figures of reports too. Returns the links that a person opened for the first time.
    """
    rows = sorted(sums)
    if not rows:
        return set()
    changed = tx.execute(written(_add_sql(tx.dialect.name)), {"rows": json.dumps(rows, separators=(",", ":"))}).all()
    more = {row[0]: row[1] for row in rows}
    return {link_id for link_id, person in changed if person == more[link_id] > 0}


@lru_cache(maxsize=2)
def _add_sql(kind: str) -> str:
    least = "min" if kind == "sqlite" else "least"
    return (
        "UPDATE link AS t SET person_clicks = t.person_clicks + v.person, "  # noqa: S608 -- fixed words
        "machine_clicks = t.machine_clicks + v.machine, unsure_clicks = t.unsure_clicks + v.unsure, "
        f"first_click_at = {least}(coalesce(t.first_click_at, v.first), coalesce(v.first, t.first_click_at)) "
        f"FROM ({given_rows(kind, 'link_id person machine unsure first')}) AS v WHERE t.id = v.link_id "
        "RETURNING id, person_clicks"
    )


def refresh_links(tx: Connection, link_ids: Collection[int]) -> None:
    """Sum up again what links keep of their clicks and submissions. Inside ``figures_kept``."""
    if not link_ids:
        return
    clicks = "FROM click c WHERE c.link_id = link.id AND c.kind"
    came = "FROM submission s WHERE s.link_id = link.id AND s.matched_by ="
    query = (
        f"UPDATE link SET person_clicks = (SELECT count(*) {clicks} = 'person'), "  # noqa: S608 -- fixed words
        f"unsure_clicks = (SELECT count(*) {clicks} = 'unsure'), "
        f"machine_clicks = (SELECT count(*) {clicks} NOT IN ({_JUDGED})), "
        f"first_click_at = (SELECT min(c.clicked_at) {clicks} = 'person'), "
        f"exact_submissions = (SELECT count(*) {came} 'exact'), "
        f"submitted_at = (SELECT min(s.created_at) {came} 'exact'), "
        f"estimated_submissions = (SELECT count(*) {came} 'estimated') WHERE id IN ({given(tx)})"
    )
    tx.execute(written(query), {"ids": _ids(link_ids)})


def confirm_clicks(tx: Connection, link_ids: Collection[int]) -> None:
    """Submissions came through these links: whoever opened one was a person. Inside ``figures_kept``."""
    if not link_ids:
        return
    query = (
        "UPDATE click SET kind = 'person', reason = NULL WHERE kind = 'unsure' AND link_id IN "  # noqa: S608 -- fixed words
        f"(SELECT id FROM link WHERE id IN ({given(tx)}) AND EXISTS "
        "(SELECT 1 FROM submission s WHERE s.link_id = link.id AND s.matched_by = 'exact'))"
    )
    tx.execute(written(query), {"ids": _ids(link_ids)})
    refresh_links(tx, link_ids)


# what happened around them


def compare_again(tx: Connection, message_ids: Collection[int]) -> None:
    """Let clicks on the links of messages be compared again: something became known that may change their class."""
    if not message_ids:
        return
    tx.execute(_again(), {"messages": sorted(message_ids)})


@cache
def _again() -> Update:
    links = select(_link.c.id).where(among(_link.c.message_id, "messages"))
    return update(_click).where(_click.c.link_id.in_(links), _click.c.kind.in_(COMPARED)).values(compared=0)


def clicks_to_compare(tx: Connection, limit: int) -> list[int]:
    """Clicks that are to be compared again."""
    query = written("SELECT id FROM click WHERE compared = 0 ORDER BY id LIMIT :limit")
    return [id_ for (id_,) in tx.execute(query, {"limit": limit})]


def change_clicks(tx: Connection, compared: Collection[int], kinds: Sequence[tuple[int, str, str | None]]) -> None:
    """Say that clicks were compared, and give some another class: id, class, reason. Inside ``figures_kept``."""
    if compared:
        query = f"UPDATE click SET compared = 1 WHERE compared = 0 AND id IN ({given(tx)})"  # noqa: S608 -- fixed words
        tx.execute(written(query), {"ids": _ids(compared)})
    for kind, reason in sorted({(kind, reason) for _, kind, reason in kinds}, key=str):
        ids = [id_ for id_, its_kind, its_reason in kinds if (its_kind, its_reason) == (kind, reason)]
        query = f"UPDATE click SET kind = :kind, reason = :reason WHERE id IN ({given(tx)})"  # noqa: S608 -- fixed words
        tx.execute(written(query), {"ids": _ids(ids), "kind": kind, "reason": reason})


# classifying again


@frozen
class KeptClick:
    """A click with all that is known of its request."""

    id: int
    link_id: int
    kind: str
    method: str
    user_agent: str
    purpose: str


def clicks_to_classify(tx: Connection, *, after: int, below: int, limit: int) -> list[KeptClick]:
    """The next clicks, by id, that rules older than *below* were applied to, and of which anything is remembered."""
    query = written(
        "SELECT id, link_id, kind, method, user_agent, purpose FROM click "
        "WHERE id > :after AND rules < :below AND withheld = 0 ORDER BY id LIMIT :limit"
    )
    return [KeptClick(*row) for row in tx.execute(query, {"after": after, "below": below, "limit": limit}).all()]


def compare_around(tx: Connection, click_ids: Collection[int]) -> None:
    """Let these clicks be compared again, and those they are company of: from their addresses, on their messages."""
    if not click_ids:
        return
    these = f"(SELECT c.link_id, c.ip_hash, c.clicked_at FROM click c WHERE c.id IN ({given(tx)})) AS t"  # noqa: S608 -- fixed words
    same_address = (
        f"SELECT o.id FROM {these} CROSS JOIN click o WHERE o.ip_hash = t.ip_hash "  # noqa: S608 -- fixed words
        f"AND o.clicked_at BETWEEN t.clicked_at - {_CROWD} AND t.clicked_at + {_CROWD}"
    )
    same_message = (
        f"SELECT o.id FROM {these} CROSS JOIN link l JOIN link l2 ON l2.message_id = l.message_id "  # noqa: S608 -- fixed words
        "JOIN click o ON o.link_id = l2.id WHERE l.id = t.link_id "
        f"AND o.clicked_at BETWEEN t.clicked_at - {_SWEPT} AND t.clicked_at + {_SWEPT}"
    )
    for near in (same_address, same_message):
        query = f"UPDATE click SET compared = 0 WHERE kind IN ({_JUDGED}) AND id IN ({near})"  # noqa: S608 -- fixed words
        tx.execute(written(query), {"ids": _ids(click_ids)})


def set_rules(tx: Connection, click_ids: Collection[int], rules: int) -> None:
    """Note which rules were applied to clicks."""
    query = f"UPDATE click SET rules = :rules WHERE id IN ({given(tx)})"  # noqa: S608 -- fixed words
    tx.execute(written(query), {"ids": _ids(click_ids), "rules": rules})


# reading


def person_clicks(tx: Connection, member_ids: Collection[int], since: datetime) -> list[tuple[int, int, int, datetime]]:
    """What members opened since then: (member, form, link, time), the latest first. Persons' clicks only."""
    statement = (
        select(_link.c.member_id, _url.c.form_id, _link.c.id, _click.c.clicked_at)
        .join(_link, _link.c.id == _click.c.link_id)
        .join(_url, _url.c.id == _link.c.url_id)
        .where(
            _link.c.member_id.in_(sorted(member_ids)),
            _click.c.clicked_at >= since,
            _click.c.kind == "person",
            _url.c.form_id.is_not(None),
        )
        .order_by(_click.c.clicked_at.desc(), _link.c.id.desc())
    )
    return [(member, form, link, at) for member, form, link, at in tx.execute(statement)]


def links_of_member(tx: Connection, member_id: int) -> list[int]:
    """Every link that was made for a member."""
    return list(tx.execute(select(_link.c.id).where(_link.c.member_id == member_id)).scalars())


def has_click(tx: Connection, code: str, at: datetime, user_agent: str) -> bool:
    """Whether that very click is recorded."""
    same = (_link.c.code == code) & (_click.c.clicked_at == at) & (_click.c.user_agent == user_agent)
    statement = select(func.count()).select_from(_click.join(_link, _link.c.id == _click.c.link_id)).where(same)
    return bool(tx.execute(statement).scalar_one())


def click_counts(tx: Connection) -> dict[str, int]:
    """How many clicks of each class there are."""
    statement = select(_click.c.kind, func.count()).group_by(_click.c.kind).order_by(_click.c.kind)
    return pairs(tx.execute(statement))


def _ids(ids: Collection[Any]) -> str:
    return json.dumps(sorted(ids), separators=(",", ":"))
