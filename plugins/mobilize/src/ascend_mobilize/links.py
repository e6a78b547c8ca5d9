"""Links to Mobilize pages: how they are recognised and marked, so that a sign-up tells which text brought it."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, unquote_plus, urlsplit

from ascend_core.contracts import LinkTrackerType, LinkUse, Submission

__all__ = ["TRACKER", "MobilizeLinkTracker"]

_HOSTS = frozenset({"mobilize.us", "www.mobilize.us", "staging.mobilize.us"})
_EVENT = re.compile(r"/event/0*([1-9][0-9]{0,17})(?:/|$)")
"""The page of one event. Organizations have domains of their own, so the path tells, not the host."""

_OURS = ("utm_medium", "utm_content", "utm_campaign")


class MobilizeLinkTracker:
    """Marks links with the ``utm_…`` parameters that Mobilize hands back as a sign-up's referrer."""

    def claims(self, url: str) -> bool:
        """Whether *url* is a page of mobilize.us, or of one event on any host."""
        return _read(url)[0]

    def form_key(self, url: str) -> str | None:
        """The number of the event *url* leads to; None for a feed or for anybody else's page."""
        return _read(url)[1]

    def mark(self, url: str, use: LinkUse) -> str:
        """*url* with *use* at the end of its query; everything else stays byte for byte.

        Parameters by our own names are cut, for they would be read instead of ours; ``utm_source`` only when *use*
        sets one.
        """
        before, after = _around(url, _OURS if use.source is None else (*_OURS, "utm_source"))
        source = "" if use.source is None else f"&utm_source={_quoted(use.source)}"
        token, campaign = _quoted(use.token), _quoted(use.campaign)
        return f"{before}utm_medium=sms&utm_content={token}&utm_campaign={campaign}{source}{after}"

    def token_of(self, submission: Submission) -> str | None:
        """The ``utm_content`` that *submission* brought back."""
        return submission.token


_KEPT = 4_096
"""Addresses remembered: one text goes to many, with the same few."""


def _quoted(value: str) -> str:
    return value if value.isascii() and value.isalnum() else quote(value, safe="")


@lru_cache(maxsize=_KEPT)
def _read(url: str) -> tuple[bool, str | None]:
    """Whether *url* is claimed, and the number of its event."""
    place = _place(url)
    event = _EVENT.search(place[1]) if place is not None else None
    claimed = place is not None and (place[0] in _HOSTS or event is not None)
    return claimed, event.group(1) if event is not None else None


@lru_cache(maxsize=_KEPT)
def _around(url: str, ours: tuple[str, ...]) -> tuple[str, str]:
    """*url* before and behind the place of our parameters, those by the names of *ours* cut."""
    address, hash_sign, fragment = url.partition("#")
    page, _, query = address.partition("?")
    kept = "&".join(part for part in query.split("&") if unquote_plus(part.partition("=")[0]) not in ours)
    return f"{page}?{kept}{'&' if kept else ''}", f"{hash_sign}{fragment}"


def _place(url: str) -> tuple[str, str] | None:
    """Host (lower case) and path of a web address, else None."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host:
        return None
    return host.rstrip("."), parts.path


TRACKER = LinkTrackerType(name="mobilize", label="Mobilize", integration="mobilize", tracker=MobilizeLinkTracker())
