"""What a flow says, without how it was written down: two flows that do the same have one digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

import attrs

from ascend_core.contracts import Duration, WithSecrets
from ascend_core.flow.document import Nudge, Step

__all__ = ["digest_of"]

_NOT_SAID = {Step: {"path", "line", "refs"}, Nudge: {"path"}}
"""Where something stands follows from the rest."""


def digest_of(**said: object) -> str:
    """SHA-256, in hexadecimal, of the values *said*. A parameter that has its default counts as not written."""
    plain = json.dumps(_plain(said), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case timedelta():
            return value.total_seconds()
        case WithSecrets(source=source):
            return source
        case Duration(length=length):
            return length.total_seconds()
        case datetime():
            return value.astimezone(UTC).isoformat()
        case time():
            return value.isoformat()
        case Mapping():
            return {str(key): _plain(part) for key, part in value.items()}
        case tuple() | list():
            return [_plain(part) for part in value]
    return _plain_fields(value)


def _plain_fields(value: Any) -> dict[str, Any]:
    left_out = _NOT_SAID.get(type(value), set())
    kept = {}
    for field in attrs.fields(type(value)):
        part = getattr(value, field.name)
        if field.name not in left_out and not _is_default(field, part):
            kept[field.name] = _plain(part)
    return kept


def _is_default(field: attrs.Attribute[Any], value: Any) -> bool:
    default: Any = field.default
    if default is attrs.NOTHING:
        return False
    factory = getattr(default, "factory", None)  # of attrs.Factory, which type checkers take for a function
    return bool(value == (factory() if factory is not None and not default.takes_self else default))
