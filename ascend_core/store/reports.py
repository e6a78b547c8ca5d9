"""The figures of reports, counted over links and messages (rows G1, G2)."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen
from sqlalchemy import ColumnElement, Select, Subquery, case, distinct, func, or_, select
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import table_of
from ascend_core.store.tables import Automation, Flow, Link, Message, Submission, Url

__all__ = ["LinkFigures", "link_figures", "tracked_urls"]

_automation = table_of(Automation)
_flow = table_of(Flow)
_link = table_of(Link)
_message = table_of(Message)
_submission = table_of(Submission)
_url = table_of(Url)

_REACHED = ("sent", "delivered")
"""A message counts once the provider took it, unless it surely did not arrive."""


@frozen(kw_only=True)
class LinkFigures:
    """The raw figures of one flow or automation."""

    name: str
    recipients: int
    clicked: int
    exact: int
    estimated: int
    submitted: int
    """Members who submitted."""
    clicked_no_submission: int
    messages: int
    no_clicks: int
    """Messages with neither a click nor a submission."""


def link_figures(
    tx: Connection, *, by: Literal["flow", "automation"] = "flow", tracker: str | None = None, url: str | None = None
) -> list[LinkFigures]:
    """Figures of every flow or automation that sent tracked links, by name; only those of one *url* where given.

    A member counts as having clicked when a person's click is recorded, or when a submission brought the link's token
    back: only a person can have done that.
    """
    subject = _flow if by == "flow" else _automation
    column = _message.c.flow_id if by == "flow" else _message.c.automation_id
    exact = _submissions("exact")
    estimated = _submissions("estimated")
    per_link = (
        select(
            column.label("subject_id"),
            _link.c.member_id,
            _link.c.message_id,
            func.coalesce(exact.c.n, 0).label("exact"),
            func.coalesce(estimated.c.n, 0).label("estimated"),
            case((or_(_link.c.person_clicks > 0, exact.c.n > 0), 1), else_=0).label("clicked"),
            case((or_(exact.c.n > 0, estimated.c.n > 0), 1), else_=0).label("submitted"),
        )
        .join(_message, _message.c.id == _link.c.message_id)
        .join(_url, _url.c.id == _link.c.url_id)
        .outerjoin(exact, exact.c.link_id == _link.c.id)
        .outerjoin(estimated, estimated.c.link_id == _link.c.id)
        .where(column.is_not(None), _message.c.state.in_(_REACHED))
    )
    if tracker is not None:
        per_link = per_link.where(_url.c.tracker == tracker)
    if url is not None:
        per_link = per_link.where(_url.c.target == url)
    facts = per_link.subquery()
    members = _grouped(facts, facts.c.member_id).subquery()
    messages = _grouped(facts, facts.c.message_id).subquery()
    member_sums = (
        select(
            members.c.subject_id,
            func.count().label("recipients"),
            func.sum(members.c.clicked).label("clicked"),
            func.sum(members.c.submitted).label("submitted"),
            func.sum(members.c.exact).label("exact"),
            func.sum(members.c.estimated).label("estimated"),
            func.sum(members.c.clicked * (1 - members.c.submitted)).label("clicked_no_submission"),
        )
        .group_by(members.c.subject_id)
        .subquery()
    )
    message_sums = (
        select(
            messages.c.subject_id,
            func.count().label("messages"),
            func.sum((1 - messages.c.clicked) * (1 - messages.c.submitted)).label("no_clicks"),
        )
        .group_by(messages.c.subject_id)
        .subquery()
    )
    statement = (
        select(
            subject.c.name,
            *(member_sums.c[name] for name in ("recipients", "clicked", "exact", "estimated", "submitted")),
            member_sums.c.clicked_no_submission,
            message_sums.c.messages,
            message_sums.c.no_clicks,
        )
        .join(member_sums, member_sums.c.subject_id == subject.c.id)
        .join(message_sums, message_sums.c.subject_id == subject.c.id)
        .order_by(subject.c.name)
    )
    return [_figures(dict(row)) for row in tx.execute(statement).mappings()]


def _figures(row: dict[str, Any]) -> LinkFigures:
    name = row.pop("name")
    return LinkFigures(name=name, **{key: int(value) for key, value in row.items()})  # PostgreSQL sums are Decimal


def _submissions(matched_by: str) -> Subquery:
    return (
        select(_submission.c.link_id, func.count().label("n"))
        .where(_submission.c.link_id.is_not(None), _submission.c.matched_by == matched_by)
        .group_by(_submission.c.link_id)
        .subquery()
    )


def _grouped(facts: Subquery, key: ColumnElement[Any]) -> Select[Any]:
    return select(
        facts.c.subject_id,
        key,
        func.max(facts.c.clicked).label("clicked"),
        func.max(facts.c.submitted).label("submitted"),
        func.sum(facts.c.exact).label("exact"),
        func.sum(facts.c.estimated).label("estimated"),
    ).group_by(facts.c.subject_id, key)


def tracked_urls(tx: Connection) -> list[str]:
    """Every URL that a tracker follows."""
    return list(
        tx.execute(select(distinct(_url.c.target)).where(_url.c.tracker != "").order_by(_url.c.target)).scalars()
    )
