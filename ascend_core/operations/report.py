"""The click-through report: five figures per flow or automation (row G1)."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from ascend_core.operations.core import Core
from ascend_core.store.reports import LinkFigures, link_figures

__all__ = ["ReportRow", "click_report"]


@frozen(kw_only=True)
class ReportRow:
    """One line of the report. Rates are between 0 and 1; None is 0 ÷ 0."""

    name: str
    recipients: int
    clicked: int
    click_through_rate: float | None
    exact: int
    estimated: int
    clicked_no_submission: int
    no_clicks: int
    conversion_rate: float | None

    def to_json(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {
            "flow": self.name,
            "recipients": self.recipients,
            "clicked": self.clicked,
            "click_through_rate": self.click_through_rate,
            "form_submissions": {"exact": self.exact, "estimated": self.estimated},
            "clicked_no_submission": self.clicked_no_submission,
            "no_clicks": self.no_clicks,
            "conversion_rate": self.conversion_rate,
        }


def click_report(core: Core, *, by: Literal["flow", "automation"] = "flow", url: str | None = None) -> list[ReportRow]:
    """The report of every flow or automation that sent links, restricted to one *url* where given (row G2)."""
    figures = core.database.read(lambda tx: link_figures(tx, by=by, url=url))
    return [_row(each) for each in figures]


def _row(figures: LinkFigures) -> ReportRow:
    return ReportRow(
        name=figures.name,
        recipients=figures.recipients,
        clicked=figures.clicked,
        click_through_rate=_rate(figures.clicked, figures.recipients),
        exact=figures.exact,
        estimated=figures.estimated,
        clicked_no_submission=figures.clicked_no_submission,
        no_clicks=figures.no_clicks,
        conversion_rate=_rate(figures.submitted, figures.clicked),
    )


def _rate(part: int, whole: int) -> float | None:
    return None if whole == 0 else round(part / whole, 4)
