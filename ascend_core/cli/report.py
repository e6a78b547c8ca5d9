"""``ascend report``: clicks and sign-ups, counted."""

from __future__ import annotations

import csv
import sys
from typing import Any, Literal

import click

from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import say, show_json, show_table
from ascend_core.operations.report import ReportRow, click_report

__all__ = ["report"]

_HEADS = (
    "Recipients",
    "Clicked",
    "Click-through rate",
    "Form submissions",
    "Estimated",
    "Clicked, no submission",
    "No clicks",
    "Conversion rate",
)


@click.command()
@click.option("--by", type=click.Choice(["flow", "automation"]), default="flow", show_default=True)
@click.option("--url", help="Only the links to this URL.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values, rates between 0 and 1.")
def report(*, by: Literal["flow", "automation"], url: str | None, as_json: bool, as_csv: bool) -> None:
    """The click-through report: who got a link, who tapped it, who signed up."""
    if as_json and as_csv:
        raise click.UsageError("Choose one of --json and --csv.")
    with opened_core() as core:
        rows = click_report(core, by=by, url=url)
    if as_json:
        # a line of an automation is named as one
        show_json(
            [{by: row.name, **{key: value for key, value in row.to_json().items() if key != "flow"}} for row in rows]
        )
    elif as_csv:
        _write_csv(by, rows)
    elif rows:
        shown = [(row.name, *_figures(row, rates=_percent)) for row in rows]
        show_table((by.capitalize(), *_HEADS), shown, numbers=_HEADS)
    else:
        say("No tracked link was sent yet." if url is None else "No tracked link to that URL was sent yet.")


def _figures(row: ReportRow, *, rates: Any) -> tuple[Any, ...]:
    return (
        row.recipients,
        row.clicked,
        rates(row.click_through_rate),
        row.exact,
        row.estimated,
        row.clicked_no_submission,
        row.no_clicks,
        rates(row.conversion_rate),
    )


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.1%}"


def _write_csv(by: str, rows: list[ReportRow]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    heads = (head.lower().replace(",", "").replace("-", "_").replace(" ", "_") for head in _HEADS)
    writer.writerow((by, *heads))
    for row in rows:
        writer.writerow((row.name, *_figures(row, rates=lambda rate: rate)))
