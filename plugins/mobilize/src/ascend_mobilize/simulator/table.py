"""Rows in a fixed order: new ones come last, changed ones stay where they are. So paging is cheap and stable."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

__all__ = ["Record", "Table", "members", "section"]

Record = dict[str, Any]
"""One object exactly as the API shows it. Never changed in place: a change is a new dict in the same place."""

_REMEMBERED_SELECTIONS = 32
"""How many answered questions are kept; a puller asks the same one page after page."""


def section(record: Record, name: str) -> Record:
    """The object under *name*, or an empty one where the record has none (null, missing, something else)."""
    inner = record.get(name)
    return inner if isinstance(inner, dict) else {}


def members(record: Record, name: str) -> list[Record]:
    """The objects in the list under *name*; none where there is no list."""
    inner = record.get(name)
    return [item for item in inner if isinstance(item, dict)] if isinstance(inner, list) else []


class Table:
    """A list of records. A *place* is a record's number in it, from 0, for ever."""

    def __init__(self) -> None:
        self._rows: list[Record] = []
        self._gone: set[int] = set()
        self._place_of_id: dict[int, int] = {}
        self._changes = 0
        self._selections: OrderedDict[Hashable, tuple[int, Sequence[int]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._rows) - len(self._gone)

    def __iter__(self) -> Iterator[Record]:
        return (row for place, row in enumerate(self._rows) if place not in self._gone)

    def add(self, row: Record) -> int:
        """Put *row* last; returns its place."""
        place = len(self._rows)
        self._rows.append(row)
        row_id = row.get("id")
        if isinstance(row_id, int):
            self._place_of_id.setdefault(row_id, place)
        self._changes += 1
        return place

    def replace(self, place: int, row: Record) -> None:
        """*row* takes the place of what was there. It may have lost its id, and then it is not found by it."""
        old_id = self._rows[place].get("id")
        if isinstance(old_id, int) and row.get("id") != old_id:
            self._place_of_id.pop(old_id, None)
        self._rows[place] = row
        self._changes += 1

    def remove(self, place: int) -> None:
        """Nobody sees the row again; the others keep their places."""
        self._gone.add(place)
        self._changes += 1

    def row(self, place: int) -> Record:
        """What is at *place*."""
        return self._rows[place]

    def place_of(self, row_id: int) -> int | None:
        """Where the (first) row with that id is; None: nowhere."""
        place = self._place_of_id.get(row_id)
        return None if place in self._gone else place

    def find(self, row_id: int) -> Record | None:
        """The (first) row with that id."""
        place = self.place_of(row_id)
        return None if place is None else self._rows[place]

    def select(self, question: Hashable, keep: Callable[[Record], bool] | None = None) -> Sequence[int]:
        """The places of all rows that *keep* lets through, ascending; *question* names *keep* for the memory."""
        if keep is None and not self._gone:
            return range(len(self._rows))
        known = self._selections.get(question)
        if known is not None and known[0] == self._changes:
            self._selections.move_to_end(question)
            return known[1]
        changes = self._changes
        places = [p for p, row in enumerate(self._rows) if p not in self._gone and (keep is None or keep(row))]
        self._selections[question] = (changes, places)
        if len(self._selections) > _REMEMBERED_SELECTIONS:
            self._selections.popitem(last=False)
        return places

    def visible(self, places: Sequence[int]) -> Sequence[int]:
        """*places* without those of removed rows."""
        return [place for place in places if place not in self._gone] if self._gone else places
