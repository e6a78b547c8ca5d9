"""How one provider speaks: what it posts to webhooks, and its API over the carrier that all of them share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from attrs import evolve, field, frozen
from starlette.routing import Route

from ascend_sms.simulator.messages import InboundText, Message, Step

__all__ = ["Api", "Dialect", "Letter"]


@frozen(kw_only=True)
class Letter:
    """A webhook request, signed and ready to post."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    signature_header: str
    """Which of the headers proves who wrote it."""

    def forged(self) -> Letter:
        """The same letter with a signature that is none."""
        return evolve(self, headers={**self.headers, self.signature_header: "bm90IHNpZ25lZCBieSB1cyBhdCBhbGw="})


class Dialect(Protocol):
    """The provider's webhooks."""

    def status(self, url: str, message: Message, step: Step, *, strange: bool = False) -> Letter:
        """What *url* is told about *message* at *step*; *strange*: with a status nobody has heard of."""
        ...

    def inbound(self, url: str, text: InboundText, *, retry: bool) -> Letter:
        """What *url* is told about *text*; *retry*: it may have been told before."""
        ...


class Api(Protocol):
    """The provider's API."""

    def routes(self) -> Sequence[Route]:
        """What to mount at the server's root."""
        ...
