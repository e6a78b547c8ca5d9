"""Rows in a fixed order: new ones come last, changed ones stay where they are. So paging is cheap and stable."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from attrs import frozen

__all__ = ["Keep", "Record", "Table", "members", "rendered", "section"]

Record = dict[str, Any]
"""One object exactly as the API shows it. Never changed in place: a change is a new dict in the same place."""

Keep = Callable[[Record], bool]
"""Whether a row is asked for."""

_REMEMBERED_SELECTIONS = 32
"""How many answered questions are kept; a puller asks the same one page after page."""
_MOST_NEWS = 500
"""With more changed rows than this since it was asked last, a question is answered from scratch."""


def rendered(content: Any) -> bytes:
    """*content* as JSON, with everything beyond ASCII escaped, so that whatever a loaded file held can be sent."""
    return json.dumps(content, separators=(",", ":")).encode("ascii")


def section(record: Record, name: str) -> Record:
    """The object under *name*, or an empty one where the record has none (null, missing, something else)."""
    inner = record.get(name)
    return inner if isinstance(inner, dict) else {}


def members(record: Record, name: str) -> list[Record]:
    """The objects in the list under *name*; none where there is no list."""
    inner = record.get(name)
    return [item for item in inner if isinstance(item, dict)] if isinstance(inner, list) else []


@frozen
class _Selection:
    """The places that answered a question when so many changes had been made."""

    changes: int
    keep: Keep | None
    places: Sequence[int]


class Table:
    """A list of records. A *place* is a record's number in it, from 0, for ever."""

    def __init__(self) -> None:
        self._rows: list[Record] = []
        self._gone: set[int] = set()
        self._place_of_id: dict[int, int] = {}
        self._changed: list[int] = []
        """The place of every change ever made, in order."""
        self._selections: OrderedDict[Hashable, _Selection] = OrderedDict()
        self._rendered: dict[int, tuple[Record, bytes]] = {}

    def __len__(self) -> int:
        return len(self._rows) - len(self._gone)

    @property
    def places(self) -> int:
        """How many places there are, those of removed rows included."""
        return len(self._rows)

    def __iter__(self) -> Iterator[Record]:
        return (row for place, row in enumerate(self._rows) if place not in self._gone)

    def add(self, row: Record) -> int:
        """Put *row* last; returns its place."""
        place = len(self._rows)
        self._rows.append(row)
        row_id = row.get("id")
        if isinstance(row_id, int):
            self._place_of_id.setdefault(row_id, place)
        self._changed.append(place)
        return place

    def replace(self, place: int, row: Record) -> None:
        """*row* takes the place of what was there. It may have lost its id, and then it is not found by it."""
        old_id = self._rows[place].get("id")
        if isinstance(old_id, int) and row.get("id") != old_id:
            self._place_of_id.pop(old_id, None)
        self._rows[place] = row
        self._changed.append(place)

    def remove(self, place: int) -> None:
        """Nobody sees the row again; the others keep their places."""
        self._gone.add(place)
        self._changed.append(place)

    def restore(self, place: int) -> None:
        """A removed row is seen again, where it was."""
        self._gone.discard(place)
        self._changed.append(place)

    def forget(self, place: int) -> None:
        """Remove the row, and its id too: another row may come with it."""
        self.remove(place)
        self._place_of_id = {row_id: where for row_id, where in self._place_of_id.items() if where != place}

    def row(self, place: int) -> Record:
        """What is at *place*."""
        return self._rows[place]

    def rendered(self, place: int) -> bytes:
        """What is at *place* as JSON; written anew only when it has changed."""
        row, known = self._rows[place], self._rendered.get(place)
        if known is not None and known[0] is row:
            return known[1]
        fresh = rendered(row)
        self._rendered[place] = (row, fresh)
        return fresh

    def place_of(self, row_id: int) -> int | None:
        """Where the (first) row with that id is; None: nowhere."""
        place = self._place_of_id.get(row_id)
        return None if place in self._gone else place

    def last_place_of(self, row_id: int) -> int | None:
        """Where it is or, removed, was."""
        return self._place_of_id.get(row_id)

    def find(self, row_id: int) -> Record | None:
        """The (first) row with that id."""
        place = self.place_of(row_id)
        return None if place is None else self._rows[place]

    def select(self, question: Hashable, keep: Keep | None = None) -> Sequence[int]:
        """The places of all rows that *keep* lets through, ascending; *question* names *keep* for the memory."""
        if keep is None and not self._gone:
            return range(len(self._rows))
        known = self._selections.get(question)
        changes = len(self._changed)
        if known is None or changes - known.changes > _MOST_NEWS:
            places: Sequence[int] = [place for place in range(len(self._rows)) if self._lets(place, keep)]
        elif changes > known.changes:
            places = self._brought_up(known, changes)
        else:
            places = known.places
        self._selections[question] = _Selection(changes, keep, places)
        self._selections.move_to_end(question)
        if len(self._selections) > _REMEMBERED_SELECTIONS:
            self._selections.popitem(last=False)
        return places

    def _brought_up(self, known: _Selection, changes: int) -> Sequence[int]:
        """A new list, since somebody may be reading the old one."""
        places = list(known.places)
        for place in set(self._changed[known.changes : changes]):
            at = bisect_left(places, place)
            was_in, is_in = at < len(places) and places[at] == place, self._lets(place, known.keep)
            if is_in and not was_in:
                places.insert(at, place)
            elif was_in and not is_in:
                del places[at]
        return places

    def _lets(self, place: int, keep: Keep | None) -> bool:
        return place not in self._gone and (keep is None or keep(self._rows[place]))

    def visible(self, places: Sequence[int]) -> Sequence[int]:
        """*places* without those of removed rows."""
        return [place for place in places if place not in self._gone] if self._gone else places
