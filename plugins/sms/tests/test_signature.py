"""Telling the provider's requests from forged ones."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_core.contracts import RawRequest, Secret
from ascend_sms.settings import SmsSettings
from ascend_sms.signature import SigningKeys, is_signed, signature_of
from ascend_sms.twilio import TwilioChannel

URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
TOKEN = Secret("12345")
KEYS = SigningKeys(tokens=(TOKEN,), shared={"webhooks_sharedkey_1": Secret("shared")})
FORM = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
FORM_TYPE = ("content-type", "application/x-www-form-urlencoded")


def request_with(
    signature: str | None,
    *,
    pairs: Mapping[str, str] | Sequence[tuple[str, str]] = FORM,
    url: str = URL,
    headers: tuple[tuple[str, str], ...] = (FORM_TYPE,),
    method: str = "POST",
    body: bytes | None = None,
) -> RawRequest:
    signed = (("x-twilio-signature", signature),) if signature is not None else ()
    encoded = urlencode(pairs).encode() if body is None else body
    return RawRequest(method=method, url=url, headers=(*headers, *signed), body=encoded)


def sha256_of(text: str, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


REPEATED = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]
BLANK = [("Body", ""), ("From", "+12025550111"), ("ToCity", "")]


@pytest.mark.parametrize(
    "request_",
    [
        request_with("RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        request_with("IK+Dwps556ElfBT0I3Rgjkr1wJU=", pairs=REPEATED),
        request_with(signature_of(URL, BLANK, TOKEN), pairs=BLANK),
        request_with(signature_of(URL, [("Body", " hi \n")], TOKEN), pairs=[("Body", " hi \n")]),
        request_with(signature_of(URL, [("Body", "ñ🙂")], TOKEN), pairs=[("Body", "ñ🙂")]),
        request_with(signature_of(URL.replace(".com", ".com:443"), FORM.items(), TOKEN)),
        request_with(signature_of(URL, FORM.items(), TOKEN), url=URL.replace(".com", ".com:443")),
        request_with(signature_of(URL, FORM.items(), TOKEN), url=URL.replace(".com", ".com:8443")),
        request_with(signature_of("https://[::1]/a", FORM.items(), TOKEN), url="https://[::1]:443/a"),
        request_with(signature_of("https://u:p@a.org/a", FORM.items(), TOKEN), url="https://u:p@a.org:443/a"),
        request_with(signature_of(URL, (), TOKEN), method="GET", body=b"", headers=()),
        request_with(signature_of(URL, (), TOKEN), body=b""),
        request_with(signature_of(URL, FORM.items(), TOKEN), headers=()),
    ],
)
def test_believes_what_the_provider_signed(request_: RawRequest) -> None:
    """Genuine requests pass: with repeated, blank and spaced fields, and with or without a port."""
    assert is_signed(request_, KEYS)


def test_believes_a_body_that_is_no_form_by_its_hash() -> None:
    """JSON webhooks carry the hash of their body in the URL."""
    body = b'{"a": 1}'
    url = f"{URL}&bodySHA256={hashlib.sha256(body).hexdigest()}"
    json_type = (("content-type", "application/json"),)
    signature = signature_of(url, (), TOKEN)

    assert is_signed(request_with(signature, url=url, headers=json_type, body=body), KEYS)
    assert not is_signed(request_with(signature, url=url, headers=json_type, body=b'{"a": 2}'), KEYS)
    assert not is_signed(request_with(signature_of(URL, (), TOKEN), headers=json_type, body=body), KEYS)


def test_believes_a_shared_key_with_sha_256() -> None:
    """The newer signatures work, and only with their own key and algorithm."""
    text = URL + "".join(name + value for name, value in sorted(FORM.items()))
    good = sha256_of(text, "shared")

    def signed(settings: str, signature: str = good) -> bool:
        header = ("x-twilio-webhooks-signature-settings", settings)
        return is_signed(request_with(signature, headers=(FORM_TYPE, header)), KEYS)

    assert signed("key=webhooks_sharedkey_1,algorithm=HMAC_SHA256")
    assert signed(" algorithm=hmac_sha256 , key=webhooks_sharedkey_1")
    assert not signed("key=other,algorithm=HMAC_SHA256")
    assert not signed("key=webhooks_sharedkey_1,algorithm=HMAC_MD5")
    assert not signed("key=webhooks_sharedkey_1")
    assert not signed("algorithm=HMAC_SHA256")
    assert not signed("algorithm=HMAC_SHA256", sha256_of(text, "12345"))
    assert not signed("key=webhooks_sharedkey_1,algorithm=HMAC_SHA256", sha256_of(text, "12345"))
    assert signed("algorithm=HMAC_SHA1", "RSOYDt4T1cUTdK1PDd93/VVr8B8=")


def test_believes_either_token_while_it_is_replaced() -> None:
    """Rotating the auth token loses no text."""
    request = request_with(signature_of(URL, FORM.items(), Secret("new")))

    assert not is_signed(request, KEYS)
    assert is_signed(request, SigningKeys(tokens=(TOKEN, Secret("new"))))


GOOD = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.mark.parametrize(
    "request_",
    [
        request_with(None),
        request_with(""),
        request_with("é"),
        request_with("\ud800"),
        request_with(GOOD.lower()),
        request_with(GOOD, headers=(FORM_TYPE, ("x-twilio-signature", GOOD))),
        request_with(GOOD, url=URL.replace("https", "http")),
        request_with(GOOD, url=URL.replace("mycompany", "other")),
        request_with(GOOD, url=URL + "#x"),
        request_with(GOOD, url=""),
        request_with(GOOD, url="https://[::1"),
        request_with(GOOD, url="https://mycompany.com:9x/myapp.php?foo=1&bar=2"),
        request_with(GOOD, url=URL + "\ud800"),
        request_with(GOOD, pairs={**FORM, "Digits": "12345"}),
        request_with(GOOD, pairs={**FORM, "New": ""}),
        request_with(GOOD, method="PUT"),
        request_with(GOOD, method="GET"),
        request_with(GOOD, body=b"\xff\xfe"),
        request_with(GOOD, body=b"Body=%ff"),
        request_with(GOOD, body=b"&a=1" * 2_000),
        request_with(GOOD, body=b"a" * 1_000_001),
        request_with(GOOD, headers=(("content-type", "multipart/form-data; boundary=x"),)),
        request_with(GOOD, headers=(FORM_TYPE, FORM_TYPE)),
        request_with(GOOD, headers=(FORM_TYPE, *[("x-twilio-webhooks-signature-settings", "")] * 2)),
    ],
)
def test_anything_else_is_not_genuine_and_never_an_error(request_: RawRequest) -> None:
    """Hostile requests are turned away without noise."""
    assert is_signed(request_, KEYS) is False


def test_an_empty_secret_signs_nothing() -> None:
    """A token that was never set is not a password everybody knows."""
    request = request_with(signature_of(URL, FORM.items(), Secret("")))

    assert not is_signed(request, SigningKeys(tokens=(Secret(""),)))
    assert not is_signed(request, SigningKeys())


@given(st.text(), st.text(), st.text(), st.binary(), st.sampled_from(["POST", "GET", "PUT", ""]))
def test_any_request_gets_an_answer(signature: str, settings: str, url: str, body: bytes, method: str) -> None:
    """The check is total."""
    headers = (("x-twilio-signature", signature), ("x-twilio-webhooks-signature-settings", settings))

    assert is_signed(RawRequest(method=method, url=url, headers=headers, body=body), KEYS) is False


VALUES = st.text(st.characters(codec="utf-8"), max_size=20)


@given(
    token=st.text(st.characters(codec="utf-8"), min_size=1, max_size=40),
    form=st.dictionaries(VALUES.filter(bool), VALUES, max_size=6),
    base=st.sampled_from(
        ["https://a.example.org", "https://a.example.org:8443", "http://a.example.org:80", "http://b.io"]
    ),
    query=st.lists(st.tuples(VALUES, VALUES), max_size=3).map(urlencode),
)
def test_agrees_with_the_providers_own_validator(token: str, form: dict[str, str], base: str, query: str) -> None:
    """What Twilio's library signs we believe, and what we sign it believes."""
    oracle = pytest.importorskip(
        "twilio.request_validator", reason="the official SDK is not installed"
    ).RequestValidator(token)
    url = f"{base}/hooks/sms?{query}" if query else f"{base}/hooks/sms"
    theirs = oracle.compute_signature(url, form)
    request = request_with(theirs, pairs=form, url=url)

    assert is_signed(request, SigningKeys(tokens=(Secret(token),)))
    assert oracle.validate(url, form, signature_of(url, form.items(), Secret(token)))
    assert signature_of(url, form.items(), Secret(token), algorithm="HMAC_SHA256") == oracle.compute_signature(
        url, form, "HMAC_SHA256"
    )


def test_the_channel_uses_the_settings_own_secrets(
    channel: TwilioChannel, settings_with: Callable[..., SmsSettings], posted: Callable[..., RawRequest]
) -> None:
    """A sender's requests are believed for that sender only."""
    request = posted({"MessageSid": "SM1"})

    assert channel.is_genuine(settings_with(), request)
    assert channel.is_genuine(settings_with(auth_token="new", second_auth_token="token-1"), request)
    assert not channel.is_genuine(settings_with(auth_token="other"), request)
