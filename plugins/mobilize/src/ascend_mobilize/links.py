"""Links to Mobilize pages: how they are recognised and marked, so that a sign-up tells which text brought it."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_plus, urlsplit

from ascend_core.contracts import LinkTrackerType, LinkUse, Submission

__all__ = ["TRACKER", "MobilizeLinkTracker"]

_HOSTS = frozenset({"mobilize.us", "www.mobilize.us", "staging.mobilize.us"})
_EVENT = re.compile(r"/event/0*([1-9][0-9]{0,17})(?:/|$)")
"""The page of one event. Organizations have domains of their own, so the path tells, not the host."""


class MobilizeLinkTracker:
    """Marks links with the ``utm_…`` parameters that Mobilize hands back as a sign-up's referrer."""

    def claims(self, url: str) -> bool:
        """Whether *url* is a page of mobilize.us, or of one event on any host."""
        place = _place(url)
        return place is not None and (place[0] in _HOSTS or _EVENT.search(place[1]) is not None)

    def form_key(self, url: str) -> str | None:
        """The number of the event *url* leads to; None for a feed or for anybody else's page."""
        place = _place(url)
        event = _EVENT.search(place[1]) if place is not None else None
        return event.group(1) if event is not None else None

    def mark(self, url: str, use: LinkUse) -> str:
        """*url* with *use* at the end of its query; everything else stays byte for byte.

        Parameters by our own names are cut, for they would be read instead of ours; ``utm_source`` only when *use*
        sets one.
        """
        ours = {"utm_medium": "sms", "utm_content": use.token, "utm_campaign": use.campaign}
        if use.source is not None:
            ours["utm_source"] = use.source
        address, hash_sign, fragment = url.partition("#")
        page, _, query = address.partition("?")
        kept = "&".join(part for part in query.split("&") if unquote_plus(part.partition("=")[0]) not in ours)
        joint = "&" if kept else ""
        added = "&".join(f"{name}={quote(value, safe='')}" for name, value in ours.items())
        return f"{page}?{kept}{joint}{added}{hash_sign}{fragment}"

    def token_of(self, submission: Submission) -> str | None:
        """The ``utm_content`` that *submission* brought back."""
        return submission.token


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
