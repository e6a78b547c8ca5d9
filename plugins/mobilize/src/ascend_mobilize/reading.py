"""Reads single values out of Mobilize's JSON, and names the field it choked on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from ascend_core.errors import BadInput

__all__ = [
    "LARGEST_NUMBER",
    "LATEST_SECOND",
    "LONGEST_TEXT",
    "Node",
    "cleaned",
    "cleaned_word",
    "moment_of",
    "stable_key",
    "zone_name",
]

LARGEST_NUMBER = 2**63 - 1
"""What a database holds as a whole number."""
LATEST_SECOND = 253_370_764_800
"""1 January 9999, in Unix seconds: any later has no local time in some zones."""
LONGEST_TEXT = 10_000
"""No answer to a form is longer; a record with more is set aside."""


class Node:
    """One place in a JSON document: what lies there, and its path for messages (``person.phone_numbers[0].number``).

    Null, missing and, for texts, empty are all None: Mobilize uses them alike. Whatever has another type than asked
    for raises ``BadInput`` with the path, never with the value. The path is put together only when it is asked for:
    a sign-up is read at forty places, and hardly ever is one of them wrong.
    """

    __slots__ = ("_name", "_parent", "value")

    def __init__(self, value: Any, parent: Node | None = None, name: str = "") -> None:
        self.value = value
        self._parent = parent
        self._name = name

    @property
    def path(self) -> str:
        """Where this is; empty: the record itself."""
        before = "" if self._parent is None else self._parent.path
        return f"{before}.{self._name}" if before and not self._name.startswith("[") else before + self._name

    def __getitem__(self, name: str) -> Node:
        """The member *name* of this object."""
        value = self.value
        if isinstance(value, dict):
            return Node(value.get(name), self, name)
        if value is None:
            return Node(None, self, name)
        raise self._wrong("an object")

    def elements(self) -> tuple[Node, ...]:
        """The elements of this list."""
        match self.value:
            case None:
                return ()
            case list() as values:
                return tuple(Node(value, self, f"[{index}]") for index, value in enumerate(values))
            case _:
                raise self._wrong("a list")

    def text(self) -> str | None:
        """This text without what a database cannot hold (NUL, lone surrogates) and without outer spaces."""
        if self.value is None:
            return None
        if not isinstance(self.value, str):
            raise self._wrong("a text")
        if len(self.value) > LONGEST_TEXT:
            raise self._wrong(f"at most {LONGEST_TEXT} characters")
        return cleaned(self.value)

    def number(self) -> int | None:
        """This whole number, zero or more."""
        if self.value is None:
            return None
        if not isinstance(self.value, int) or isinstance(self.value, bool) or not 0 <= self.value <= LARGEST_NUMBER:
            raise self._wrong("a whole number")
        return self.value

    def flag(self) -> bool | None:
        """This truth value."""
        if self.value is None or isinstance(self.value, bool):
            return self.value
        raise self._wrong("true or false")

    def moment(self) -> datetime | None:
        """This time, given in Unix seconds: aware, UTC."""
        seconds = self.number()
        if seconds is None:
            return None
        if seconds > LATEST_SECOND:
            raise self._wrong("a time before the year 9999")
        return moment_of(seconds)

    def required_moment(self) -> datetime:
        """The same, where it may not be missing."""
        moment = self.moment()
        if moment is None:
            raise self._wrong("a time")
        return moment

    def _wrong(self, expected: str) -> BadInput:
        return BadInput(f"field {self.path or '(the record itself)'}: expected {expected}")


def cleaned(text: str | None) -> str | None:
    """*text* without what a database cannot hold (NUL, lone surrogates) and without outer spaces; None: that is all."""
    if text is None:
        return None
    if text.isascii() and "\0" not in text:
        return text.strip() or None
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8").strip() or None


cleaned_word = lru_cache(maxsize=1000)(cleaned)
"""The same for what is one of a few: a status, the name of a zone."""


@lru_cache(maxsize=4096)
def moment_of(seconds: int) -> datetime:
    """This Unix second: aware, UTC. Remembered, since everybody in a slot has its times."""
    return datetime.fromtimestamp(seconds, tz=UTC)


@lru_cache(maxsize=1000)
def zone_name(name: str | None) -> str | None:
    """*name* when it is the IANA name of a zone we know, else None."""
    if name is None:
        return None
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; no name at all; a directory of the zone files
        return None
    return name


def stable_key(reason: str, parts: Iterable[object]) -> str:
    """A key for a record without a usable id: the same for the same *parts*, from which nobody reads them back.

    Only short texts and 64-bit numbers count; anything else among *parts* counts as missing.
    """
    plain = [part if _is_plain(part) else None for part in parts]
    digest = hashlib.sha256(json.dumps(plain).encode()).hexdigest()
    return f"{reason}:{digest[:24]}"


def _is_plain(part: object) -> bool:
    match part:
        case bool():
            return True
        case int():
            return abs(part) <= LARGEST_NUMBER
        case str():
            return len(part) <= 200
        case _:
            return False
