"""Texts with ``${path|format|fallback}`` in them: parsed once, filled for each member."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from attrs import field, frozen

from ascend_core.contracts import Body, FieldValue, FormView, LinkRef, MemberView, RunView
from ascend_core.errors import FlowProblem

__all__ = ["FORMATS", "Place", "Template", "Unfilled", "compile_template"]

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PLACE = re.compile(r"\$\{([^{}]*)\}")
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+")


class Unfilled(str):
    """The empty part where a place had neither a value nor a fallback; its text is never to be sent."""

    __slots__ = ()


@frozen
class Place:
    """``${path|format|fallback}``: the format and the fallback may be missing."""

    path: str
    format: str | None = None
    fallback: str | None = None
    root: str = field(init=False, repr=False, eq=False)
    """What the path begins with: ``member``, ``event``, ``run`` or ``link``."""
    name: str = field(init=False, repr=False, eq=False)
    """The rest of the path."""

    @root.default
    def _root(self) -> str:
        return self.path.partition(".")[0]

    @name.default
    def _name(self) -> str:
        return self.path.partition(".")[2]

    @property
    def link(self) -> str | None:
        """The link's name, where the place is one."""
        return self.name if self.root == "link" else None


def _date(moment: datetime) -> str:
    return f"{_WEEKDAYS[moment.weekday()]}, {_MONTHS[moment.month - 1]} {moment.day}"


def _time(moment: datetime) -> str:
    return f"{(moment.hour - 1) % 12 + 1}:{moment.minute:02} {'AM' if moment.hour < 12 else 'PM'}"


def _day_time(moment: datetime) -> str:
    return f"{_date(moment)} at {_time(moment)}"


def _first_word(value: str) -> str:
    words = value.split(maxsplit=1)
    return words[0] if words else ""


_TIME_FORMATS: Mapping[str, Callable[[datetime], str]] = {"day_time": _day_time, "date": _date, "time": _time}
_WORD_FORMATS: Mapping[str, Callable[[str], str]] = {"first_word": _first_word, "upper": str.upper}
FORMATS = (*_TIME_FORMATS, *_WORD_FORMATS)
"""The formats of the flow language (rule 4); times are shown in the event's zone, in English."""


@frozen(eq=False)
class Template:
    """A parsed text."""

    source: str
    parts: tuple[str | Place | LinkRef, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        """Every place that is not a link, in order."""
        return tuple(part for part in self.parts if isinstance(part, Place))

    @property
    def links(self) -> tuple[str, ...]:
        """The names of the links it places, in order."""
        return tuple(part.name for part in self.parts if isinstance(part, LinkRef))

    @property
    def least_length(self) -> int:
        """Characters that are there whoever gets it."""
        return sum(len(part) for part in self.parts if isinstance(part, str))

    def render(self, *, member: MemberView, form: FormView | None, run: RunView) -> tuple[Body, tuple[str, ...]]:
        """The filled text, and the paths that had neither a value nor a fallback (an ``Unfilled`` part each)."""
        body: list[str | LinkRef] = []
        words: list[str] = []
        unfilled: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                words.append(part)
                continue
            if isinstance(part, Place):
                shown = _show(_value(part, member, form, run), part.format, form) or part.fallback
                if shown is not None:
                    words.append(shown)
                    continue
                unfilled.append(part.path)
            if text := "".join(words):
                body.append(text)
            words.clear()
            body.append(part if isinstance(part, LinkRef) else Unfilled())
        if text := "".join(words):
            body.append(text)
        return tuple(body), tuple(unfilled)


@lru_cache(maxsize=8192)
def compile_template(source: str) -> Template:
    """Parse *source*; the same text is parsed once. Raises FlowProblem, with one sentence, for a malformed place."""
    parts: list[str | Place | LinkRef] = []
    at = 0
    for found in _PLACE.finditer(source):
        parts.append(_literal(source[at : found.start()]))
        parts.append(_place(found.group(1)))
        at = found.end()
    parts.append(_literal(source[at:]))
    return Template(source, tuple(part for part in parts if part != ""))


def _literal(piece: str) -> str:
    if "${" in piece:
        raise FlowProblem("a '${' is not closed; write ${path} or ${path|fallback}")
    return piece.replace("\0", "")


def _place(written: str) -> Place | LinkRef:
    path, *rest = (part.strip() if index == 0 else part for index, part in enumerate(written.split("|")))
    if not _PATH.fullmatch(path):
        raise FlowProblem(f"'${{{written}}}' is malformed; write ${{path}} or ${{path|fallback}}")
    chosen = rest.pop(0).strip() if rest and rest[0].strip() in FORMATS else None
    place = Place(path, chosen, "|".join(rest) if rest else None)
    if place.link is None:
        return place
    if rest or chosen:
        raise FlowProblem(f"'${{{written}}}': a link takes neither a format nor a fallback")
    return LinkRef(place.link)


def _value(place: Place, member: MemberView, form: FormView | None, run: RunView) -> FieldValue | datetime:
    name = place.name
    match place.root:
        case "member":
            return member.phone if name == "phone" else member.fields.get(name)
        case "event" if form is not None:
            return _event_value(form, name)
        case "run":
            return {"id": str(run.id), "flow": run.flow}.get(name)
    return None


def _event_value(form: FormView, name: str) -> FieldValue | datetime:
    match name:
        case "id":
            return form.key
        case "title":
            return form.name
        case "start":
            return form.starts_at
        case "end":
            return form.ends_at
        case "url" | "location" | "timezone":
            value: str | None = getattr(form, name)
            return value
    return None


def _show(value: FieldValue | datetime, how: str | None, form: FormView | None) -> str | None:
    """*value* as a person reads it; None when it is unset or does not fit the format."""
    if how is None and type(value) is str:
        return value.replace("\0", "").strip()
    if how in _TIME_FORMATS or isinstance(value, datetime):
        moment = value if isinstance(value, datetime) else _as_moment(value)
        return _TIME_FORMATS.get(how or "", _day_time)(_at_event(moment, form)) if moment is not None else None
    match value:
        case None:
            return None
        case bool():
            shown = "yes" if value else "no"
        case float() if value.is_integer():
            shown = str(int(value))
        case _:
            shown = str(value).replace("\0", "").strip()
    return _WORD_FORMATS[how](shown) if how is not None and how in _WORD_FORMATS else shown


def _as_moment(value: FieldValue) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _at_event(moment: datetime, form: FormView | None) -> datetime:
    if moment.tzinfo is None:
        return moment  # a member's own date: it is meant as it stands
    try:
        return moment.astimezone(_zone(form.timezone if form is not None else None))
    except OverflowError:  # year 1 or 9999, in a member's own data
        return moment


@lru_cache(maxsize=1024)
def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (OSError, ValueError, KeyError):  # a zone nobody knows: the event's own data, not the author's mistake
        return ZoneInfo("UTC")
