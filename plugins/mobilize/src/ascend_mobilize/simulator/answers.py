"""The envelopes of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ascend_mobilize.simulator.errors import ErrorAnswer
from ascend_mobilize.simulator.paging import Page
from ascend_mobilize.simulator.table import Record, Table, rendered

__all__ = ["AsciiJson", "error_answer", "list_answer", "object_answer", "write_answer"]

_BUILD_COMMIT = "0123456789abcdef0123456789abcdef01234567"


class AsciiJson(Response):
    """JSON in ASCII."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The bytes of *content*; bytes are JSON already."""
        return content if isinstance(content, bytes) else rendered(content)


def list_answer(
    url_name: str, table: Table, page: Page, *, show: Callable[[Record], Record] | None = None, limit: int | None = None
) -> Response:
    """A page of a list. *show* says how a row looks to this caller; *limit* is there when a search answered."""
    rows = [_row(table, place, show) for place in page.places]
    head = {"count": page.count, "next": page.next, "previous": page.previous}
    searched = {"results_limited_to": limit} if limit is not None else {}
    parts = (
        rendered({**head, **searched})[:-1],
        b',"data":[',
        b",".join(rows),
        b'],"metadata":',
        rendered(_metadata(url_name)),
    )
    return AsciiJson(b"".join((*parts, b"}")))


def _row(table: Table, place: int, show: Callable[[Record], Record] | None) -> bytes:
    row = table.row(place)
    shown = show(row) if show else row
    return table.rendered(place) if shown is row else rendered(shown)


def object_answer(url_name: str, data: Any) -> Response:
    """One thing."""
    return AsciiJson({"data": data, "metadata": _metadata(url_name)})


def write_answer(url_name: str, data: Any) -> Response:
    """What was made. Only here does an answer without an error hold ``error``."""
    return AsciiJson({"data": data, "error": None, "metadata": _metadata(url_name)}, status_code=201)


async def error_answer(_request: Request, error: Exception) -> Response:
    """The answer to a request that went wrong."""
    if isinstance(error, ErrorAnswer):
        return AsciiJson({"data": None, "error": error.error}, status_code=error.status)
    status = getattr(error, "status_code", 500)
    return AsciiJson({"data": None, "error": {"detail": getattr(error, "detail", "Server error.")}}, status_code=status)


def _metadata(url_name: str) -> Record:
    return {"url_name": url_name, "build_commit": _BUILD_COMMIT, "page_title": None}
