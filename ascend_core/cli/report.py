"""``ascend report``: clicks and sign-ups, counted."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import click

from ascend_core.cli.chart import Bar, draw_chart
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import counted, say, show_json, show_table
from ascend_core.engine.clicks import RULES_VERSION
from ascend_core.engine.figures import SCOPES
from ascend_core.errors import ReportsDiffer
from ascend_core.operations.check_report import Difference, check_report, mend_report
from ascend_core.operations.core import Core
from ascend_core.operations.report import ReportRow, click_report
from ascend_core.store.reports import PER, Per, Scope

__all__ = ["report"]

_HEADS = (
    "Recipients",
    "Clicked",
    "Click-through rate",
    "Submissions, exact",
    "Submissions, estimated",
    "Clicked, no submission",
    "No clicks",
    "Conversion rate",
)
_ONLY_IN_FILES = ("Clicks", "Machine hits", "Unsure hits")


@click.command()
@click.option(
    "--by", type=click.Choice((*SCOPES, "split")), default="flow", show_default=True, help="What each line is about."
)
@click.option("--only", metavar="NAME", help="Only the broadcast, automation or flow with this name.")
@click.option("--per", type=click.Choice(PER), help="A line for each day, or for each URL.")
@click.option("--url", help="Only the links to this URL.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values, rates between 0 and 1.")
@click.option("--svg", "svg_file", type=click.Path(dir_okay=False, path_type=Path), help="Draw it into this file.")
@click.option("--check", is_flag=True, help="Count everything again and compare; status 1 when a figure is wrong.")
@click.option("--mend", is_flag=True, help="Count everything again and set what is wrong right.")
def report(
    *,
    by: Scope,
    only: str | None,
    per: Per | None,
    url: str | None,
    as_json: bool,
    as_csv: bool,
    svg_file: Path | None,
    check: bool,
    mend: bool,
) -> None:
    """The click-through report: who got a link, who tapped it, who signed up.

    An A/B test is compared --by arm where an automation draws, --by split where a flow does.
    Sign-ups through a link that was texted to somebody else count for nobody; see: ascend clicks shared
    """
    if sum((as_json, as_csv, svg_file is not None, check, mend)) > 1:
        raise click.UsageError("Choose one of --json, --csv, --svg, --check and --mend.")
    with opened_core() as core:
        if check or mend:
            _recount(core, mend=mend)
            return
        rows = click_report(core, by=by, per=per, url=url, only=only)
    if as_json:
        show_json([row.to_json(by) for row in rows])
    elif svg_file is not None:
        svg_file.write_text(_draw(by, per, rows), encoding="utf-8")
        say(f"Drawn: {svg_file}")
    elif as_csv:
        _write_csv(by, per, rows)
    elif rows:
        _show(by, per, rows)
    else:
        where = " behind a split" if by == "split" else ""
        say(f"No tracked link{'' if url is None else ' to that URL'} was sent{where} yet.")


def _show(by: Scope, per: Per | None, rows: list[ReportRow]) -> None:
    shown = [(*_names(by, per, row), *_figures(row, rates=_percent)) for row in rows]
    show_table((*(head.capitalize() for head in _name_heads(by, per)), *_HEADS), shown, numbers=_HEADS)
    machine, unsure = sum(row.machine_hits for row in rows), sum(row.unsure_hits for row in rows)
    say(
        f"Recipients got a text with a link: delivered, or accepted where no receipt came. Left out: "
        f"{counted(machine, 'hit')} of machines and {unsure} unsure (rules version {RULES_VERSION})."
    )


def _draw(by: Scope, per: Per | None, rows: list[ReportRow]) -> str:
    bars = [
        Bar(
            label=" ".join(str(part) for part in _names(by, per, row)),
            recipients=row.recipients,
            clicked=row.clicked,
            submitted=row.submitted,
        )
        for row in rows
    ]
    note = "Right of each bar: recipients, click-through rate, submission conversion rate. Machines are left out."
    return draw_chart(f"Links, by {by}" + (f" and {per}" if per else ""), bars, note)


def _name_heads(by: Scope, per: Per | None) -> tuple[str, ...]:
    parts = {"arm": ("automation", "arm"), "version": ("flow", "version"), "split": ("flow", "split", "arm")}
    return (*parts.get(by, (by,)), *(() if per is None else (per,)))


def _names(by: Scope, per: Per | None, row: ReportRow) -> tuple[Any, ...]:
    parts = {"arm": (row.part,), "version": (row.part,), "split": (row.split, row.part)}
    return (row.name, *parts.get(by, ()), *(() if per is None else (getattr(row, per),)))


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


def _write_csv(by: Scope, per: Per | None, rows: list[ReportRow]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    heads = (head.lower().replace(",", "").replace("-", "_").replace(" ", "_") for head in (*_HEADS, *_ONLY_IN_FILES))
    writer.writerow((*_name_heads(by, per), *heads))
    for row in rows:
        hits = (row.clicks, row.machine_hits, row.unsure_hits)
        writer.writerow((*_names(by, per, row), *_figures(row, rates=lambda rate: rate), *hits))


def _recount(core: Core, *, mend: bool) -> None:
    if mend:
        wrong = mend_report(core)
        say(f"{counted(len(wrong), 'figure')} set right." if wrong else "Every figure was right.")
        return
    cells, wrong = check_report(core)
    if not wrong:
        say(f"Counted again: all figures of {counted(cells, 'counter')} are right.")
        return
    show_table(
        ("Scope", "Id", "Arm", "URL", "Day", "Figure", "Kept", "Counted"), [_difference(each) for each in wrong[:50]]
    )
    raise ReportsDiffer(
        f"{counted(len(wrong), 'figure')} differ from the facts; set them right with: ascend report --mend"
    )


def _difference(each: Difference) -> tuple[Any, ...]:
    return (*each.cell, each.figure, each.kept, each.counted)
