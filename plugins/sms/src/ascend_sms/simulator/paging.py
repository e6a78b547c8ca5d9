"""Lists: the filters of ``GET Messages`` and the envelope a page comes in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from attrs import frozen

from ascend_sms.simulator.errors import bad_request
from ascend_sms.simulator.phones import read_number
from ascend_sms.simulator.views import TextView

__all__ = ["Page", "envelope", "page_of", "wanted"]

_USUAL_PAGE, _LARGEST_PAGE = 50, 1000
_AFTER, _BEFORE = "PA", "PB"
"""What a page token begins with: the page after, or before, the text it names."""


@frozen(kw_only=True)
class Page:
    """Some of the texts."""

    texts: Sequence[TextView]
    start: int
    """Place of the first in the whole list."""
    size: int
    number: int
    has_next: bool


def wanted(query: Mapping[str, str]) -> Callable[[TextView], bool]:
    """The test *query* stands for. A text that was not sent yet is found by when it was created.

    Raises ApiError: a date cannot be read.
    """
    numbers = {name: read_number(query[name]) or query[name] for name in ("To", "From") if query.get(name)}
    on = _day(query.get("DateSent", ""))
    until = _day(query.get("DateSent<") or query.get("DateSent<=", ""))
    since = _day(query.get("DateSent>") or query.get("DateSent>=", ""))

    def fits(view: TextView) -> bool:
        at = view.sent_at or view.created_at
        return (
            numbers.get("To", view.to) == view.to
            and numbers.get("From", view.from_) == view.from_
            and (on is None or on[0] <= at < on[1])
            and (until is None or at < until[1])
            and (since is None or at >= since[0])
        )

    return fits


def page_of(texts: Sequence[TextView], query: Mapping[str, str]) -> Page:
    """The page of *texts* that *query* asks for. A token stays good while newer texts come in."""
    size = min(max(_number(query.get("PageSize", ""), _USUAL_PAGE), 1), _LARGEST_PAGE)
    number = _number(query.get("Page", ""), 0)
    token = query.get("PageToken", "")
    place = next((n for n, view in enumerate(texts) if view.sid == token[2:]), None)
    if place is None:
        start = number * size
    elif token.startswith(_BEFORE):
        start = max(0, place - size)
    else:
        start = place + 1
    return Page(
        texts=texts[start : start + size], start=start, size=size, number=number, has_next=start + size < len(texts)
    )


def envelope(path: str, query: Mapping[str, str], page: Page, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer around *rows*, the texts of *page* as JSON."""
    kept = {name: value for name, value in query.items() if name not in {"Page", "PageSize", "PageToken"}}

    def uri(number: int, token: str | None = None) -> str:
        asked: dict[str, Any] = {**kept, "PageSize": page.size, "Page": number}
        return f"{path}?{urlencode(asked | ({'PageToken': token} if token else {}))}"

    sids = [view.sid for view in page.texts]
    return {
        "first_page_uri": uri(0),
        "next_page_uri": uri(page.number + 1, _AFTER + sids[-1]) if page.has_next else None,
        "previous_page_uri": uri(max(page.number - 1, 0), _BEFORE + sids[0]) if page.start > 0 and sids else None,
        "page": page.number,
        "page_size": page.size,
        "start": page.start,
        "end": page.start + max(len(rows) - 1, 0),
        "uri": uri(page.number, query.get("PageToken")),
        "messages": rows,
    }


def _day(raw: str) -> tuple[datetime, datetime] | None:
    """From when until before when *raw* is: a whole day (UTC) for a date, one second for a moment."""
    if not raw:
        return None
    try:
        if len(raw) == len("2026-01-31"):
            day = date.fromisoformat(raw)
            start = datetime(day.year, day.month, day.day, tzinfo=UTC)
            return start, start + timedelta(days=1)
        moment = datetime.fromisoformat(raw)
    except ValueError:
        raise bad_request(20001, "Invalid 'DateSent' value: it is neither a date nor a moment in ISO 8601") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment, moment + timedelta(seconds=1)


def _number(raw: str, otherwise: int) -> int:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else otherwise
