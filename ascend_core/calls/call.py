"""A call to a server that an author named, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from attrs import field, frozen

__all__ = ["Call", "Called", "Caller"]


@frozen(kw_only=True)
class Call:
    """What is sent. *key* is the same however often the call is made again."""

    url: str = field(repr=False)
    """It may hold a secret, as the headers may."""
    method: str
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    document: Any = field(default=None, repr=False)
    """The JSON body; None: none."""
    key: str


@frozen(kw_only=True)
class Called:
    """What was answered."""

    status: int
    document: Any = field(default=None, repr=False)
    """Its JSON; None: nothing, no JSON, or too much of it."""

    @property
    def ok(self) -> bool:
        """Whether the server took it."""
        return 200 <= self.status < 300


class Caller(Protocol):
    """Makes calls."""

    async def __call__(self, call: Call, /) -> Called:
        """Make *call*, once.

        Raises TryLater when it may work later (also when it is not known what became of it), Refused when it never
        will.
        """
        ...
