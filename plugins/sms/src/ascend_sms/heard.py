"""A person's text as the core hears it, whether the webhook brought it or the provider's list."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection
from typing import Final

from ascend_core.contracts import Inbound
from ascend_core.errors import BadInput
from ascend_sms.keywords import Keyword, keyword_in

__all__ = ["heard"]

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_OPT_OUT: Final[dict[str, Keyword]] = {"STOP": "stop", "START": "start", "HELP": "help"}

_SHORTEST_ENCODED: Final = 60
"""Characters. Long texts of some carriers arrive as base64 of the whole; nothing shorter has been seen."""


def heard(*, sid: str, phone: str, body: str, opt_out_type: str, answered: Collection[str]) -> Inbound:
    """The text *sid* from *phone*. *opt_out_type* is what the provider took it for ('': it does not say).

    *answered* are the words, in capitals, that the provider answers itself when a message is nothing else.
    Short codes and names write too; whoever has no number that can be answered is not a person: raises BadInput.
    """
    if not sid:
        raise BadInput("the text has no id")
    if not _E164.fullmatch(phone):
        raise BadInput("the text's sender is not an E.164 number")
    body = _unwrapped(body.replace("\0", ""))
    said = _OPT_OUT.get(opt_out_type.strip().upper())
    return Inbound(
        provider_id=sid,
        phone=phone,
        body=body,
        keyword=said or keyword_in(body),
        provider_answered=said is not None or body.strip().upper() in answered,
    )


def _unwrapped(body: str) -> str:
    """*body*, decoded where it is base64 of a readable text of several words."""
    packed = "".join(body.split("\r\n")).strip()
    if len(packed) < _SHORTEST_ENCODED or not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", packed):
        return body
    try:
        text = base64.b64decode(packed, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return body
    readable = all(char.isprintable() or char.isspace() for char in text)
    return text if readable and len(text.split()) > 1 else body
