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

from attrs import frozen
from sqlalchemy.engine import Connection

from ascend_core.engine.clicks import COMPARED, CROWD_MEMBERS, CROWD_WITHIN, SOON, SWEPT_WITHIN, ClickAround, company
from ascend_core.store.click_requests import TakenClick
from ascend_core.store.sql import given, given_rows, written
from ascend_core.store.types import from_micros, to_micros

__all__ = ["Beside", "clicks_beside", "doubtful_clicks", "links_of_clicks"]

_JUDGED = ", ".join(f"'{kind}'" for kind in sorted(COMPARED))
_CROWD = to_micros(from_micros(0) + CROWD_WITHIN)
_SOON = to_micros(from_micros(0) + SOON)
_SWEPT = to_micros(from_micros(0) + SWEPT_WITHIN)


@frozen(kw_only=True)
class Beside:
    """What new clicks of persons meet, by id."""

    suspects: set[int]
    """New clicks that may not be persons'; the rest are."""
    alone: set[int]
    """Suspects from an address that opened no other link around then: of no crowd."""
    others: set[int]
    """Clicks of persons, new ones among them, that may be in doubt now."""


def clicks_beside(tx: Connection, new: Sequence[TakenClick]) -> Beside:
    """What new clicks of persons meet: on other links, from the same address or on the same message, and their text's
    delivery.

    It costs a look an address and a look a link. Most people open one link, from an address where nobody opens another,
    long after its text came: of those nothing more is read, however often they come back.
    """
    busy = _with_several_links(tx, new)
    at_addresses = _spans(((click.ip_hash, click.micros) for click in new if click.ip_hash in busy), _CROWD)
    beside: set[int] = set()
    shared: set[int] = set()
    if at_addresses:
        shared.update(tx.execute(written(_near_sql(tx.dialect.name, "shared")), _rows(at_addresses)).scalars())
    if shared:
        spans = [span for span in at_addresses if span[0] in shared]
        beside.update(tx.execute(written(_near_sql(tx.dialect.name, "persons")), _rows(spans)).scalars())
    texts = _texts_to_look_at(tx, new)
    on_links = _spans(((click.link_id, click.micros) for click in new if texts.get(click.link_id)), _SWEPT)
    if on_links:
        beside.update(tx.execute(written(_siblings_sql(tx.dialect.name)), _rows(on_links)).scalars())
    suspects = {click.id for click in new if click.ip_hash in shared or click.link_id in texts}
    alone = {click.id for click in new if click.id in suspects and click.ip_hash not in shared}
    return Beside(suspects=suspects, alone=alone, others=beside)


def _with_several_links(tx: Connection, new: Sequence[TakenClick]) -> set[int]:
    """The addresses of new clicks from which more than one link was opened, whenever."""
    opened: dict[int, int] = {}
    busy: set[int] = set()
    for click in new:
        if click.ip_hash is not None and opened.setdefault(click.ip_hash, click.link_id) != click.link_id:
            busy.add(click.ip_hash)
    alone = [pair for pair in opened.items() if pair[0] not in busy]
    if alone:
        busy.update(tx.execute(written(_others_sql(tx.dialect.name)), _rows(alone)).scalars())
    return busy


def _texts_to_look_at(tx: Connection, new: Sequence[TakenClick]) -> dict[int, bool]:
    """The opened links whose texts have other links too (True), or were delivered at about the time of the clicks."""
    if not new:
        return {}
    times = [click.micros for click in new]
    values = {
        "ids": _ids({click.link_id for click in new}),
        "since": min(times) - _SOON,
        "until": max(times) + _SOON,
    }
    found = tx.execute(written(_texts_sql(tx.dialect.name)), values).all()
    return {link: bool(several) for link, several in found}


@lru_cache(maxsize=2)
def _texts_sql(kind: str) -> str:
    several = "EXISTS (SELECT 1 FROM link o WHERE o.message_id = l.message_id AND o.id <> l.id)"
    return (
        f"SELECT id, several FROM (SELECT l.id, {several} AS several, m.state = 'delivered' "  # noqa: S608 -- fixed words
        "AND m.settled_at BETWEEN :since AND :until AS soon "
        f"FROM link l JOIN message m ON m.id = l.message_id WHERE l.id IN ({given(kind)})) AS t WHERE several OR soon"
    )


@lru_cache(maxsize=2)
def _others_sql(kind: str) -> str:
    """Addresses from which another link than the given one was opened."""
    # the ends of a stretch of the index: PostgreSQL reads a table of clicks through rather than test that one EXISTS
    ends = [f"(SELECT {end}(c.link_id) FROM click c WHERE c.ip_hash = v.key) <> v.link" for end in ("min", "max")]  # noqa: S608 -- fixed words
    return f"WITH v AS MATERIALIZED ({given_rows(kind, 'key link')}) SELECT v.key FROM v WHERE {' OR '.join(ends)}"  # noqa: S608 -- fixed words


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


def _rows(rows: Sequence[tuple[int, ...]]) -> dict[str, Any]:
    return {"rows": json.dumps(rows, separators=(",", ":"))}


def _ids(ids: Collection[int]) -> str:
    return json.dumps(sorted(ids), separators=(",", ":"))
