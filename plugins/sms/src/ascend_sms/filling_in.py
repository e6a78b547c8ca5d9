"""Reading what a person fills in: the fields that the settings of every provider have."""

from __future__ import annotations

import re
from typing import Any, Final

import httpx
from attrs import Attribute

from ascend_core.contracts import Secret
from ascend_core.errors import BadInput

__all__ = ["check_replies", "check_sender", "check_url", "phone", "replies", "secret", "text", "url"]

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORT_CODE: Final = re.compile(r"[0-9]{5,6}")


def text(value: object) -> str:
    """*value* without the spaces people paste; None is nothing."""
    return value.strip() if isinstance(value, str) else ""


def secret(value: object) -> Secret | None:
    """*value* as a Secret; an empty one is None."""
    revealed = value.reveal() if isinstance(value, Secret) else text(value)
    return Secret(revealed.strip()) if revealed.strip() else None


def url(value: object, usual: str) -> str:
    """*value* without a slash at the end; nothing is *usual*."""
    return text(value).rstrip("/") or usual


def replies(value: object) -> str:
    """*value* in small letters; nothing is ``provider``."""
    return text(value).lower() or "provider"


def phone(value: object) -> str:
    """*value* without what people put between digits."""
    return re.sub(r"[\s().\-\u2010-\u2015\u200b-\u200f\u202a-\u202e]", "", text(value))


def check_sender(_settings: object, _attribute: Attribute[Any], value: str) -> None:
    """A sender people can answer: STOP must reach us."""
    if value and not (_E164.fullmatch(value) or _SHORT_CODE.fullmatch(value)):
        raise BadInput("From number is neither a number like +12025550100 nor a short code of 5 or 6 digits.")


def check_url(_settings: object, attribute: Attribute[Any], value: str) -> None:
    """The secret travels there: https, except to this very machine."""
    try:
        read = httpx.URL(value)
    except httpx.InvalidURL as error:
        raise BadInput(f"Base URL cannot be read; it must look like {attribute.default}.") from error
    if not read.host or read.scheme not in ("http", "https") or read.query or read.fragment or read.userinfo:
        raise BadInput(f"Base URL must look like {attribute.default}.")
    if read.scheme == "http" and read.host not in _LOOPBACK:
        raise BadInput("Base URL must begin with https:// because the secret is sent there.")


def check_replies(_settings: object, _attribute: Attribute[Any], value: str) -> None:
    """One of the two who can answer a keyword."""
    if value not in ("provider", "plugin"):
        raise BadInput("Keyword replies must be 'provider' or 'plugin'.")
