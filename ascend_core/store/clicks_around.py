"""What happened around clicks: from the same address, on the same message, with its text.

All of it costs as much as there are clicks near by, however many come from one address: everybody behind a carrier's
gateway has the same one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy.engine import Connection

from ascend_core.engine.clicks import COMPARED, CROWD_MEMBERS, CROWD_WITHIN, SOON, SWEPT_WITHIN, ClickAround, company
from ascend_core.store.click_requests import TakenClick
from ascend_core.store.sql import given, given_rows, written
from ascend_core.store.types import from_micros, to_micros

__all__ = ["clicks_beside", "doubtful_clicks", "links_of_clicks"]

_JUDGED = ", ".join(f"'{kind}'" for kind in sorted(COMPARED))
_CROWD = to_micros(from_micros(0) + CROWD_WITHIN)
_SOON = to_micros(from_micros(0) + SOON)
_SWEPT = to_micros(from_micros(0) + SWEPT_WITHIN)


def clicks_beside(tx: Connection, new: Sequence[TakenClick]) -> tuple[set[int], set[int]]:
    """What new clicks meet on other links, from the same address or on the same message.

    Returns clicks of persons, new ones among them, that may be in doubt now, and the addresses (hashes) from which
    several links were opened: nobody else can be one of a crowd.
    """
    at_addresses = _spans(((click.ip_hash, click.micros) for click in new if click.ip_hash is not None), _CROWD)
    on_links = _spans(((click.link_id, click.micros) for click in new), _SWEPT)
    beside: set[int] = set()
    shared: set[int] = set()
    if at_addresses:
        shared.update(tx.execute(written(_near_sql(tx.dialect.name, "shared")), _rows(at_addresses)).scalars())
    if shared:
        spans = [span for span in at_addresses if span[0] in shared]
        beside.update(tx.execute(written(_near_sql(tx.dialect.name, "persons")), _rows(spans)).scalars())
    if on_links:
        beside.update(tx.execute(written(_siblings_sql(tx.dialect.name)), _rows(on_links)).scalars())
    return beside, shared


def links_of_clicks(tx: Connection, click_ids: Collection[int]) -> set[int]:
    """The links that were opened."""
    if not click_ids:
        return set()
    query = f"SELECT DISTINCT link_id FROM click WHERE id IN ({given(tx)})"  # noqa: S608 -- fixed words
    return {id_ for (id_,) in tx.execute(written(query), {"ids": _ids(click_ids)})}


def doubtful_clicks(tx: Connection, click_ids: Collection[int], alone: Collection[int] = ()) -> list[ClickAround]:
    """Those that are in doubt or may come into it, with what happened around them, by id. The rest are persons'.

    *alone*: clicks known to be of no crowd.
    """
    if not click_ids:
        return []
    company_of = _company(tx, set(click_ids).difference(alone))
    crowded = [id_ for id_, members in company_of.items() if members >= CROWD_MEMBERS]
    values = {"ids": _ids(click_ids), "crowded": _ids(crowded)}
    rows = tx.execute(written(_around_sql(tx.dialect.name)), values).all()
    return [
        ClickAround(
            id=id_,
            link_id=link,
            member_id=member,
            kind=kind,
            reason=reason,
            clicked_at=from_micros(at),
            delivered_at=None if delivered is None else from_micros(delivered),
            submitted=submitted,
            members_there=company_of.get(id_, 1),
            links_in_message=links,
            links_opened=opened,
            address_known=bool(known),
        )
        for id_, link, member, kind, reason, at, delivered, submitted, known, links, opened in rows
    ]


def _company(tx: Connection, click_ids: Collection[int]) -> dict[int, int]:
    """How many members' links were opened from where each of these clicks came from, around then."""
    if not click_ids:
        return {}
    these = f"SELECT ip_hash, clicked_at FROM click WHERE id IN ({given(tx)}) AND ip_hash IS NOT NULL"  # noqa: S608 -- fixed words
    moments = tx.execute(written(these), {"ids": _ids(click_ids)}).all()
    if not moments:
        return {}
    spans = _spans(((hash_, at) for hash_, at in moments), _CROWD)
    visits = tx.execute(written(_near_sql(tx.dialect.name, "visits")), _rows(spans)).all()
    found: dict[int, int] = {}
    for _, there in groupby(visits, key=itemgetter(0)):
        some = list(there)
        members = company([(at, member) for _, at, member, _ in some])
        found.update(zip((id_ for *_, id_ in some), members, strict=True))
    return found


