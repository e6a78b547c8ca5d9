"""The figures of reports, read from counters: as many rows as the report has lines (rows G1 to G4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from attrs import frozen
from sqlalchemy import ColumnElement, Select, literal, select
from sqlalchemy.engine import Connection

from ascend_core.engine.figures import ALL_DAYS, ALL_URLS, FIGURES, Cell
from ascend_core.store.bulk import table_of
from ascend_core.store.tables import Automation, Broadcast, Flow, FlowVersion, ReportCell, Url

__all__ = ["PER", "LinkFigures", "Per", "Scope", "all_cells", "link_figures", "subject_names", "texted_urls"]

Kept = Literal["broadcast", "automation", "arm", "flow", "version"]
Scope = Kept | Literal["split"]
"""What the lines of a report are about. Of splits no counters are kept (``split_reports``)."""
Per = Literal["day", "url"]
PER: tuple[Per, ...] = get_args(Per)

_cell = table_of(ReportCell)
_automation = table_of(Automation)
_broadcast = table_of(Broadcast)
_flow = table_of(Flow)
_version = table_of(FlowVersion)
_url = table_of(Url)


@frozen(kw_only=True)
class LinkFigures:
    """The figures of one line."""

    name: str
    """Of the broadcast, automation or flow."""
    split: str | None = None
    """The test inside the flow."""
    part: str | int | None = None
    """The arm or the version's number."""
    url: str | None = None
    day: int | None = None
    recipients: int
    clicked: int
    submitted: int
    """Members who submitted."""
    clicked_no_submission: int
    exact: int
    estimated: int
    messages: int
    no_clicks: int
    """Messages with neither a click nor a submission."""
    clicks: int
    machine: int
    unsure: int


def link_figures(
    tx: Connection, *, by: Kept = "flow", per: Per | None = None, url: str | None = None, only: str | None = None
) -> list[LinkFigures]:
    """The lines of a report, by name, then day or URL. *only*: those of the subject with that name.

    A member counts as having clicked when a person's click is recorded, or when a submission brought the link's token
    back: only a person can have done that.
    """
    named, name, part = _named(by)
    of_url = url is not None or per == "url"
    statement = (
        named.add_columns(
            (_url.c.target if of_url else literal(None)).label("url"),
            (_cell.c.day if per == "day" else literal(None)).label("day"),
            *(_cell.c[figure] for figure in FIGURES),
        )
        .where(
            _cell.c.scope == by,
            _cell.c.day != ALL_DAYS if per == "day" else _cell.c.day == ALL_DAYS,
            _cell.c.url_id != ALL_URLS if of_url else _cell.c.url_id == ALL_URLS,
            _cell.c.messages > 0,
        )
        .order_by(name, part, *([_url.c.target] if of_url else ()), _cell.c.day)
    )
    if of_url:
        statement = statement.join(_url, _url.c.id == _cell.c.url_id)
    if url is not None:
        statement = statement.where(_url.c.target == url)
    if only is not None:
        statement = statement.where(name == only)
    return [LinkFigures(**row) for row in tx.execute(statement).mappings()]


def _named(by: Kept) -> tuple[Select[Any], ColumnElement[Any], ColumnElement[Any]]:
    """Cells with the names of their subjects; the column of the name, and of what tells its lines apart."""
    match by:
        case "flow":
            table, on, part = _flow, _flow.c.id == _cell.c.subject_id, _cell.c.arm
        case "broadcast":
            table, on, part = _broadcast, _broadcast.c.id == _cell.c.subject_id, _cell.c.arm
        case "automation" | "arm":
            table, on, part = _automation, _automation.c.id == _cell.c.subject_id, _cell.c.arm
        case "version":
            statement = (
                select(_flow.c.name.label("name"), _version.c.number.label("part"))
                .select_from(_cell)
                .join(_version, _version.c.id == _cell.c.subject_id)
                .join(_flow, _flow.c.id == _version.c.flow_id)
            )
            return statement, _flow.c.name, _version.c.number
    shown = part if by == "arm" else literal(None)
    statement = select(table.c.name.label("name"), shown.label("part")).select_from(_cell).join(table, on)
    return statement, table.c.name, part


def all_cells(tx: Connection) -> dict[Cell, Sequence[int]]:
    """Every counter that is not all 0."""
    statement = select(
        _cell.c.scope,
        _cell.c.subject_id,
        _cell.c.arm,
        _cell.c.url_id,
        _cell.c.day,
        *(_cell.c[name] for name in FIGURES),
    )
    return {Cell(*row[:5]): tuple(row[5:]) for row in tx.execute(statement) if any(row[5:])}


def subject_names(tx: Connection, by: Scope) -> list[str]:
    """What ``only`` may be."""
    table = {"broadcast": _broadcast, "automation": _automation, "arm": _automation}.get(by, _flow)
    return list(tx.execute(select(table.c.name).order_by(table.c.name)).scalars())


def texted_urls(tx: Connection) -> list[str]:
    """Every URL that a link in a text led to."""
    return list(tx.execute(select(_url.c.target).distinct().order_by(_url.c.target)).scalars())
