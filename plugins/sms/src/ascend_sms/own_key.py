"""Our own key for a text: it travels in the address of the status callback, and comes back with every status."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlsplit

from ascend_core.contracts import RawRequest
from ascend_core.errors import BadInput
from ascend_sms.webform import query_pairs

__all__ = ["MESSAGE_KEY", "callback_with_key", "key_in"]

MESSAGE_KEY: Final = "m"
"""The query parameter of the status callback that brings our key back."""
_LONGEST_KEY: Final = 200


def callback_with_key(url: str, message_key: str) -> str:
    """*url* with our key in its query; what else is in it (a fragment sets the provider's retries) stays."""
    parts = urlsplit(url)
    ours = f"{MESSAGE_KEY}={quote(message_key, safe='')}"
    return parts._replace(query=f"{parts.query}&{ours}" if parts.query else ours).geturl()


def key_in(request: RawRequest) -> str | None:
    """Our own key, from the URL alone: the body is the provider's. Raises BadInput."""
    keys = {value for name, value in query_pairs(request) if name == MESSAGE_KEY and value}
    if len(keys) > 1 or any(len(key) > _LONGEST_KEY or not key.isprintable() for key in keys):
        raise BadInput("the request's URL does not hold one key of ours")
    return next(iter(keys), None)
