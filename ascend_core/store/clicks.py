"""Clicks, and the sums of them that links keep."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql import text

from ascend_core.store.bulk import returning_rows, table_of
from ascend_core.store.figures import figures_kept
from ascend_core.store.reading import pairs
from ascend_core.store.tables import Click, Link, Url

__all__ = [
    "COMPARED",
    "click_counts",
    "compare_again",
    "confirm_clicks",
    "has_click",
    "person_clicks",
    "record_clicks",
    "refresh_links",
]

COMPARED = ("person", "unsure")
"""Classes that what happened around a request may change; programs that say what they are stay what they are."""

_click = table_of(Click)
_link = table_of(Link)
_url = table_of(Url)


def record_clicks(tx: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Add clicks (rows of the click table without ``id``), the links' sums and the figures. Returns how many were new.

    A request is kept once, however often it is told: a later one with its link, time and tag changes nothing.
    """
    if not rows:
        return 0
    with figures_kept(tx, "link", {row["link_id"] for row in rows}):
        new = returning_rows(tx, Click, rows, ("link_id", "kind", "clicked_at"))
        _add_to_links(tx, new)
    return len(new)


def _add_to_links(tx: Connection, new: Sequence[Sequence[Any]]) -> None:
    """Add to the links' sums: link, class and time (microseconds) of each click."""
    sums: dict[int, list[int | None]] = {}
    for link_id, kind, micros in new:
        total = sums.setdefault(link_id, [link_id, 0, 0, None])
        if kind == "person":
            total[1] = (total[1] or 0) + 1
            total[3] = micros if total[3] is None else min(total[3], micros)
        else:
            total[2] = (total[2] or 0) + 1
    if sums:
        rows = json.dumps([sums[link_id] for link_id in sorted(sums)], separators=(",", ":"))
        tx.execute(text(_add_sql(tx.dialect.name)), {"rows": rows})


@lru_cache(maxsize=2)
def _add_sql(kind: str) -> str:
    names = ("id", "person", "machine", "first")
    if kind == "sqlite":
        picked = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(names))
        source, least = "json_each(:rows)", "min"
    else:
        picked = ", ".join(f"CAST(value->>{place} AS bigint) AS {name}" for place, name in enumerate(names))
        source, least = "jsonb_array_elements(CAST(:rows AS jsonb)) AS item(value)", "least"
    return (
        "UPDATE link AS t SET person_clicks = t.person_clicks + v.person, "  # noqa: S608 -- fixed words
        "machine_clicks = t.machine_clicks + v.machine, "
        f"first_click_at = {least}(coalesce(t.first_click_at, v.first), coalesce(v.first, t.first_click_at)) "
        f"FROM (SELECT {picked} FROM {source}) AS v WHERE t.id = v.id"
    )


def confirm_clicks(tx: Connection, link_ids: Collection[int]) -> None:
    """Submissions came through these links: whoever opened them was a person. Inside ``figures_kept``."""
    if not link_ids:
        return
    ids = {"ids": json.dumps(sorted(link_ids))}
    tx.execute(
        text(
            "UPDATE click SET kind = 'person', reason = NULL "  # noqa: S608 -- fixed words
            f"WHERE kind = 'unsure' AND link_id IN (SELECT id FROM link WHERE id IN ({_given(tx)}) AND EXISTS "
            "(SELECT 1 FROM submission s WHERE s.link_id = link.id AND s.matched_by = 'exact'))"
        ),
        ids,
    )
    refresh_links(tx, link_ids)


def _given(tx: Connection) -> str:
    if tx.dialect.name == "sqlite":
        return "SELECT value FROM json_each(:ids)"
    return "SELECT CAST(value AS bigint) FROM jsonb_array_elements(CAST(:ids AS jsonb))"


def refresh_links(tx: Connection, link_ids: Collection[int]) -> None:
    """Sum up again what links keep of their clicks and submissions; inside ``figures_kept``."""
    if not link_ids:
        return
    clicks = "FROM click c WHERE c.link_id = link.id AND c.kind"
    came = "FROM submission s WHERE s.link_id = link.id AND s.matched_by ="
    query = (
        f"UPDATE link SET person_clicks = (SELECT count(*) {clicks} = 'person'), "  # noqa: S608 -- fixed words
        f"unsure_clicks = (SELECT count(*) {clicks} = 'unsure'), "
        f"machine_clicks = (SELECT count(*) {clicks} NOT IN ('person', 'unsure')), "
        f"first_click_at = (SELECT min(c.clicked_at) {clicks} = 'person'), "
        f"exact_submissions = (SELECT count(*) {came} 'exact'), "
        f"submitted_at = (SELECT min(s.created_at) {came} 'exact'), "
        f"estimated_submissions = (SELECT count(*) {came} 'estimated') "
        f"WHERE id IN ({_given(tx)})"
    )
    tx.execute(text(query), {"ids": json.dumps(sorted(link_ids))})


def compare_again(tx: Connection, message_ids: Collection[int]) -> None:
    """Let clicks on the links of messages be compared again: something became known that may change their class."""
    if not message_ids:
        return
    links = select(_link.c.id).where(_link.c.message_id.in_(sorted(message_ids)))
    tx.execute(update(_click).where(_click.c.link_id.in_(links), _click.c.kind.in_(COMPARED)).values(compared=0))


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


def has_click(tx: Connection, code: str, at: datetime, user_agent: str) -> bool:
    """Whether that very click is recorded."""
    same = (_link.c.code == code) & (_click.c.clicked_at == at) & (_click.c.user_agent == user_agent)
    statement = select(func.count()).select_from(_click.join(_link, _link.c.id == _click.c.link_id)).where(same)
    return bool(tx.execute(statement).scalar_one())


def click_counts(tx: Connection) -> dict[str, int]:
    """How many clicks of each class there are."""
    statement = select(_click.c.kind, func.count()).group_by(_click.c.kind).order_by(_click.c.kind)
    return pairs(tx.execute(statement))
