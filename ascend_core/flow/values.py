"""Single values: what each scalar type of a parameter accepts, and what it says when it does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ascend_core.contracts import Condition, Duration, Moment, Text, WithSecrets
from ascend_core.flow.limits import LEAST_DURATION, LONGEST_DURATION
from ascend_core.flow.problems import shown

__all__ = ["NAME_RULE", "SCALARS", "is_name", "is_zone"]

NAME_RULE = "letters, digits, - and _, at most 100, and a letter or digit first"

_DURATION = re.compile(r"([0-9]{1,9})\s*([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_INTEGER = re.compile(r"[+-]?[0-9]{1,15}")
_YES_OR_NO = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def _string(written: str) -> str:
    if not written.strip():
        raise ValueError("is empty")
    return written.strip()


def _integer(written: str) -> int:
    if not _INTEGER.fullmatch(written.strip()):
        raise ValueError(f"is {shown(written)}; a whole number belongs here")
    return int(written)


def _boolean(written: str) -> bool:
    answer = _YES_OR_NO.get(written.strip().lower())
    if answer is None:
        raise ValueError(f"is {shown(written)}; yes or no belongs here")
    return answer


def _duration(written: str) -> Duration:
    found = _DURATION.fullmatch(written.strip())
    if found is None:
        raise ValueError(f"is {shown(written)}; a length of time is written 15m, 48h, 1d or 2w")
    number, unit = found.groups()
    try:
        length = timedelta(**{_UNITS[unit]: int(number)})
    except OverflowError:
        length = timedelta.max
    if not LEAST_DURATION <= length <= LONGEST_DURATION:
        raise ValueError(f"is {shown(written)}; from 1m to {LONGEST_DURATION.days}d is possible")
    return Duration(length)


def _time(written: str) -> time:
    found = _TIME.fullmatch(written.strip())
    try:
        hour, minute = (int(number) for number in found.groups()) if found is not None else (99, 99)
        return time(hour, minute)
    except ValueError:
        raise ValueError(f"is {shown(written)}; a time of day is written 20:00") from None


def _datetime(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"is {shown(written)}; a moment is written 2026-11-08T10:00-05:00")
    return moment


def is_name(written: str) -> bool:
    """Whether *written* can name a flow, a step or an arm."""
    return _NAME.fullmatch(written) is not None


def is_zone(name: str) -> bool:
    """Whether *name* is an IANA time zone."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # no such file, no proper name, no such zone
        return False
    return True


SCALARS: Mapping[Any, Callable[[str], Any]] = {
    str: _string,
    int: _integer,
    bool: _boolean,
    Text: lambda written: Text(_string(written)),
    WithSecrets: lambda written: WithSecrets(_string(written)),
    Condition: lambda written: Condition(_string(written)),
    Moment: lambda written: Moment(_string(written)),
    Duration: _duration,
    time: _time,
    datetime: _datetime,
}
"""Each reads what was written, or raises ValueError with the end of a sentence that begins with the key."""
