"""Sandboxes: stand-ins for other companies' servers. The demo and the behaviour tests run against them, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from attrs import field, frozen

from ascend_core.contracts.clock import Clock

__all__ = [
    "ChannelSandbox",
    "ChannelSandboxMaker",
    "FormSandbox",
    "FormSandboxMaker",
    "SandboxPerson",
    "SandboxText",
]


@frozen(kw_only=True)
class SandboxPerson:
    """An invented supporter. *key* tells supporters apart, whatever phone or name they give."""

    key: str
    first_name: str
    last_name: str
    email: str
    phone: str
    """As typed into the form: it may be nonsense."""
    zip: str
    opted_in: bool
    answers: Mapping[str, str | bool] = field(factory=dict)
    """Custom sign-up fields, by name."""


class FormSandbox(Protocol):
    """A stand-in for an integration's server. What it is told to do survives a restart when it has a journal."""

    @property
    def app(self) -> Any:
        """The ASGI application to serve on loopback."""
        ...

    def account(self, base_url: str) -> Mapping[str, str]:
        """The account settings to connect with, when ``app`` is served at *base_url*."""
        ...

    def add_form(self, key: str, name: str, *, starts_at: datetime, timezone: str, url_base: str) -> str:
        """Publish a form; *key* makes it the same form when told again. Returns its page's URL."""
        ...

    def submit(self, key: str, person: SandboxPerson, url: str) -> None:
        """*person* fills in the form at *url* (with whatever the URL carries); *key*: only once."""
        ...

    def act(self, key: str, submission: str, activity: str) -> None:
        """Make *activity* (a trigger's word) happen to the submission made under key *submission*; *key*: only once."""
        ...

    def trouble(self, name: str) -> None:
        """Let some of the next requests go wrong: *name* draws which and how. What is left of earlier trouble is over.

        Whatever goes wrong, the truth comes when it is asked for again, or once a person did what the message says.
        """
        ...


class FormSandboxMaker(Protocol):
    """Makes one."""

    def __call__(self, *, clock: Clock, seed: int, journal: Path | None) -> FormSandbox: ...


@frozen(kw_only=True)
class SandboxText:
    """A text the stand-in accepted."""

    provider_id: str
    phone: str
    body: str
    accepted_at: datetime


class ChannelSandbox(Protocol):
    """A stand-in for a provider."""

    @property
    def app(self) -> Any:
        """The ASGI application to serve on loopback."""
        ...

    def settings(self, base_url: str) -> Mapping[str, str]:
        """The channel settings to connect with, when ``app`` is served at *base_url*."""
        ...

    def point_webhooks(self, inbound_url: str) -> None:
        """Where inbound texts are posted."""
        ...

    def texts(self, after: int = 0) -> tuple[SandboxText, ...]:
        """What was accepted, in order, without the first *after*."""
        ...

    def reply(self, key: str, phone: str, body: str) -> None:
        """The person with *phone* writes *body*: posted to the webhook before this returns. *key*: the same text."""
        ...

    def settle(self) -> int:
        """Post every status that is due by the clock, in order; returns how many."""
        ...

    def next_due(self) -> datetime | None:
        """When the next status is due."""
        ...

    def trouble(self, name: str) -> None:
        """Let some of the next requests and webhooks go wrong: *name* draws which and how.

        Nothing of it changes whether or when a text is accepted or delivered: answers are lost or garbled on their way
        back, webhooks come twice, early, late, in another order or with a signature that is wrong.
        """
        ...


class ChannelSandboxMaker(Protocol):
    """Makes one."""

    def __call__(self, *, clock: Clock, seed: int, journal: Path | None) -> ChannelSandbox: ...
