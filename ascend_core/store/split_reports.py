"""The figures of the arms of splits, counted from the texts of runs that took one, whenever somebody asks.

No counters are kept of them, as of other subjects: what an arm has brought is asked for seldom, and every text and
click would pay for it. So the cost follows the texts that were sent behind splits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, func, select, type_coerce
from sqlalchemy.engine import Connection

from ascend_core.engine.figures import (
    ALL_DAYS,
    ALL_URLS,
    FIGURES,
    LinkFact,
    MemberFacts,
    MessageFact,
    Subject,
    add_up,
    day_of,
)
from ascend_core.store.bulk import table_of
from ascend_core.store.figures import REACHED
from ascend_core.store.reports import LinkFigures, Per
from ascend_core.store.tables import Flow, Link, Message, RunArm, Url

__all__ = ["split_figures"]

ROWS_AT_ONCE = 10_000

_arm = table_of(RunArm)
_flow = table_of(Flow)
_link = table_of(Link)
_message = table_of(Message)
_url = table_of(Url)


class _Row(NamedTuple):
    """A link of a text, and an arm that its run had taken."""

    member: int
    message: int
    flow: int
    test: str
    arm: str
    split: str | None
    step: str | None
    at_once: bool
    """The split was taken in the moment in which the text was written."""
    micros: int
    """When the text reached them, in microseconds since 1970."""
    url: int
    counts: tuple[int, ...]


def split_figures(
    tx: Connection, *, per: Per | None = None, url: str | None = None, only: str | None = None
) -> list[LinkFigures]:
    """A line for each arm of each split of each flow, by flow, test, arm, then day or URL. *only*: of that flow.

    Of a run that took an arm, the texts from the split on count, those behind its arms too. The figures mean what they
    mean in ``link_figures``.
    """
    of_url, of_day = url is not None or per == "url", per == "day"
    flows = {id_: name for id_, name in tx.execute(select(_flow.c.id, _flow.c.name)) if only in (None, name)}
    targets = {id_: target for id_, target in tx.execute(select(_url.c.id, _url.c.target)) if url in (None, target)}
    lines = []
    for cell, figures in add_up(_members(tx)).items():
        wanted = cell.url in targets if of_url else cell.url == ALL_URLS
        if wanted and cell.id in flows and (cell.day != ALL_DAYS) == of_day:
            test, _, arm = cell.arm.rpartition("/")  # which no name of an arm holds
            counted: Any = dict(zip(FIGURES, figures, strict=True))
            day, target = (cell.day if of_day else None), (targets[cell.url] if of_url else None)
            lines.append(LinkFigures(name=flows[cell.id], split=test, part=arm, url=target, day=day, **counted))
    return sorted(lines, key=lambda line: (line.name, line.split, line.part, line.url or "", line.day or 0))


def _members(tx: Connection) -> Iterable[MemberFacts]:
    found = tx.execute(_statement().execution_options(yield_per=ROWS_AT_ONCE))
    rows = (_Row._make((*row[:10], tuple(row[10:]))) for row in found)
    for _, its in groupby(filter(_counts, rows), attrgetter("member")):
        yield tuple(_messages(its))


def _messages(rows: Iterator[_Row]) -> Iterator[MessageFact]:
    for _, its in groupby(rows, attrgetter("message")):
        some = list(its)
        subjects = dict.fromkeys(Subject("split", row.flow, f"{row.test}/{row.arm}") for row in some)
        links = {row.url: LinkFact(row.url, *row.counts) for row in some}
        yield MessageFact(tuple(subjects), day_of(some[0].micros), tuple(links.values()))


def _statement() -> Select[Any]:
    return (
        select(
            _message.c.member_id,
            _message.c.id,
            _message.c.flow_id,
            _arm.c.test,
            _arm.c.arm,
            _arm.c.step,
            _message.c.step,
            _message.c.created_at == _arm.c.taken_at,
            type_coerce(func.coalesce(_message.c.sent_at, _message.c.settled_at, _message.c.created_at), BigInteger),
            _link.c.url_id,
            _link.c.person_clicks,
            _link.c.machine_clicks,
            _link.c.unsure_clicks,
            _link.c.exact_submissions,
            _link.c.estimated_submissions,
        )
        .join(_message, _message.c.run_id == _arm.c.run_id)
        .join(_link, _link.c.message_id == _message.c.id)
        .where(_message.c.created_at >= _arm.c.taken_at, _message.c.state.in_(REACHED))
        .order_by(_message.c.member_id, _message.c.id, _link.c.url_id)
    )


def _counts(row: _Row) -> bool:
    """Whether the text came after the split."""
    if not row.at_once or row.step is None or row.split is None:
        return True
    steps = zip(row.step.split("."), row.split.split("."), strict=False)
    for place, (step, split) in enumerate(steps):
        if step != split:  # positions and names of exits take turns in a path
            return place % 2 == 0 and int(step) > int(split)
    return len(row.step) > len(row.split)
