"""Reads the hours of the law from their file: ours, or the operator's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from ascend_core.contracts import HoursByLaw, HoursRule
from ascend_core.errors import BadInput

__all__ = ["PRESETS", "hours_in", "load_hours"]

PRESETS: Final[Mapping[str, tuple[str, ...]]] = {
    "off": (),
    "federal": ("federal",),
    "states": ("federal", "states"),
    "strict": ("federal", "states", "strict"),
}
"""By name: the parts of the file that hold together."""

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN: Final = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")
_JURISDICTION: Final = re.compile(r"[A-Z]{2}")


@cache
def load_hours(preset: str) -> HoursByLaw:
    """The hours of *preset*, from the file that comes with the product. Raises BadInput for a preset there is not."""
    return hours_in(files("ascend_core.laws").joinpath("hours.yaml").read_text("utf-8"), preset)


def hours_in(document: str, preset: str) -> HoursByLaw:
    """The hours of *preset* in *document*, YAML of the same shape as ours.

    Raises BadInput, saying which rule does not fit.
    """
    if preset not in PRESETS:
        raise BadInput(f"'{preset}' is no preset of hours: it is one of {', '.join(PRESETS)}")
    try:
        found = yaml.safe_load(document)
    except yaml.YAMLError as error:
        raise BadInput("the hours are not YAML") from error
    as_of = found.get("as_of") if isinstance(found, dict) else None
    if not isinstance(as_of, date):
        raise BadInput("the hours do not say as_of which day they were read")
    parts = [(part, found.get(part) or []) for part in PRESETS[preset]]
    return HoursByLaw(rules=tuple(rule for part, rows in parts for rule in _rules(part, rows, as_of)))


def _rules(part: str, rows: Any, as_of: date) -> Iterator[HoursRule]:
    if not isinstance(rows, list):
        raise BadInput(f"'{part}' in the hours is no list of rules")
    for number, row in enumerate(rows, start=1):
        try:
            yield _rule(row, as_of)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadInput(
                f"rule {number} of '{part}' in the hours cannot be read; it is such as "
                '{in: FL, days: mon-sat, hours: "08:00-20:00", source: "…"}'
            ) from error


def _rule(row: Mapping[str, Any], as_of: date) -> HoursRule:
    if not _JURISDICTION.fullmatch(row["in"]) or not str(row["source"]).strip():
        raise ValueError(row["in"])
    opens, closes = (time(0), time(0)) if row["hours"] == "closed" else _span(row["hours"])
    return HoursRule(
        jurisdiction=row["in"],
        weekdays=_days(row["days"]),
        opens=opens,
        closes=closes,
        source=str(row["source"]),
        as_of=row.get("as_of", as_of),
    )


def _span(text: str) -> tuple[time, time]:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(text)
    opens, closes = time.fromisoformat(found[1]), time.fromisoformat(found[2])
    if opens >= closes:
        raise ValueError(text)
    return opens, closes


def _days(text: str) -> frozenset[int]:
    first, _, last = text.partition("-")
    start, end = _DAYS.index(first), _DAYS.index(last or first)
    if start > end:
        raise ValueError(text)
    return frozenset(range(start, end + 1))
