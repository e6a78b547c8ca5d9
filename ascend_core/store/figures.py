"""The counters of reports, kept in the transaction of the facts they count.

Whoever changes a fact does so inside ``figures_kept``: what the members concerned added before is taken off, what they
add afterwards is put on. The counters are rows that many transactions touch, so they are written last, in the order of
their keys, and the members are locked first, in the order of theirs: nobody waits in a circle.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy.engine import Connection

from ascend_core.engine.figures import (
    DAY_MICROS,
    FIGURES,
    TURNS_MICROS,
    Cell,
    Figures,
    LinkFact,
    MemberFacts,
    MessageFact,
    Subject,
    add_up,
    day_of,
    hits_at,
    merged,
)
from ascend_core.store.sql import given_rows, written

__all__ = [
    "REACHED",
    "LinkRow",
    "add_to_cells",
    "difference",
    "facts_of",
    "figures_kept",
    "hits_of",
    "hold_members",
    "lock_members",
    "members_with_links",
    "read_links",
]

REACHED = ("sent", "delivered")
"""A message counts once the provider took it, unless it surely did not arrive."""

Of = Literal["member", "message", "link"]

_WHOSE: Mapping[Of, str] = {
    "member": "SELECT given.value FROM {ids} AS given",
    "message": "SELECT member_id FROM message WHERE id IN (SELECT given.value FROM {ids} AS given)",
    "link": "SELECT member_id FROM link WHERE id IN (SELECT given.value FROM {ids} AS given)",
}
_IDS = {
    "sqlite": "json_each(:ids)",
    "postgresql": "(SELECT CAST(item.value AS bigint) AS value FROM jsonb_array_elements(CAST(:ids AS jsonb)) AS item)",
}

_CELL = ("scope", "subject_id", "arm", "url_id", "day")


@contextmanager
def figures_kept(tx: Connection, of: Of, ids: Collection[int]) -> Iterator[None]:
    """Keep the counters right while the block changes facts of the members that *ids* (of that kind of row) belong to.

    The facts are links and their sums, and what messages were sent for and whether they arrived.
    """
    members = lock_members(tx, of, ids)
    if not members:
        yield
        return
    before = read_links(tx, members)
    yield
    add_to_cells(tx, difference(before, read_links(tx, members)))


def difference(before: Sequence[LinkRow], after: Sequence[LinkRow]) -> dict[Cell, Figures]:
    """What is to be added to the counters when members who added *before* now add *after*."""
    change = Counter(facts_of(after).values())
    change.subtract(Counter(facts_of(before).values()))
    return add_up(change)


def hits_of(tx: Connection, hits: Sequence[tuple[int, int, int, int]]) -> dict[Cell, Figures]:
    """What single hits add: link, and how many of persons, of machines, and unsure ones. One query, a row a URL."""
    if not hits:
        return {}
    found = tx.execute(written(_hits_sql(tx.dialect.name)), {"rows": json.dumps(sorted(hits))}).all()
    return merged(
        *(
            hits_at(_subjects(*subjects), url, day_of(day * DAY_MICROS + TURNS_MICROS), (int(p), int(m), int(u)))
            for *subjects, day, url, p, m, u in found
        )
    )


@lru_cache(maxsize=2)
def _hits_sql(kind: str) -> str:
    reached = ", ".join(f"'{state}'" for state in REACHED)
    return (
        "SELECT m.broadcast_id, m.automation_id, r.arm, m.flow_id, m.version_id, "  # noqa: S608 -- fixed words
        f"(coalesce(m.sent_at, m.settled_at, m.created_at) - {TURNS_MICROS}) / {DAY_MICROS}, l.url_id, "
        "sum(v.person), sum(v.machine), sum(v.unsure) "
        f"FROM ({given_rows(kind, 'id person machine unsure')}) AS v CROSS JOIN link l "
        "JOIN message m ON m.id = l.message_id LEFT JOIN run r ON r.id = m.run_id "
        f"WHERE l.id = v.id AND m.state IN ({reached}) GROUP BY 1, 2, 3, 4, 5, 6, 7"
    )


def hold_members(tx: Connection, of: Of, ids: Collection[int]) -> None:
    """Lock the members that rows belong to, where that is needed: on SQLite there is one writer anyway."""
    if tx.dialect.name != "sqlite":
        lock_members(tx, of, ids)


def lock_members(tx: Connection, of: Of, ids: Collection[int]) -> list[int]:
    """The members that rows belong to, ascending; on PostgreSQL nobody else counts them until the commit."""
    kind = tx.dialect.name
    if not ids or (kind == "sqlite" and of == "member"):
        return sorted(ids)
    whose = _WHOSE[of].format(ids=_IDS[kind])
    lock = "" if kind == "sqlite" else " FOR NO KEY UPDATE"
    query = f"SELECT id FROM member WHERE id IN ({whose}) ORDER BY id{lock}"  # noqa: S608 -- fixed words
    return [id_ for (id_,) in tx.execute(written(query), {"ids": _array(ids)})]


class LinkRow(NamedTuple):
    """A link of a text that reached its member, with what counts of it."""

    id: int
    member: int
    message: int
    broadcast: int | None
    automation: int | None
    arm: str | None
    flow: int | None
    version: int | None
    micros: int
    """When the text reached them, in microseconds since 1970."""
    url: int
    person: int
    machine: int
    unsure: int
    exact: int
    estimated: int


def read_links(tx: Connection, members: Collection[int], *, from_rows: bool = False) -> list[LinkRow]:
    """The links of these members in texts that reached them, by message.

    *from_rows*: clicks and submissions are counted one by one, not taken from the sums that links keep.
    """
    found = tx.execute(written(_links_sql(tx.dialect.name, from_rows)), {"ids": _array(members)}).all()
    return [LinkRow._make(row) for row in found]


def facts_of(rows: Iterable[LinkRow]) -> dict[int, MemberFacts]:
    """What counts of the members whose links these are."""
    messages: dict[int, dict[int, tuple[tuple[Subject, ...], int, list[LinkFact]]]] = {}
    for _, member, message, broadcast, automation, arm, flow, version, micros, *counts in rows:
        known = messages.setdefault(member, {})
        if message in known:
            known[message][2].append(LinkFact._make(counts))
        else:
            subjects = _subjects(broadcast, automation, arm, flow, version)
            known[message] = (subjects, day_of(micros), [LinkFact._make(counts)])
    return {
        member: tuple([MessageFact(subjects, day, tuple(links)) for subjects, day, links in its.values()])
        for member, its in messages.items()
    }


def members_with_links(tx: Connection, *, after: int, limit: int) -> list[int]:
    """The next members who were sent links, by id."""
    query = "SELECT DISTINCT member_id FROM link WHERE member_id > :after ORDER BY member_id LIMIT :limit"
    return [id_ for (id_,) in tx.execute(written(query), {"after": after, "limit": limit})]


@lru_cache(maxsize=4_096)
def _subjects(
    broadcast: int | None, automation: int | None, arm: str | None, flow: int | None, version: int | None
) -> tuple[Subject, ...]:
    found = [
        Subject(scope, id_)
        for scope, id_ in (("broadcast", broadcast), ("automation", automation), ("flow", flow), ("version", version))
        if id_ is not None
    ]
    if automation is not None and arm is not None:
        found.append(Subject("arm", automation, arm))
    return tuple(found)


@lru_cache(maxsize=4)
def _links_sql(kind: str, from_rows: bool) -> str:
    sums = "l.person_clicks, l.machine_clicks, l.unsure_clicks, l.exact_submissions, l.estimated_submissions"
    if from_rows:
        clicks = "(SELECT count(*) FROM click c WHERE c.link_id = l.id AND c.kind {})"
        submissions = "(SELECT count(*) FROM submission s WHERE s.link_id = l.id AND s.matched_by = '{}')"
        sums = ", ".join(
            (
                clicks.format("= 'person'"),
                clicks.format("NOT IN ('person', 'unsure')"),
                clicks.format("= 'unsure'"),
                submissions.format("exact"),
                submissions.format("estimated"),
            )
        )
    reached = ", ".join(f"'{state}'" for state in REACHED)
    # CROSS JOIN tells SQLite to begin with the members; elsewhere it is a plain join
    return (
        "SELECT l.id, l.member_id, l.message_id, m.broadcast_id, m.automation_id, r.arm, m.flow_id, m.version_id, "  # noqa: S608 -- fixed words
        f"coalesce(m.sent_at, m.settled_at, m.created_at), l.url_id, {sums} "
        f"FROM {_IDS[kind]} AS given CROSS JOIN link l JOIN message m ON m.id = l.message_id "
        "LEFT JOIN run r ON r.id = m.run_id "
        f"WHERE l.member_id = given.value AND m.state IN ({reached}) ORDER BY l.message_id, l.url_id"
    )


def add_to_cells(tx: Connection, changes: Mapping[Cell, tuple[int, ...]]) -> None:
    """Add *changes* to the counters, in the order of their keys."""
    if not changes:
        return
    rows = [[*cell, *figures] for cell, figures in sorted(changes.items())]
    tx.execute(written(_add_sql(tx.dialect.name)), {"rows": json.dumps(rows, separators=(",", ":"))})


@lru_cache(maxsize=2)
def _add_sql(kind: str) -> str:
    names = (*_CELL, *FIGURES)
    words = {"scope", "arm"}
    if kind == "sqlite":
        picked = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(names)))
        source = "json_each(:rows)"
    else:
        picked = ", ".join(
            f"CAST(value->>{place} AS {'text' if name in words else 'bigint'})" for place, name in enumerate(names)
        )
        source = "jsonb_array_elements(CAST(:rows AS jsonb)) WITH ORDINALITY AS item(value, place)"
    order = " WHERE true" if kind == "sqlite" else " ORDER BY place"
    sums = ", ".join(f"{name} = report_cell.{name} + excluded.{name}" for name in FIGURES)
    return (
        f"INSERT INTO report_cell ({', '.join(names)}) SELECT {picked} FROM {source}{order} "  # noqa: S608 -- our own names
        f"ON CONFLICT ({', '.join(_CELL)}) DO UPDATE SET {sums}"
    )


def _array(ids: Collection[Any]) -> str:
    return json.dumps(sorted(ids), separators=(",", ":"))
