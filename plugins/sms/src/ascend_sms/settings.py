"""What a person fills in to connect a sender. Every value arrives as a string, or as a Secret where it is one."""

from __future__ import annotations

import re
from typing import Any, Final

import httpx
from attrs import Attribute, field, frozen

from ascend_core.contracts import Secret
from ascend_core.errors import BadInput
from ascend_sms.signature import SigningKeys

__all__ = ["TWILIO_URL", "SmsSettings"]

TWILIO_URL: Final = "https://api.twilio.com"

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORT_CODE: Final = re.compile(r"[0-9]{5,6}")
_SIDS: Final = {"account_sid": "AC", "messaging_service_sid": "MG", "api_key_sid": "SK"}
_LABELS: Final = {
    "account_sid": "Account SID",
    "auth_token": "Auth token",
    "messaging_service_sid": "Messaging service SID",
    "api_key_sid": "API key SID",
}


def _text(value: object) -> str:
    """*value* without the spaces people paste; None is nothing."""
    return value.strip() if isinstance(value, str) else ""


def _secret(value: object) -> Secret | None:
    """*value* as a Secret; an empty one is None."""
    revealed = value.reveal() if isinstance(value, Secret) else _text(value)
    return Secret(revealed.strip()) if revealed.strip() else None


def _url(value: object) -> str:
    """*value* without a slash at the end; nothing is the provider's own."""
    return _text(value).rstrip("/") or TWILIO_URL


def _replies(value: object) -> str:
    """*value* in small letters; nothing is ``provider``."""
    return _text(value).lower() or "provider"


def _phone(value: object) -> str:
    """*value* without what people put between digits."""
    return re.sub(r"[\s().\-\u2010-\u2015\u200b-\u200f\u202a-\u202e]", "", _text(value))


def _check_sid(settings: SmsSettings, attribute: Attribute[Any], value: str) -> None:
    """A SID is its two letters and 32 hexadecimal digits; a compatible provider may have other ones."""
    label, letters = _LABELS[attribute.name], _SIDS[attribute.name]
    if not value:
        if attribute.name == "account_sid":
            raise BadInput(f"{label} is missing. It is on the first page of the provider's console.")
        return
    if settings.base_url == TWILIO_URL and not re.fullmatch(letters + "[0-9a-fA-F]{32}", value):
        raise BadInput(f"{label} does not look right: it is {letters} and 32 hexadecimal digits.")
    if not re.fullmatch("[0-9A-Za-z_-]{1,64}", value):
        raise BadInput(f"{label} holds characters that no SID has.")


def _check_token(_settings: SmsSettings, _attribute: Attribute[Any], value: Secret | None) -> None:
    """Without the auth token no webhook can be told from a forged one."""
    if value is None:
        raise BadInput("Auth token is missing. It is needed to check incoming requests, with an API key too.")


def _check_sender(_settings: SmsSettings, _attribute: Attribute[Any], value: str) -> None:
    """A sender people can answer: STOP must reach us."""
    if value and not (_E164.fullmatch(value) or _SHORT_CODE.fullmatch(value)):
        raise BadInput("From number is neither a number like +12025550100 nor a short code of 5 or 6 digits.")


def _check_url(_settings: SmsSettings, _attribute: Attribute[Any], value: str) -> None:
    """The secret travels there: https, except to this very machine."""
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL as error:
        raise BadInput(f"Base URL cannot be read; it must look like {TWILIO_URL}.") from error
    if not url.host or url.scheme not in ("http", "https") or url.query or url.fragment or url.userinfo:
        raise BadInput(f"Base URL must look like {TWILIO_URL}.")
    if url.scheme == "http" and url.host not in _LOOPBACK:
        raise BadInput("Base URL must begin with https:// because the auth token is sent there.")


def _check_replies(_settings: SmsSettings, _attribute: Attribute[Any], value: str) -> None:
    if value not in ("provider", "plugin"):
        raise BadInput("Keyword replies must be 'provider' or 'plugin'.")


@frozen(kw_only=True)
class SmsSettings:
    """One sender: an account, its secrets and a number or a messaging service. A wrong one raises BadInput."""

    base_url: str = field(default=TWILIO_URL, converter=_url, validator=_check_url)
    """Where the API is; a compatible provider or a stand-in has another one."""
    account_sid: str = field(converter=_text, validator=_check_sid)
    auth_token: Secret = field(converter=_secret, validator=_check_token)
    from_number: str = field(default="", converter=_phone, validator=_check_sender)
    """E.164, or a short code."""
    messaging_service_sid: str = field(default="", converter=_text, validator=_check_sid)
    """Instead of a number, or with it."""
    second_auth_token: Secret | None = field(default=None, converter=_secret)
    """Also believed in signatures: set it while the token is being replaced."""
    api_key_sid: str = field(default="", converter=_text, validator=_check_sid)
    """Used for calls instead of the auth token, with its secret."""
    api_key_secret: Secret | None = field(default=None, converter=_secret)
    shared_key_id: str = field(default="", converter=_text)
    """Of a key that signs webhooks instead of the auth token, with its secret."""
    shared_key_secret: Secret | None = field(default=None, converter=_secret)
    keyword_replies: str = field(default="provider", converter=_replies, validator=_check_replies)
    """Who answers a bare STOP, START or HELP: ``provider`` (its default) or ``plugin``, when that is switched off."""

    def __attrs_post_init__(self) -> None:
        if not (self.from_number or self.messaging_service_sid):
            raise BadInput("Give a from number or a messaging service SID: something must be the sender.")
        if bool(self.api_key_sid) != (self.api_key_secret is not None):
            raise BadInput("Give both the API key SID and its secret, or neither.")
        if bool(self.shared_key_id) != (self.shared_key_secret is not None):
            raise BadInput("Give both the shared key id and its secret, or neither.")

    @property
    def account_url(self) -> str:
        """Where this account's resources are, without a slash at the end."""
        return f"{self.base_url}/2010-04-01/Accounts/{self.account_sid}"

    @property
    def credentials(self) -> tuple[str, Secret]:
        """Who calls: the API key where there is one, else the account."""
        if self.api_key_secret is not None:
            return self.api_key_sid, self.api_key_secret
        return self.account_sid, self.auth_token

    @property
    def signing_keys(self) -> SigningKeys:
        """What requests to us may be signed with."""
        tokens = (self.auth_token, self.second_auth_token)
        shared = {self.shared_key_id: self.shared_key_secret} if self.shared_key_secret is not None else {}
        return SigningKeys(tokens=tuple(token for token in tokens if token is not None), shared=shared)
