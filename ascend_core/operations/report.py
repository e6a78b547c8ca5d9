"""The click-through report: five figures per broadcast, automation, arm, flow, version or split (rows G1, G2, G4)."""

from __future__ import annotations

import difflib
from datetime import date
from typing import Any

from attrs import frozen

from ascend_core.engine.clicks import RULES_VERSION
from ascend_core.engine.figures import first_moment_of
from ascend_core.errors import NotFound
from ascend_core.operations.core import Core
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.store.database import Tx
from ascend_core.store.reports import LinkFigures, Per, Scope, link_figures, subject_names, texted_urls
from ascend_core.store.split_reports import split_figures

__all__ = ["ReportRow", "click_report"]

_SUBJECTS: dict[Scope, Scope] = {"arm": "automation", "version": "flow", "split": "flow"}
"""What the name of a line is of, where that is another."""


@frozen(kw_only=True)
class ReportRow:
    """One line of the report. Rates are between 0 and 1; None is 0 ÷ 0."""

    name: str
    split: str | None = None
    """The test inside the flow, whose arm *part* is."""
    part: str | int | None = None
    """The arm or the version's number."""
    url: str | None = None
    day: date | None = None
    recipients: int
    """Members whom a text with a link reached: delivered, or accepted where no receipt came."""
    clicked: int
    click_through_rate: float | None
    submitted: int
    exact: int
    estimated: int
    clicked_no_submission: int
    messages: int
    no_clicks: int
    conversion_rate: float | None
    clicks: int
    """Of persons, each one."""
    machine_hits: int
    """Left out of every other figure, like the unsure ones."""
    unsure_hits: int

    def to_json(self, by: Scope = "flow") -> dict[str, Any]:
        """As ``--json`` prints it."""
        named: dict[str, Any] = {_SUBJECTS.get(by, by): self.name}
        if by == "split":
            named |= {"split": self.split, "arm": self.part}
        elif by in ("arm", "version"):
            named[by] = self.part
        if self.url is not None:
            named["url"] = self.url
        if self.day is not None:
            named["day"] = self.day.isoformat()
        return {
            **named,
            "recipients": self.recipients,
            "clicked": self.clicked,
            "click_through_rate": self.click_through_rate,
            "form_submissions": {"exact": self.exact, "estimated": self.estimated},
            "clicked_no_submission": self.clicked_no_submission,
            "no_clicks": self.no_clicks,
            "conversion_rate": self.conversion_rate,
            "members_who_submitted": self.submitted,
            "messages": self.messages,
            "clicks": self.clicks,
            "left_out": {"machine_hits": self.machine_hits, "unsure_hits": self.unsure_hits, "rules": RULES_VERSION},
        }


def click_report(
    core: Core, *, by: Scope = "flow", per: Per | None = None, url: str | None = None, only: str | None = None
) -> list[ReportRow]:
    """The report of everything that sent links; a line for each day or URL where *per* says so.

    *url* restricts it to one link (row G2), *only* to the subject with that name. One query, whose cost follows the
    number of lines, not of messages; that of splits follows the texts behind them. Raises NotFound for a subject that
    there is not, or a URL that was never texted.
    """
    count_clicks(core)
    if by == "split":
        figures = core.database.read(lambda tx: split_figures(tx, per=per, url=url, only=only))
    else:
        figures = core.database.read(lambda tx: link_figures(tx, by=by, per=per, url=url, only=only))
    if not figures:
        core.database.read(lambda tx: _check_names(tx, by, url, only))
    return [_row(each) for each in figures]


def _check_names(tx: Tx, by: Scope, url: str | None, only: str | None) -> None:
    if only is not None and only not in (names := subject_names(tx, by)):
        what = _SUBJECTS.get(by, by)
        raise NotFound(f"there is no {what} '{only}'{_nearest(only, names) or f'; see: ascend report --by {by}'}")
    if url is not None and url not in (urls := texted_urls(tx)):
        raise NotFound(f"no link in a text led to {url}{_nearest(url, urls) or '; see: ascend report --per url'}")


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _row(figures: LinkFigures) -> ReportRow:
    return ReportRow(
        name=figures.name,
        split=figures.split,
        part=figures.part,
        url=figures.url,
        day=None if figures.day is None else first_moment_of(figures.day).date(),
        recipients=figures.recipients,
        clicked=figures.clicked,
        click_through_rate=_rate(figures.clicked, figures.recipients),
        submitted=figures.submitted,
        exact=figures.exact,
        estimated=figures.estimated,
        clicked_no_submission=figures.clicked_no_submission,
        messages=figures.messages,
        no_clicks=figures.no_clicks,
        conversion_rate=_rate(figures.submitted, figures.clicked),
        clicks=figures.clicks,
        machine_hits=figures.machine,
        unsure_hits=figures.unsure,
    )


def _rate(part: int, whole: int) -> float | None:
    return None if whole == 0 else round(part / whole, 4)
