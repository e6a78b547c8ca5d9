"""The demo's summary, for people."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

__all__ = ["print_summary"]

_REASONS = {
    "bad_phone": "the phone number cannot be texted",
    "before_sync": "signed up before the form was synced",
    "form_not_synced": "the form is not synced",
    "no_opt_in": "did not opt in to texts",
    "opted_out": "opted out upstream",
    "unsubscribed": "had sent STOP",
    "clicked": "they had clicked",
    "no_click": "they never opened the form",
    "quiet_hours": "it was too late in the evening",
    "replied": "they had answered",
    "submitted": "they had signed up",
}


def print_summary(document: dict[str, Any], console: Console) -> None:
    """Show what a week did: people, what fired, texts, nudges, clicks, and the click-through table."""
    console.print()
    console.print(Panel(_people(document), title="A week of supporters", title_align="left", border_style="cyan"))
    console.print(_report(document["report"]))
    console.print(
        "Signed up: exactly attributed (+ estimated). Conv.: of those who clicked, how many signed up.", style="dim"
    )


def _people(document: dict[str, Any]) -> RenderableType:
    members, submissions = document["members"], document["submissions"]
    messages, nudges, clicks = document["messages"], document["nudges"], document["clicks"]
    ignored, triggers = submissions["ignored"], document["triggers"]
    lines = [
        _line("Members", f"{members['created']} new, {members['updated']} already known and updated"),
        _line("Sign-ups", f"{submissions['applied']} applied, {sum(ignored.values())} ignored"),
        *_reasons(ignored),
        _line("Triggers", ", ".join(f"{count} {name.rpartition('.')[2]}" for name, count in triggers.items())),
        _line("Texts", ", ".join(f"{count} {state}" for state, count in messages.items() if count)),
        _line("Nudges", f"{nudges['sent']} sent, {sum(nudges['skipped'].values())} not needed or not wanted"),
        *_reasons(nudges["skipped"]),
        _line(
            "Clicks", f"{clicks['person']} by people, {clicks['preview']} by preview programs (left out of the report)"
        ),
        _line("Replies", ", ".join(f"{count} {outcome}" for outcome, count in document["inbound"].items()) or "none"),
    ]
    return Group(*lines)


def _line(name: str, value: str) -> Text:
    return Text.assemble((f"{name:<10}", "bold"), value)


def _reasons(counts: dict[str, int]) -> list[Text]:
    ordered = sorted(counts.items(), key=lambda each: -each[1])
    return [Text(f"{'':<10}  {count:>4}  {_REASONS.get(name, name)}", style="dim") for name, count in ordered]


def _report(rows: list[dict[str, Any]]) -> Table:
    table = Table(
        title="Click-through by flow",
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=0,
    )
    table.add_column("Flow", no_wrap=True)
    names = ("Reached", "Clicked", "Rate", "Signed up", "Click only", "No click", "Conv.")
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        submissions = row["form_submissions"]
        table.add_row(
            row["flow"],
            str(row["recipients"]),
            str(row["clicked"]),
            _share(row["click_through_rate"]),
            f"{submissions['exact']} (+{submissions['estimated']})",
            str(row["clicked_no_submission"]),
            str(row["no_clicks"]),
            _share(row["conversion_rate"]),
        )
    return table


def _share(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.0%}"
