"""What connects one Mobilize organization: its id, its key and the address of the API."""

from __future__ import annotations

import re

import httpx
from attrs import field, frozen

from ascend_core.contracts import Secret
from ascend_core.errors import BadInput

__all__ = ["MobilizeAccount", "origin_of"]

_ORG_ID = re.compile(r"[1-9][0-9]{0,17}")
_KEY = re.compile(r"[\x21-\x7e]{1,500}")
"""What fits in an Authorization header: visible ASCII, no space, no line break."""

_HOST = re.compile(r"[A-Za-z0-9._:-]+")
"""A name, an IPv4 or an IPv6 address."""


def origin_of(url: httpx.URL) -> str:
    """Scheme, host and port of *url*, as one text: what a key must never leave."""
    default = {"https": 443, "http": 80}.get(url.scheme)
    return f"{url.scheme}://{url.host}:{default if url.port is None else url.port}"


def _read_org_id(value: str) -> str:
    org_id = value.strip()
    if not _ORG_ID.fullmatch(org_id):
        raise BadInput(
            f"The Mobilize Org Id is a number, not '{org_id[:40]}'. It is at the top of Team Settings in Mobilize."
        )
    return org_id


def _read_key(value: str | Secret) -> Secret:
    key = (value.reveal() if isinstance(value, Secret) else value).strip()
    if not _KEY.fullmatch(key):
        raise BadInput("The Mobilize API key is empty, or holds spaces or characters no key has. Copy it again.")
    return Secret(key)


def _read_base_url(value: str) -> str:
    try:
        url = httpx.URL(value.strip().rstrip("/"))
    except httpx.InvalidURL:
        raise BadInput("The address of the Mobilize API cannot be read. It looks like https://host/v1.") from None
    if (
        url.scheme not in {"http", "https"}
        or not _HOST.fullmatch(url.host)
        or url.userinfo
        or url.query
        or url.fragment
    ):
        raise BadInput("The address of the Mobilize API must look like https://host/v1, without query or user name.")
    if url.scheme == "http" and (url.host == "mobilize.us" or url.host.endswith(".mobilize.us")):
        raise BadInput("Mobilize is reached over https:// only, so that the key is never sent in the clear.")
    return str(url)


@frozen(kw_only=True)
class MobilizeAccount:
    """One connected organization. Making one with values that cannot work raises ``BadInput``."""

    org_id: str = field(converter=_read_org_id)
    api_key: Secret = field(converter=_read_key)
    base_url: str = field(default="https://api.mobilize.us/v1", converter=_read_base_url)
