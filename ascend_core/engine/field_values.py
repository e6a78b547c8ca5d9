"""What fits into a member field that people defined (row C5): one function from what came in to what is kept."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from attrs import field, frozen
from msgspec import Struct

from ascend_core.contracts import FieldValue
from ascend_core.flow.values import is_zone

__all__ = ["LONGEST_TEXT", "ZONE", "FieldKind", "FieldRule", "Fitted", "fit", "read_field"]

ZONE = "zone"
"""The field of the member's own time zone, an IANA name: it counts before their ZIP code and their phone (row J3)."""

LONGEST_TEXT = 10_000
"""Characters. A form's long answer fits; a file pasted into one does not."""

_YES = frozenset({"true", "yes", "y", "on", "1", "si", "sí"})
_NO = frozenset({"false", "no", "n", "off", "0"})
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,18})(?:\.[0-9]{1,12})?")
_AMERICAN_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


class FieldKind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    """Kept as ``2026-11-08``, so that dates compare as texts do."""
    CHOICE = "choice"


@frozen(kw_only=True)
class FieldRule:
    """What one field takes."""

    kind: FieldKind
    choices: tuple[str, ...] = field(default=(), converter=tuple[str, ...])


class Fitted(Struct, frozen=True, kw_only=True, gc=False):
    """Values that fit, as they are kept; and for each that does not, a sentence that names its field."""

    values: Mapping[str, Any]
    problems: tuple[str, ...] = ()


def fit(rules: Mapping[str, FieldRule], values: Mapping[str, FieldValue]) -> Fitted:
    """Read *values* as their fields take them. A field without a rule takes anything; ``zone`` takes a time zone."""
    if not rules and ZONE not in values:
        return Fitted(values=values)
    kept: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in values.items():
        rule = rules.get(name)
        try:
            if name == ZONE:
                kept[name] = _zone(value)
            else:
                kept[name] = value if rule is None else read_field(rule.kind, value, choices=rule.choices)
        except ValueError as error:
            problems.append(f"{name} {error}")
    return Fitted(values=kept, problems=tuple(problems))


def read_field(kind: FieldKind, value: FieldValue, *, choices: Sequence[str] = ()) -> FieldValue:
    """*value* as a field of that kind keeps it. *choices*: of a choice, in their own spelling.

    Raises ValueError when it does not fit, with the end of a sentence that begins with the field's name. The sentence
    never holds the value, which may be somebody's secret.
    """
    if value is None:
        return None
    match kind:
        case FieldKind.TEXT:
            return _text(value)
        case FieldKind.NUMBER:
            return _number(value)
        case FieldKind.BOOLEAN:
            return _boolean(value)
        case FieldKind.DATE:
            return _date(value)
        case FieldKind.CHOICE:
            return _choice(value, choices)


def _zone(value: FieldValue) -> str | None:
    written = "" if value is None else _written(value)
    if written and not is_zone(written):
        raise ValueError("takes a time zone, like America/Chicago")
    return written or None


def _written(value: FieldValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()


def _text(value: FieldValue) -> str:
    written = _written(value)
    if len(written) > LONGEST_TEXT:
        raise ValueError(f"takes at most {LONGEST_TEXT} characters")
    return written


def _number(value: FieldValue) -> int | float:
    if isinstance(value, bool):
        raise ValueError("takes a number")
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise ValueError("takes a number")
        return value
    written = _written(value)
    if not _NUMBER.fullmatch(written):
        raise ValueError("takes a number, like 12 or 1,250.50")
    plain = written.replace(",", "")
    return float(plain) if "." in plain else int(plain)


def _boolean(value: FieldValue) -> bool:
    written = _written(value).casefold()
    if written in _YES:
        return True
    if written in _NO:
        return False
    raise ValueError("takes yes or no")


def _date(value: FieldValue) -> str:
    written = _written(value)
    american = _AMERICAN_DATE.fullmatch(written)
    try:
        if american is not None:
            month, day, year = (int(part) for part in american.groups())
            return date(year, month, day).isoformat()
        return datetime.fromisoformat(written).date().isoformat()
    except ValueError:
        raise ValueError("takes a date, like 2026-11-08 or 11/8/2026") from None


def _choice(value: FieldValue, choices: Sequence[str]) -> str:
    written = _written(value).casefold()
    for choice in choices:
        if choice.casefold() == written:
            return choice
    raise ValueError(f"takes one of: {', '.join(choices)}")
