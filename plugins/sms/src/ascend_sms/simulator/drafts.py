"""Reads the form of ``POST Messages`` and refuses what the carrier refuses before it looks at anything else."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urldefrag, urlsplit

from attrs import frozen

from ascend_sms.simulator.accounts import Account
from ascend_sms.simulator.errors import bad_request
from ascend_sms.simulator.lifecycle import DEFAULT_VALIDITY
from ascend_sms.simulator.phones import read_number

__all__ = ["MAGIC_NUMBER", "Draft", "Form", "is_loopback", "read_draft"]

Form = Mapping[str, Sequence[str]]

MAGIC_NUMBER = "+15005550006"
"""Besides the account's own: the one magic sender that works."""

_MAGIC_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
_MAGIC_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
"""https://www.twilio.com/docs/iam/test-credentials"""

_LONGEST_BODY = 1600
"""Characters, counted as UTF-16 units."""
_SCHEDULE_FROM, _SCHEDULE_UNTIL = timedelta(minutes=15), timedelta(days=35)


@frozen(kw_only=True)
class Draft:
    """A message somebody asks us to send; every field holds by itself."""

    to: str
    number: str
    service_sid: str | None
    body: str
    media: tuple[str, ...]
    callback_url: str | None
    validity: timedelta
    send_at: datetime | None


def read_draft(form: Form, account: Account, *, now: datetime, any_host: bool) -> Draft:
    """Read *form*; *any_host*: callbacks may leave this computer.

    Raises ApiError: something is missing or does not fit.
    """
    to = _one(form, "To")
    if not to:
        raise bad_request(21604)
    service_sid = _one(form, "MessagingServiceSid") or None
    number = _sender(form, account, service_sid, to)
    return Draft(
        to=_recipient(to, number),
        number=number,
        service_sid=service_sid,
        body=_body(form),
        media=tuple(form.get("MediaUrl", ())),
        callback_url=_callback_url(form, any_host=any_host),
        validity=_validity(form),
        send_at=_send_at(form, service_sid, now),
    )


def is_loopback(url: str) -> bool:
    """Tell whether *url* is on this computer: ``localhost``, 127.0.0.0/8 or ::1."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _one(form: Form, name: str) -> str:
    values = form.get(name, ())
    return values[0] if values else ""


def _recipient(raw: str, number: str) -> str:
    to = read_number(raw)
    if to is None:
        raise bad_request(21211, "Invalid 'To' Phone Number: it is not in E.164 format")
    if to in _MAGIC_TO:
        raise bad_request(_MAGIC_TO[to])
    if to == number:
        raise bad_request(21266)
    return to


def _sender(form: Form, account: Account, service_sid: str | None, to: str) -> str:
    raw = _one(form, "From")
    if service_sid is not None:
        if service_sid != account.service_sid:
            raise bad_request(21701)
        return account.number_for(read_number(to) or to)
    if not raw:
        raise bad_request(21603)
    number = read_number(raw)
    if number in _MAGIC_FROM:
        raise bad_request(_MAGIC_FROM[number])
    if number is None or number not in (*account.numbers, MAGIC_NUMBER):
        raise bad_request(21606)
    return number


def _body(form: Form) -> str:
    body = _one(form, "Body")
    if not body.strip() and not form.get("MediaUrl") and not form.get("ContentSid"):
        raise bad_request(21602)
    if len(body.encode("utf-16-le", "surrogatepass")) // 2 > _LONGEST_BODY:
        raise bad_request(21617)
    return body


def _callback_url(form: Form, *, any_host: bool) -> str | None:
    url = _one(form, "StatusCallback")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and "_" not in (parts.hostname or "")
        _ = parts.port
    except ValueError:
        valid = False
    if not valid:
        raise bad_request(21609)
    if not any_host and not is_loopback(url):
        raise bad_request(21609, "The 'StatusCallback' URL is not on this computer: the simulated carrier stays here.")
    return urldefrag(url).url


def _validity(form: Form) -> timedelta:
    raw = _one(form, "ValidityPeriod")
    if not raw:
        return DEFAULT_VALIDITY
    if not (raw.isascii() and raw.isdigit()) or not 1 <= int(raw[:9]) <= DEFAULT_VALIDITY.total_seconds():
        raise bad_request(21624)
    return timedelta(seconds=int(raw))


def _send_at(form: Form, service_sid: str | None, now: datetime) -> datetime | None:
    raw = _one(form, "SendAt")
    if not raw:
        return None
    if service_sid is None:
        raise bad_request(35118)
    try:
        send_at = datetime.fromisoformat(raw)
    except ValueError:
        raise bad_request(35114) from None
    send_at = send_at if send_at.tzinfo else send_at.replace(tzinfo=UTC)
    if not _SCHEDULE_FROM <= send_at - now <= _SCHEDULE_UNTIL:
        raise bad_request(35114)
    return send_at
