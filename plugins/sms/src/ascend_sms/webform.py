"""The form inside a webhook request. The signature and the reader both go by this one reading of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from attrs import field, frozen

from ascend_core.contracts import RawRequest
from ascend_core.errors import BadInput

__all__ = ["FORM_TYPE", "Form", "body_pairs", "is_form", "query_pairs", "read_form"]

FORM_TYPE: Final = "application/x-www-form-urlencoded"
_MOST_BYTES: Final = 1_000_000
"""A text is at most 1,600 characters and its form a few kilobytes; what is far larger is no webhook."""
_MOST_FIELDS: Final = 1_000

Pairs = tuple[tuple[str, str], ...]


@frozen
class Form:
    """Fields by name. Asking for a field that was given two different values raises BadInput."""

    values: Mapping[str, frozenset[str]] = field(repr=False)

    def get(self, name: str) -> str:
        """The value of *name*; '' when it is missing."""
        found = self.values.get(name, frozenset())
        if len(found) > 1:
            raise BadInput(f"the request gives {name} two different values")
        return next(iter(found), "")

    def __contains__(self, name: object) -> bool:
        return name in self.values


def read_form(request: RawRequest) -> Form:
    """The fields of *request*: of its body, or of its query when it is a GET. Raises BadInput."""
    pairs = query_pairs(request) if request.method == "GET" else body_pairs(request)
    values: dict[str, set[str]] = {}
    for name, value in pairs:
        values.setdefault(name, set()).add(value)
    return Form({name: frozenset(found) for name, found in values.items()})


def body_pairs(request: RawRequest) -> Pairs:
    """The decoded fields of the body, blank ones too, nothing stripped. Raises BadInput when it is no form."""
    if request.method != "POST":
        raise BadInput(f"the request is a {request.method[:10]}, and a webhook is a POST or a GET")
    if not is_form(request):
        raise BadInput(f"the request's content type is not {FORM_TYPE}")
    if len(request.body) > _MOST_BYTES:
        raise BadInput(f"the request's body has {len(request.body)} bytes; at most {_MOST_BYTES} are read")
    try:
        return _pairs(request.body.decode("ascii"))
    except ValueError as error:
        raise BadInput("the request's body is not percent-encoded UTF-8") from error


def query_pairs(request: RawRequest) -> Pairs:
    """The decoded fields of the URL. Raises BadInput."""
    try:
        return _pairs(urlsplit(request.url).query)
    except ValueError as error:
        raise BadInput("the request's URL cannot be read") from error


def is_form(request: RawRequest) -> bool:
    """Whether the body calls itself a form, or nothing at all."""
    named = [value for name, value in request.headers if name == "content-type"]
    if len(named) > 1:
        return False
    return not named or named[0].partition(";")[0].strip().lower() in ("", FORM_TYPE)


def _pairs(encoded: str) -> Pairs:
    """Decode; raises ValueError for bytes that are no UTF-8 and for too many fields."""
    return tuple(parse_qsl(encoded, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS))
