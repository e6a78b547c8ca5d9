"""What one member's texts with links add to the figures of reports (rows G1 to G4). Pure.

A report has a *cell* for each subject (a broadcast, an automation, an arm, a flow, a version), for all its days
and for each of them, for all its links and for each URL. Members are counted once in a cell, however many texts they
got; so the unit of counting is the member: what a cell holds is the sum of what each member adds to it. When a fact
changes, what its member added before is taken off and what they add now is put on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

__all__ = [
    "ALL_DAYS",
    "ALL_URLS",
    "DAY_MICROS",
    "DAY_TURNS",
    "FIGURES",
    "SCOPES",
    "TURNS_MICROS",
    "Cell",
    "Figures",
    "LinkFact",
    "MemberFacts",
    "MessageFact",
    "Subject",
    "add_up",
    "day_of",
    "figures_of",
    "first_moment_of",
    "hits_at",
    "merged",
]

SCOPES = ("broadcast", "automation", "arm", "flow", "version")

ALL_DAYS = 0
ALL_URLS = 0

DAY_TURNS = timedelta(hours=10)
"""A day of texting turns at 10:00 UTC: between 20:00 in Honolulu and 9:00 in New York nobody in the country is texted,
so a text counts for the day its reader calls by that name, in every zone from Hawaii to Maine."""

_MICRO = timedelta(microseconds=1)
DAY_MICROS = timedelta(days=1) // _MICRO
TURNS_MICROS = DAY_TURNS // _MICRO
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

FIGURES = (
    "recipients",
    "clicked",
    "submitted",
    "clicked_no_submission",
    "exact",
    "estimated",
    "messages",
    "no_clicks",
    "clicks",
    "machine",
    "unsure",
)
"""The columns of a cell, in the order of the tuples here. The first four count members, then come submissions,
messages (*no_clicks*: those with neither click nor submission) and single hits by their class."""

_KEPT = 8_192
"""Results remembered: the members of a broadcast are mostly alike."""


class Subject(NamedTuple):
    """What a message was sent for. *arm* is empty except in the scope of arms, whose id is the automation's."""

    scope: str
    id: int
    arm: str = ""


class Cell(NamedTuple):
    """One place in the reports."""

    scope: str
    id: int
    arm: str
    url: int
    day: int


class LinkFact(NamedTuple):
    """A link and what came of it."""

    url: int
    person: int
    machine: int
    unsure: int
    exact: int
    estimated: int


class MessageFact(NamedTuple):
    """A text that reached its member, with at least one link."""

    subjects: tuple[Subject, ...]
    day: int
    links: tuple[LinkFact, ...]


MemberFacts = tuple[MessageFact, ...]
"""All of one member's, without their ids: members whose facts are equal add the same."""

Figures = tuple[int, ...]


def day_of(micros: int) -> int:
    """The day of texting that a moment (microseconds since 1970) belongs to, counted from 1970."""
    return (micros - TURNS_MICROS) // DAY_MICROS


def first_moment_of(day: int) -> datetime:
    """When a day of texting begins."""
    return _EPOCH + timedelta(days=day) + DAY_TURNS


@lru_cache(maxsize=_KEPT)
def figures_of(member: MemberFacts) -> Mapping[Cell, Figures]:
    """What a member adds to each cell."""
    found: dict[Cell, list[tuple[int, LinkFact]]] = {}
    for ordinal, message in enumerate(member):
        for link in message.links:
            for scope, id_, arm in message.subjects:
                for url in (ALL_URLS, link.url):
                    for day in (ALL_DAYS, message.day):
                        found.setdefault(Cell(scope, id_, arm, url, day), []).append((ordinal, link))
    return {cell: _figures(links) for cell, links in found.items()}


def _figures(links: list[tuple[int, LinkFact]]) -> Figures:
    opened = {ordinal for ordinal, link in links if link.person or link.exact}
    submitted = {ordinal for ordinal, link in links if link.exact or link.estimated}
    messages = {ordinal for ordinal, _ in links}
    return (
        1,
        int(bool(opened)),
        int(bool(submitted)),
        int(bool(opened) and not submitted),
        sum(link.exact for _, link in links),
        sum(link.estimated for _, link in links),
        len(messages),
        len(messages - opened - submitted),
        sum(link.person for _, link in links),
        sum(link.machine for _, link in links),
        sum(link.unsure for _, link in links),
    )


def add_up(members: Counter[MemberFacts] | Iterable[MemberFacts]) -> dict[Cell, Figures]:
    """The sum over members; a counter may hold negative numbers, for those who no longer add what they did.

    Cells whose figures are all 0 are left out.
    """
    sums: dict[Cell, list[int]] = {}
    counted = members if isinstance(members, Counter) else Counter(members)
    for facts, times in counted.items():
        if times:
            for cell, figures in figures_of(facts).items():
                total = sums.setdefault(cell, [0] * len(FIGURES))
                for place, value in enumerate(figures):
                    total[place] += times * value
    return {cell: tuple(total) for cell, total in sums.items() if any(total)}


def hits_at(subjects: Iterable[Subject], url: int, day: int, hits: tuple[int, int, int]) -> dict[Cell, Figures]:
    """What single hits (of persons, machines, unsure) on one URL add where no member becomes another than before."""
    figures = (*(0,) * (len(FIGURES) - len(hits)), *hits)
    return {
        Cell(scope, id_, arm, its_url, its_day): figures
        for scope, id_, arm in subjects
        for its_url in (ALL_URLS, url)
        for its_day in (ALL_DAYS, day)
    }


def merged(*parts: Mapping[Cell, Figures]) -> dict[Cell, Figures]:
    """The sums of *parts*, cell by cell."""
    sums: dict[Cell, Figures] = {}
    for part in parts:
        for cell, figures in part.items():
            known = sums.get(cell)
            sums[cell] = figures if known is None else tuple(map(sum, zip(known, figures, strict=True)))
    return sums
