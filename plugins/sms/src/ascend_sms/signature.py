"""Whether the provider itself made a request: ``X-Twilio-Signature``.

The signature is base64(HMAC(secret, URL + every form field, sorted, as name and value)). The URL is the public one,
query still percent-encoded; form fields are decoded. Of a body that is no form the URL carries the SHA-256.
Source: the provider's security pages and its own Python validator, release 9.13, which is the oracle of the tests.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

from attrs import field, frozen

from ascend_core.contracts import RawRequest, Secret
from ascend_core.errors import BadInput
from ascend_sms.webform import body_pairs, is_form, query_pairs

__all__ = ["SETTINGS_HEADER", "SIGNATURE_HEADER", "SigningKeys", "is_signed", "signature_of"]

SIGNATURE_HEADER: Final = "x-twilio-signature"
SETTINGS_HEADER: Final = "x-twilio-webhooks-signature-settings"
"""``key=<id of a shared key>,algorithm=HMAC_SHA256``; missing for signatures with the account's own token."""

_DIGESTS: Final = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>(?:[^/?#@]*@)?(?:\[[^\]/?#]*\]|[^:/?#@]*))(?::(?P<port>[0-9]*))?(?P<rest>[/?#].*)?",
    re.DOTALL,
)
_DEFAULT_PORT: Final = {"http": "80", "https": "443"}


@frozen(kw_only=True)
class SigningKeys:
    """Secrets a request may be signed with."""

    tokens: tuple[Secret, ...] = ()
    """The account's auth tokens: two during a rotation."""
    shared: Mapping[str, Secret] = field(factory=dict)
    """Shared keys by id."""


def is_signed(request: RawRequest, keys: SigningKeys) -> bool:
    """Tell whether *request* carries a signature made with one of *keys*. Total: hostile input is False."""
    try:
        given = (request.header(SIGNATURE_HEADER) or "").encode("ascii")
        secrets, algorithm = _choice(request, keys)
        pairs = _covered(request)
        expected = [
            signature_of(url, pairs, secret, algorithm=algorithm).encode("ascii")
            for secret in secrets
            if secret.reveal()
            for url in _spellings(request.url)
        ]
    except (BadInput, ValueError, LookupError):
        return False
    return any([hmac.compare_digest(given, one) for one in expected])  # noqa: C419 -- every one is compared: equal time


def signature_of(url: str, pairs: Iterable[tuple[str, str]], secret: Secret, *, algorithm: str = "HMAC_SHA1") -> str:
    """The signature of a request for *url* with the form *pairs*. Raises KeyError for an unknown *algorithm*.

    A pair given twice counts once; names, and values of one name, are sorted by code point.
    """
    signed = url + "".join(name + value for name, value in sorted(set(pairs)))
    digest = hmac.digest(secret.reveal().encode(), signed.encode(), _DIGESTS[algorithm])
    return base64.b64encode(digest).decode("ascii")


def _choice(request: RawRequest, keys: SigningKeys) -> tuple[tuple[Secret, ...], str]:
    """The secrets and the algorithm that *request* names. Raises LookupError for a key we do not have."""
    if not any(name == SETTINGS_HEADER for name, _ in request.headers):
        return keys.tokens, "HMAC_SHA1"
    header = request.header(SETTINGS_HEADER)
    if header is None:
        raise LookupError(SETTINGS_HEADER)
    parts = [part.partition("=") for part in header.split(",")]
    words = {name.strip(): value.strip() for name, _, value in parts}
    algorithm = (words.get("algorithm") or "HMAC_SHA1").upper()
    if words.get("key"):
        return (keys.shared[words["key"]],), algorithm
    if algorithm != "HMAC_SHA1":
        raise LookupError("key")
    return keys.tokens, algorithm


def _covered(request: RawRequest) -> tuple[tuple[str, str], ...]:
    """The form fields the signature covers. Raises BadInput when part of the body would be covered by nothing."""
    if request.method == "POST" and (is_form(request) or not request.body):
        return body_pairs(request) if request.body else ()
    if request.body:
        hashes = {value for name, value in query_pairs(request) if name == "bodySHA256"}
        expected = sha256(request.body).hexdigest()
        if len(hashes) != 1 or not hmac.compare_digest(hashes.pop().encode(), expected.encode()):
            raise BadInput("the body is not the one that was signed")
    return ()


def _spellings(url: str) -> tuple[str, ...]:
    """*url* as it is, and with its port left out or the scheme's own put in: signers do not agree on it."""
    parts = _URL.fullmatch(url)
    if parts is None:
        return ()
    scheme, host, port, rest = (parts[name] or "" for name in ("scheme", "host", "port", "rest"))
    other = f"{scheme}://{host}{'' if port else ':' + _DEFAULT_PORT[scheme]}{rest}"
    return (url, other)
