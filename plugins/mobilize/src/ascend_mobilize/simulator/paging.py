"""Pages of a list: cursors that stay right while rows come and change, and links that echo the query."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left
from collections.abc import Sequence
from urllib.parse import urlencode

from attrs import frozen
from starlette.datastructures import URL, QueryParams

from ascend_mobilize.simulator import query as read
from ascend_mobilize.simulator.errors import ErrorAnswer

__all__ = ["Page", "page_of"]

_PER_PAGE = 25
_MOST_PER_PAGE = 200
_FORTH, _BACK = "f", "b"


@frozen(kw_only=True)
class Page:
    """The places to show, and the links to the pages beside them."""

    places: Sequence[int]
    count: int
    next: str | None
    previous: str | None


def page_of(places: Sequence[int], url: URL, *, shifting: bool = False) -> Page:
    """The page of *places* that *url* asks for. Raises ErrorAnswer(400 or 404).

    *places* are ascending, and a cursor names one of them. If they are in any order, and so *shifting*, it counts rows.
    """
    query = QueryParams(url.query)
    size = _size(query)
    numbers = range(len(places)) if shifting else places
    start, end = _window(numbers, query, size)
    behind = _link(url, query, _FORTH, numbers[end]) if end < len(places) else None
    before = _link(url, query, _BACK, numbers[start]) if start > 0 else None
    return Page(places=places[start:end], count=len(places), next=behind, previous=before)


def _size(query: QueryParams) -> int:
    size = read.integer(query, "per_page")
    if size is not None and size < 1:
        raise ErrorAnswer(400, {"per_page": ["Ensure this value is greater than or equal to 1."]})
    return min(size or _PER_PAGE, _MOST_PER_PAGE)


def _window(places: Sequence[int], query: QueryParams, size: int) -> tuple[int, int]:
    cursor = query.get("cursor")
    if cursor is None:
        start = (_page_number(query) - 1) * size
        if start and start >= len(places):
            raise ErrorAnswer(404, {"detail": "Invalid page."})
        return start, min(start + size, len(places))
    direction, place = _opened(cursor)
    at = bisect_left(places, place)
    return (at, min(at + size, len(places))) if direction == _FORTH else (max(at - size, 0), at)


def _page_number(query: QueryParams) -> int:
    number = read.integer(query, "page")
    if number is not None and number < 1:
        raise ErrorAnswer(404, {"detail": "Invalid page."})
    return number or 1


def _link(url: URL, query: QueryParams, direction: str, place: int) -> str:
    cursor = base64.urlsafe_b64encode(f"{direction}={place}".encode()).decode()
    echoed = [(name, value) for name, value in query.multi_items() if name not in {"page", "cursor"}]
    return str(url.replace(query=urlencode([*echoed, ("cursor", cursor)]), fragment=""))


def _opened(cursor: str) -> tuple[str, int]:
    try:
        direction, _, place = base64.urlsafe_b64decode(cursor.encode()).decode().partition("=")
        if direction in {_FORTH, _BACK}:
            return direction, int(place)
    except (ValueError, binascii.Error):
        pass
    raise ErrorAnswer(404, {"detail": "Invalid cursor"})
