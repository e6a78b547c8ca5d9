"""What a plugin gets when it is asked, and the general things it may offer beside its own subject."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import httpx
from attrs import field, frozen

from ascend_core.contracts.channels import Answer, RawRequest
from ascend_core.contracts.clock import Clock, Randomness
from ascend_core.contracts.turns import FREE_TURNS, Turns

__all__ = ["CommandType", "HttpMaker", "PageType", "PluginContext", "TablesType", "WebhookType"]


class HttpMaker(Protocol):
    """Makes HTTP clients over the transport the product was given."""

    def __call__(self, *, timeout: httpx.Timeout, follow_redirects: bool = False) -> httpx.AsyncClient: ...


@frozen(kw_only=True)
class PluginContext:
    """The outside world, as one plugin may use it."""

    plugin: str
    clock: Clock
    randomness: Randomness
    http: HttpMaker
    reader: HttpMaker = field()
    """The same for lists of many large pages: quicker with them, and for nothing but GET. Whoever makes a
    context without one, as a test with a transport of its own, gets *http*."""
    settings: Any = None
    """An instance of the plugin's settings type; None when it declares none."""
    turns: Turns = FREE_TURNS
    """Waiting for one's turn, where a server allows so many requests a second."""

    @reader.default
    def _no_better_one(self) -> HttpMaker:
        return self.http


@frozen(kw_only=True)
class CommandType:
    """``ascend <plugin> <name>``: a click command, made when it is called for."""

    name: str
    make: Callable[[], Any]
    help: str = ""


@frozen(kw_only=True)
class WebhookType:
    """``/hooks/<plugin>/<name>``: handles one request. It checks the sender itself."""

    name: str
    handle: Callable[[RawRequest], Awaitable[Answer]]


@frozen(kw_only=True)
class PageType:
    """A tab in the console, as data."""

    name: str
    label: str
    form: type[Any] | None = None


@frozen(kw_only=True)
class TablesType:
    """A plugin's own tables: its metadata and where its migrations lie."""

    name: str
    metadata: Any
    migrations: str
    options: Mapping[str, str] = field(factory=dict)
