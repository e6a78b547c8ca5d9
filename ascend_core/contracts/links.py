"""Links in messages, and what an integration adds to them."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen
from msgspec import Struct

from ascend_core.contracts.forms import Submission

__all__ = ["LinkTracker", "LinkTrackerType", "LinkUse"]


class LinkUse(Struct, frozen=True, kw_only=True, gc=False):
    """One member's link in one message: opaque ids that travel with the URL and come back with a submission."""

    token: str
    """Of the member link (``utm_content``)."""
    campaign: str
    """Of the outgoing message (``utm_campaign``)."""
    source: str | None = None
    """``utm_source``, where the operator set one."""


class LinkTracker(Protocol):
    """How clicks on one integration's pages are told apart. Every method is pure."""

    def claims(self, url: str) -> bool:
        """Whether *url* is a page of this integration."""
        ...

    def form_key(self, url: str) -> str | None:
        """The key of the form *url* leads to, or None when it leads to no single one."""
        ...

    def mark(self, url: str, use: LinkUse) -> str:
        """*url* with *use* added; everything else stays byte for byte."""
        ...

    def token_of(self, submission: Submission) -> str | None:
        """The token *submission* brought back, or None."""
        ...


@frozen(kw_only=True)
class LinkTrackerType:
    """A choice under *Track click-throughs by type*."""

    name: str
    """As authors write it after ``track:``."""
    label: str
    integration: str
    tracker: LinkTracker