@lru_cache(maxsize=8)
def _near_sql(kind: str, what: str) -> str:
    """Clicks at addresses within spans: which addresses are shared, which clicks are persons', or all visits."""
    picked, joined, tail = {
        "shared": ("v.key", "", " GROUP BY v.key HAVING min(c.link_id) <> max(c.link_id)"),
        "persons": ("c.id", "", " AND c.kind = 'person'"),
        "visits": (
            "v.key, c.clicked_at, l.member_id, c.id",
            "JOIN link l ON l.id = c.link_id ",
            " ORDER BY v.key, c.clicked_at",
        ),
    }[what]
    # else SQLite takes each row's JSON apart again for every click it meets
    return (
        f"WITH v AS MATERIALIZED ({given_rows(kind, 'key since until')}) SELECT {picked} FROM v CROSS JOIN click c "  # noqa: S608 -- fixed words
        f"{joined}WHERE c.ip_hash = v.key AND c.clicked_at BETWEEN v.since AND v.until AND c.kind IN ({_JUDGED}){tail}"
    )


@lru_cache(maxsize=2)
def _siblings_sql(kind: str) -> str:
    """Persons' clicks on the other links of the same messages, within spans of links."""
    return (
        f"WITH v AS MATERIALIZED ({given_rows(kind, 'key since until')}) "  # noqa: S608 -- fixed words
        "SELECT c.id FROM v CROSS JOIN link l JOIN link other ON other.message_id = l.message_id "
        "AND other.id <> l.id JOIN click c ON c.link_id = other.id WHERE l.id = v.key AND c.kind = 'person' "
        "AND c.clicked_at BETWEEN v.since AND v.until"
    )


@lru_cache(maxsize=2)
def _around_sql(kind: str) -> str:
    links = "(SELECT count(*) FROM link l2 WHERE l2.message_id = l.message_id)"
    # whose text has no other link needs no such look
    opened = (
        f"CASE WHEN {links} > 1 THEN (SELECT count(*) FROM link l2 WHERE l2.message_id = l.message_id AND EXISTS "  # noqa: S608 -- fixed words
        f"(SELECT 1 FROM click c2 WHERE c2.link_id = l2.id AND c2.kind IN ({_JUDGED}) "
        f"AND c2.clicked_at BETWEEN c.clicked_at - {_SWEPT} AND c.clicked_at + {_SWEPT})) ELSE 1 END"
    )
    return (
        "WITH c AS MATERIALIZED (SELECT c.id, c.link_id, l.member_id, c.kind, c.reason, c.clicked_at, "  # noqa: S608 -- fixed words
        "CASE WHEN m.state = 'delivered' THEN m.settled_at END AS delivered, "
        f"l.exact_submissions, c.ip_hash IS NOT NULL AS known, {links} AS links, {opened} AS opened "
        "FROM click c JOIN link l ON l.id = c.link_id JOIN message m ON m.id = l.message_id "
        f"WHERE c.id IN ({given(kind)}) AND c.kind IN ({_JUDGED})) "
        "SELECT * FROM c WHERE c.kind = 'unsure' "
        f"OR c.delivered BETWEEN c.clicked_at - {_SOON} AND c.clicked_at + {_SOON} "
        f"OR c.id IN ({given(kind).replace(':ids', ':crowded')}) OR (c.links > 1 AND c.opened >= c.links) ORDER BY c.id"
    )


def _spans(moments: Iterable[tuple[int, int]], reach: int) -> list[tuple[int, int, int]]:
    """For each key of *moments* (key, microseconds): from when to when lies within *reach*, no time twice."""
    spans: list[tuple[int, int, int]] = []
    for key, moment in sorted(moments):
        if spans and spans[-1][0] == key and moment - reach <= spans[-1][2]:
            spans[-1] = (key, spans[-1][1], moment + reach)
        else:
            spans.append((key, moment - reach, moment + reach))
    return spans


def _rows(spans: Sequence[tuple[int, int, int]]) -> dict[str, Any]:
    return {"rows": json.dumps(spans, separators=(",", ":"))}


def _ids(ids: Collection[int]) -> str:
    return json.dumps(sorted(ids), separators=(",", ":"))
