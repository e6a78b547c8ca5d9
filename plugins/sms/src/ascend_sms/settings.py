"""What a person fills in to connect a sender. Every value arrives as a string, or as a Secret where it is one."""

from __future__ import annotations

import re
from typing import Any, Final

from attrs import Attribute, field, frozen

from ascend_core.contracts import Secret
from ascend_core.errors import BadInput
from ascend_sms.filling_in import check_replies, check_sender, check_url, phone, replies, secret, text, url
from ascend_sms.signature import SigningKeys
from ascend_sms.vocabulary import PROVIDER_WORDS

__all__ = ["TWILIO_URL", "SmsSettings"]

TWILIO_URL: Final = "https://api.twilio.com"

_SIDS: Final = {"account_sid": "AC", "messaging_service_sid": "MG", "api_key_sid": "SK"}
_LABELS: Final = {
    "account_sid": "Account SID",
    "auth_token": "Auth token",
    "messaging_service_sid": "Messaging service SID",
    "api_key_sid": "API key SID",
}


def _url(value: object) -> str:
    """*value*, or the provider's own address."""
    return url(value, TWILIO_URL)


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


@frozen(kw_only=True)
class SmsSettings:
    """One sender: an account, its secrets and a number or a messaging service. A wrong one raises BadInput."""

    base_url: str = field(default=TWILIO_URL, converter=_url, validator=check_url)
    """Where the API is; a compatible provider or a stand-in has another one."""
    account_sid: str = field(converter=text, validator=_check_sid)
    auth_token: Secret = field(converter=secret, validator=_check_token)
    from_number: str = field(default="", converter=phone, validator=check_sender)
    """E.164, or a short code."""
    messaging_service_sid: str = field(default="", converter=text, validator=_check_sid)
    """Instead of a number, or with it."""
    second_auth_token: Secret | None = field(default=None, converter=secret)
    """Also believed in signatures: set it while the token is being replaced."""
    api_key_sid: str = field(default="", converter=text, validator=_check_sid)
    """Used for calls instead of the auth token, with its secret."""
    api_key_secret: Secret | None = field(default=None, converter=secret)
    shared_key_id: str = field(default="", converter=text)
    """Of a key that signs webhooks instead of the auth token, with its secret."""
    shared_key_secret: Secret | None = field(default=None, converter=secret)
    keyword_replies: str = field(default="provider", converter=replies, validator=check_replies)
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
    def answered_words(self) -> frozenset[str]:
        """The words that the provider answers itself."""
        return PROVIDER_WORDS if self.keyword_replies == "provider" else frozenset()

    @property
    def signing_keys(self) -> SigningKeys:
        """What requests to us may be signed with."""
        tokens = (self.auth_token, self.second_auth_token)
        shared = {self.shared_key_id: self.shared_key_secret} if self.shared_key_secret is not None else {}
        return SigningKeys(tokens=tuple(token for token in tokens if token is not None), shared=shared)
