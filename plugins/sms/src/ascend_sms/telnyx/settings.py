"""What a person fills in to connect a Telnyx sender."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

from attrs import Attribute, field, frozen

from ascend_core.contracts import Secret
from ascend_core.errors import BadInput
from ascend_sms.filling_in import check_replies, check_sender, check_url, phone, replies, secret, text, url

__all__ = ["TELNYX_URL", "TelnyxSettings"]

TELNYX_URL: Final = "https://api.telnyx.com"

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PUBLIC_KEY_BYTES: Final = 32
"""Of Ed25519."""
_ANSWERED: Final = frozenset(
    ["STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "START", "UNSTOP", "HELP", "INFO"]
)
"""https://developers.telnyx.com/docs/messaging/messages/advanced-opt-in-out"""


def _url(value: object) -> str:
    """*value*, or the provider's own address."""
    return url(value, TELNYX_URL)


def _check_key(_settings: TelnyxSettings, _attribute: Attribute[Any], value: Secret | None) -> None:
    if value is None:
        raise BadInput("API key is missing. It is in the portal under Keys & Credentials.")


def _check_public_key(_settings: TelnyxSettings, attribute: Attribute[Any], value: str) -> None:
    """Without it no webhook can be told from a forged one."""
    if not value and attribute.name == "second_public_key":
        return
    try:
        size = len(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if size != _PUBLIC_KEY_BYTES:
        raise BadInput("Public key is not the base64 of 32 bytes. It is in the portal under Keys & Credentials.")


def _check_profile(_settings: TelnyxSettings, _attribute: Attribute[Any], value: str) -> None:
    if value and not _UUID.fullmatch(value):
        raise BadInput("Messaging profile id does not look right: it is a UUID.")


@frozen(kw_only=True)
class TelnyxSettings:
    """One sender: an API key, the key that signs webhooks, and a number. A wrong one raises BadInput."""

    base_url: str = field(default=TELNYX_URL, converter=_url, validator=check_url)
    """Where the API is; a stand-in has another one."""
    api_key: Secret = field(converter=secret, validator=_check_key)
    public_key: str = field(converter=text, validator=_check_public_key)
    """Signs what the provider posts to us; base64."""
    second_public_key: str = field(default="", converter=text, validator=_check_public_key)
    """Also believed: set it while the key is being replaced."""
    from_number: str = field(default="", converter=phone, validator=check_sender)
    """E.164, or a short code."""
    messaging_profile_id: str = field(default="", converter=text, validator=_check_profile)
    """Instead of a number (its number pool then picks one), or with it."""
    keyword_replies: str = field(default="provider", converter=replies, validator=check_replies)
    """Who answers a bare STOP, START or HELP: ``provider`` (its default) or ``plugin``, when that is switched off."""

    def __attrs_post_init__(self) -> None:
        if not (self.from_number or self.messaging_profile_id):
            raise BadInput("Give a from number or a messaging profile id: something must be the sender.")

    @property
    def answered_words(self) -> frozenset[str]:
        """The words that the provider answers itself."""
        return _ANSWERED if self.keyword_replies == "provider" else frozenset()
