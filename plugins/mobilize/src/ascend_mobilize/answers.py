"""What an answer of the Mobilize API means: a page of records, or the error that says what happens next."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn, Protocol

import msgspec
from attrs import field, frozen

from ascend_core.errors import NeedsAttention, Refused, TryLater

__all__ = ["Answered", "Page", "Shaping", "read_page", "wait_seconds"]

LONGEST_WAIT_SECONDS = 3600.0
"""A longer ``Retry-After`` is taken as an hour: Mobilize's limits are per second, so more is a slip."""
LEAST_WAIT_SECONDS = 1.0
"""After asking too often, where nothing is said of how long: the limits are per second."""
LONGEST_NUMBER = 20
"""In characters: no whole number that a database holds has more."""
_FIELD_NAME = re.compile(r"[A-Za-z_]{1,40}")


@frozen(kw_only=True)
class Page:
    """One page of a list. *next* is the URL of the following one, as Mobilize gave it.

    *records* are as decoded from JSON, or what a ``Shaping`` made of them.
    """

    records: tuple[Any, ...] = field(converter=tuple)
    next: str | None = None
    total: int | None = None


@frozen(kw_only=True)
class Answered:
    """One whole answer. *what* names the account and the path for messages; *headers* have lower-case names."""

    what: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Shaping(Protocol):
    """A quick way to read the records of a list: into a shape that has only what is needed."""

    def whole(self, body: bytes) -> dict[str, Any] | None:
        """The list in the JSON *body*, where each of its records is of the shape; else None."""
        ...

    def one(self, raw: msgspec.Raw) -> Any | None:
        """One record of it; None: it is not of the shape."""
        ...


class _Listed(msgspec.Struct, gc=False):
    """A list whose records are not decoded yet."""

    data: list[msgspec.Raw]
    error: Any = None
    next: Any = None
    count: Any = None
    results_limited_to: Any = None


def wait_seconds(retry_after: str | None, *, now: datetime) -> float | None:
    """The seconds a ``Retry-After`` asks for (0 to 3600); None when it is missing or cannot be read."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            until = parsedate_to_datetime(retry_after)
            seconds = (until - now).total_seconds()
        except (ValueError, TypeError, OverflowError):  # TypeError: a date without a zone
            return None
    if math.isnan(seconds) or seconds < 0:
        return None
    return min(seconds, LONGEST_WAIT_SECONDS)


def read_page(answered: Answered, *, now: datetime, shaping: Shaping | None = None) -> Page:
    """The page in *answered*. *shaping*: a quicker way to read its records, each of those that are of its shape.

    Raises TryLater (busy, broken or unreadable: nothing was read), NeedsAttention (401, 403: the key is not accepted)
    or Refused (any other 4xx, with ``code``; a redirect; a list Mobilize says is cut short).
    """
    if answered.status != 200:
        _refuse(answered, now=now)
    shaped = None if shaping is None else _shaped(answered.body, shaping)
    document = _document(answered) if shaped is None else shaped
    if "data" not in document or document.get("error") is not None:
        _refuse_body(answered, document, now=now)
    records, following = document["data"], document.get("next")
    if not isinstance(records, list) or not isinstance(following, str | None):
        raise TryLater(f"{answered.what} answered with something that is not a list. It will be asked again.")
    total = _count(document.get("count"))
    limit = _count(document.get("results_limited_to"))
    if limit is not None and total is not None and limit < total:
        raise Refused(
            f"{answered.what} shows only {limit} of {total} records, so some would be missed. "
            "Nothing was taken; ask support@mobilize.us how to list them all.",
            reason="limited",
        )
    return Page(records=tuple(records), next=following or None, total=total)


def _refuse(answered: Answered, *, now: datetime) -> NoReturn:
    status = answered.status
    wait = wait_seconds(answered.headers.get("retry-after"), now=now)
    if status == 429:
        raise _too_often(answered, "HTTP 429", wait)
    if status in {401, 403}:
        if "text/html" in answered.headers.get("content-type", ""):
            raise TryLater(f"{answered.what} was blocked by a waiting page (HTTP {status}).", after_seconds=wait)
        raise NeedsAttention(
            f"{answered.what} did not accept the API key (HTTP {status}). Check the key and the Org Id, or ask "
            "support@mobilize.us for a key of this organization; then connect again."
        )
    if status == 408 or status >= 500:
        raise TryLater(f"{answered.what} is out of order (HTTP {status}).", after_seconds=wait)
    if 300 <= status < 400:
        raise Refused(
            f"{answered.what} sends us elsewhere (HTTP {status}), and a key is not taken elsewhere. "
            "Check the address of the API in the settings.",
            reason="redirected",
            code=str(status),
        )
    if status >= 400:
        raise Refused(f"{answered.what} answered HTTP {status}{_complaint(answered)}.", code=str(status))
    raise TryLater(f"{answered.what} answered HTTP {status} without a list.")


def _document(answered: Answered) -> dict[str, Any]:
    """The JSON object in the body. A byte that is no UTF-8 harms its own record only; a byte order mark is skipped.

    What the quick decoder refuses may still be read by Python's, which takes more (NaN, half characters).
    """
    try:
        document = _decoded(answered.body)
    except (ValueError, RecursionError):
        kind = "a web page" if answered.body.lstrip()[:1] == b"<" else "something cut short or no JSON"
        raise TryLater(f"{answered.what} answered with {kind}. Nothing was taken of it.") from None
    if not isinstance(document, dict):
        raise TryLater(f"{answered.what} answered with JSON that is no object. Nothing was taken of it.")
    return document


def _shaped(body: bytes, shaping: Shaping) -> dict[str, Any] | None:
    """The same, most records of it shaped: what nobody needs of them is passed over. None: this is no such list."""
    whole = shaping.whole(body)
    if whole is not None:
        return whole
    try:
        listed = _listed(body)
        records = [_decoded(bytes(raw)) if (found := shaping.one(raw)) is None else found for raw in listed.data]
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return {**msgspec.structs.asdict(listed), "data": records}


_listed = msgspec.json.Decoder(_Listed).decode


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return _decoded_slowly(body.decode("utf-8-sig", errors="replace"))


def _decoded_slowly(text: str) -> Any:
    """The JSON in *text*. A whole number of more digits than Python reads harms its own record only, which is refused
    where that number is read: it is taken for infinite. Looked for only then, since it costs a call per number."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return json.loads(text, parse_int=_whole_number)


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_NUMBER else math.inf


def _refuse_body(answered: Answered, document: dict[str, Any], *, now: datetime) -> NoReturn:
    if document.get("error") == "rate-limited":
        raise _too_often(
            answered, "in the body of HTTP 200", wait_seconds(answered.headers.get("retry-after"), now=now)
        )
    raise TryLater(f"{answered.what} answered HTTP 200 with an error or without data{_complaint(answered)}.")


def _too_often(answered: Answered, where: str, wait: float | None) -> TryLater:
    """For everybody who asks from here: there is always a time to wait."""
    seconds = LEAST_WAIT_SECONDS if wait is None else wait
    return TryLater(f"{answered.what} says we ask too often ({where}).", after_seconds=seconds)


def _complaint(answered: Answered) -> str:
    """The names of the fields Mobilize complains about. Never its wording: that may echo what was sent."""
    try:
        error = _document(answered).get("error")
    except TryLater:
        return ""
    names = [name for name in error if _FIELD_NAME.fullmatch(name)][:5] if isinstance(error, dict) else []
    return f" about {', '.join(names)}" if names else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None
